//! A client on a bare socket, which can misbehave as no library would.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Far longer than anything here takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Client {
    reader: BufReader<OwnedReadHalf>,
    writer: Option<OwnedWriteHalf>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Client {
    pub(crate) async fn new(address: SocketAddr) -> Self {
        let (reader, writer) = TcpStream::connect(address).await.unwrap().into_split();
        Self { reader: BufReader::new(reader), writer: Some(writer) }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.writer.as_mut().unwrap().write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends the same again and again, with a pause, until the server takes no more; how much it took.
    pub(crate) fn keep_sending(&mut self, text: String, pause: Duration) -> JoinHandle<usize> {
        let mut writer = self.writer.take().unwrap();
        tokio::spawn(async move {
            let mut sent = 0;
            while writer.write_all(text.as_bytes()).await.is_ok() {
                sent += text.len();
                tokio::time::sleep(pause).await;
            }
            sent
        })
    }

    /// The next answer, whole.
    pub(crate) async fn answer(&mut self) -> Answer {
        timeout(PATIENCE, self.read_answer()).await.expect("an answer in time")
    }

    async fn read_answer(&mut self) -> Answer {
        let (status, headers) = self.head().await;
        let body = match headers.get("content-length") {
            Some(length) => {
                let mut body = vec![0; length.parse().unwrap()];
                self.reader.read_exact(&mut body).await.unwrap();
                String::from_utf8(body).unwrap()
            }
            None if headers.contains_key("transfer-encoding") => self.chunks().await.0,
            None => String::new(),
        };
        Answer { status, headers, body }
    }

    /// The status and the headers, which every answer has.
    pub(crate) async fn head(&mut self) -> (u16, HashMap<String, String>) {
        let first = self.line().await;
        let status = first.split(' ').nth(1).unwrap_or_else(|| panic!("no status in {first:?}")).parse().unwrap();
        let mut headers = HashMap::new();
        loop {
            let line = self.line().await;
            if line.is_empty() {
                check_headers(&headers);
                return (status, headers);
            }
            let (name, value) = line.split_once(": ").unwrap();
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
    }

    /// The chunks of a body, and whether it came to its end.
    pub(crate) async fn chunks(&mut self) -> (String, bool) {
        let mut body = String::new();
        loop {
            let size = self.line().await;
            let Ok(size) = usize::from_str_radix(&size, 16) else { return (body, false) };
            let mut chunk = vec![0; size + 2];
            if self.reader.read_exact(&mut chunk).await.is_err() {
                return (body, false);
            }
            if size == 0 {
                return (body, true);
            }
            body.push_str(std::str::from_utf8(&chunk[..size]).unwrap());
        }
    }

    pub(crate) async fn line(&mut self) -> String {
        let mut line = String::new();
        let _ = timeout(PATIENCE, self.reader.read_line(&mut line)).await.expect("a line in time");
        line.trim_end().to_owned()
    }

    /// Waits until the server closes; what it still sent is returned.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = timeout(PATIENCE, self.reader.read_to_end(&mut rest)).await.expect("the server closes in time");
        String::from_utf8_lossy(&rest).into_owned()
    }
}

impl Answer {
    /// The problem that this answer is.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, slug: &str) -> Value {
        assert_eq!(self.headers.get("content-type").map(String::as_str), Some("application/problem+json"), "{self:?}");
        let problem: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(self.status, status, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("/problems/{slug}"), "{problem}");
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        problem
    }
}

#[track_caller]
fn check_headers(headers: &HashMap<String, String>) {
    let always = [
        "x-request-id",
        "x-content-type-options",
        "referrer-policy",
        "x-frame-options",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "permissions-policy",
        "content-security-policy",
        "cache-control",
    ];
    for name in always {
        assert!(headers.contains_key(name), "no {name} in {headers:?}");
    }
}

/// One request on a connection of its own.
pub(crate) async fn ask(address: SocketAddr, request: &str) -> Answer {
    let mut client = Client::new(address).await;
    client.send(request).await;
    client.answer().await
}

/// A request without a body.
pub(crate) fn bare(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: test\r\n\r\n")
}

/// A request with a JSON body.
pub(crate) fn json(method: &str, path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}
