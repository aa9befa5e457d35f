//! A mail server on this machine: it takes whatever comes, keeps it, and can be told to refuse.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chatcore_server::config::MailSettings;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Far longer than a letter takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a server took.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) to: String,
    /// The user and password that came with it.
    pub(crate) login: Option<String>,
    /// Head and body, with long lines put together again.
    pub(crate) text: String,
}

impl Letter {
    /// The code in it: forty hexadecimal digits.
    pub(crate) fn code(&self) -> String {
        let words = self.text.split(|letter: char| !letter.is_ascii_alphanumeric());
        let code = words.into_iter().find(|word| word.len() == 40 && word.bytes().all(|it| it.is_ascii_hexdigit()));
        code.unwrap_or_else(|| panic!("no code in {}", self.text)).to_owned()
    }

    /// The link in it.
    pub(crate) fn link(&self) -> &str {
        self.text.lines().find(|line| line.starts_with("http")).unwrap_or_else(|| panic!("no link in {}", self.text))
    }

    pub(crate) fn subject(&self) -> &str {
        self.text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap()
    }
}

/// What a server holds, and what it has heard.
#[derive(Default)]
pub(crate) struct Desk {
    letters: Mutex<Vec<Letter>>,
    /// What to answer to the next senders, instead of taking their mail.
    refusals: Mutex<VecDeque<String>>,
    /// Everything that was ever said to it.
    heard: Mutex<String>,
}

/// The server; it ends when dropped.
pub(crate) struct Smtp {
    port: u16,
    desk: Arc<Desk>,
    task: JoinHandle<()>,
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Smtp {
    /// Without TLS.
    pub(crate) async fn start() -> Self {
        Self::behind(async |stream, desk| converse(Ear::new(stream, &desk).greets().await?).await).await
    }

    /// Behind a door of one's own, which gets each connection first.
    pub(crate) async fn behind<F>(door: impl Fn(TcpStream, Arc<Desk>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let desk = Arc::new(Desk::default());
        let of_all = desk.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(door(stream, of_all.clone()));
            }
        });
        Self { port, desk, task }
    }

    /// Where it is, with something behind the scheme and something behind the port.
    pub(crate) fn url(&self, scheme: &str, user: &str, query: &str) -> String {
        format!("{scheme}://{user}127.0.0.1:{}{query}", self.port)
    }

    /// Settings of a server that sends its mail here.
    pub(crate) fn settings(&self) -> MailSettings {
        let url = self.url("smtp", "ann:p%40ss@", "");
        let from = Some("Chat <chat@mail.test>".into());
        MailSettings { smtp_url: Some(url.into()), from, ..MailSettings::default() }
    }

    /// Answers that to the next sender.
    pub(crate) fn refuse(&self, answer: &str) {
        self.desk.refusals.lock().unwrap().push_back(answer.to_owned());
    }

    /// Everything that was said to it.
    pub(crate) fn heard(&self) -> String {
        self.desk.heard.lock().unwrap().clone()
    }

    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.desk.letters.lock().unwrap().clone()
    }

    /// The next letter to somebody, which is taken away.
    pub(crate) async fn letter(&self, to: &str) -> Letter {
        let comes = async {
            loop {
                if let Some(letter) = self.taken(to) {
                    return letter;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, comes).await.unwrap_or_else(|_| panic!("no letter to {to} comes"))
    }

    fn taken(&self, to: &str) -> Option<Letter> {
        let mut letters = self.desk.letters.lock().unwrap();
        let place = letters.iter().position(|letter| letter.to == to)?;
        Some(letters.remove(place))
    }
}

/// What a client says, line by line; everything is noted as it comes, lines or not.
pub(crate) struct Ear<'a, S> {
    stream: S,
    buffer: Vec<u8>,
    desk: &'a Desk,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Ear<'a, S> {
    pub(crate) fn new(stream: S, desk: &'a Desk) -> Self {
        Self { stream, buffer: Vec::new(), desk }
    }

    /// The first word is the server's.
    pub(crate) async fn greets(mut self) -> std::io::Result<Self> {
        self.answer("220 here").await?;
        Ok(self)
    }

    pub(crate) async fn line(&mut self) -> std::io::Result<Option<String>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()));
            }
            let known = self.buffer.len();
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
            self.desk.heard.lock().unwrap().push_str(&String::from_utf8_lossy(&self.buffer[known..]));
        }
    }

    pub(crate) async fn answer(&mut self, text: &str) -> std::io::Result<()> {
        self.stream.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    /// What comes after this is not for this ear.
    pub(crate) fn into_stream(self) -> S {
        assert!(self.buffer.is_empty(), "it was not asked to say more");
        self.stream
    }

    /// A letter, up to the dot that ends it.
    async fn letter(&mut self) -> std::io::Result<String> {
        self.answer("354 go on").await?;
        let mut text = String::new();
        while let Some(line) = self.line().await?.filter(|line| line != ".") {
            // quoted-printable: `=` at the end of a line goes on with the next
            match line.strip_suffix('=') {
                Some(begun) => text.push_str(begun),
                None => text.push_str(&format!("{line}\n")),
            }
        }
        Ok(text)
    }
}

/// Takes letters from whoever was greeted.
pub(crate) async fn converse<S: AsyncRead + AsyncWrite + Unpin>(mut ear: Ear<'_, S>) -> std::io::Result<()> {
    let (mut from, mut to, mut login) = (String::new(), String::new(), None);
    while let Some(line) = ear.line().await? {
        let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => "250-here\r\n250 AUTH PLAIN".to_owned(),
            "AUTH" => {
                login = line.split(' ').nth(2).map(str::to_owned);
                "235 welcome".to_owned()
            }
            "MAIL" => {
                from = address();
                ear.desk.refusals.lock().unwrap().pop_front().unwrap_or_else(|| "250 fine".to_owned())
            }
            "RCPT" => {
                to = address();
                "250 fine".to_owned()
            }
            "DATA" => {
                let text = ear.letter().await?;
                let letter = Letter { from: from.clone(), to: to.clone(), login: login.clone(), text };
                ear.desk.letters.lock().unwrap().push(letter);
                "250 taken".to_owned()
            }
            "QUIT" => "221 bye".to_owned(),
            _ => "250 fine".to_owned(),
        };
        ear.answer(&answer).await?;
    }
    Ok(())
}
