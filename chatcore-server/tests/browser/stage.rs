//! The server that the browser looks at: the program itself, in a process that can be killed, and models that say what
//! they are told to.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chatcore::Clock;
use chatcore::testing::ManualClock;
use chatcore_llm::SystemClock;
use chatcore_llm::testing::{Answer, MockOpenAi, MockProvider, MockSettings};
use libtest_mimic::Failed;
use serde_json::{Value, json};
use stripe_stand_in::{Options, StandIn};
use tempfile::TempDir;

use crate::mock::{CLIENT_ID, Mock, SECRET};
use crate::smtp::Smtp;
use crate::wallet::Wallet;

/// Who waits longer waits for something that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the server is told; `{upstream}` is the address of the scripted model, `{mail}` that of the mail server, `{provider}`
/// that of a provider at which everybody agrees at once.
const CONFIG: &str = r#"
offline_delay_ms = 60

# every check registers somebody; all other limits are the usual ones
[http]
rate_limits = "sign-in=off"

[mail]
smtp_url = "{mail}"
from = "Chat <chat@mail.test>"

[[oauth]]
name = "corp"
kind = "oidc"
issuer = "{provider}"
client_id = "{client_id}"
client_secret = "{client_secret}"

[[models]]
id = "eliza"
kind = "eliza"

[[models]]
id = "priced-echo"
kind = "echo"
context_tokens = 32_000
prices = { input = 2_500_000, output = 10_000_000 }

[[models]]
id = "narrow-echo"
kind = "echo"
context_tokens = 400

[[models]]
id = "scripted"
kind = "openai"
base_url = "{upstream}"
capabilities = { images = false, files = false, tools = true, reasoning = true, structured_output = false }

[[models]]
id = "broken"
kind = "openai"
base_url = "http://127.0.0.1:9/v1"
fallback = ["priced-echo"]
"#;

/// What a server is told beside that when it sells something.
const SHOP: &str = r#"
[billing]
default_plan = "free"
visitor_plan = "visitor"

[[plans]]
id = "visitor"
name = "Visitor"
limits = [{ meter = "messages", window = "calendar_day", limit = 2 }]

[[plans]]
id = "free"
name = "Free"
description = "For having a look."
limits = [
  { meter = "messages", window = "calendar_day", limit = 4 },
  { meter = "api_calls", window = "calendar_day", limit = 2, model = "scripted" },
]

[[plans]]
id = "plus"
name = "Plus"
description = "For every day."
price = { reference = "price_plus", amount = 900, currency = "usd", interval = "month" }
limits = [{ meter = "messages", window = "calendar_day", limit = 500 }]
"#;

/// A running server with all that it talks to.
pub(crate) struct Stage {
    data: TempDir,
    address: SocketAddr,
    server: Option<Child>,
    upstream: MockOpenAi,
    ollama: MockProvider,
    mail: Smtp,
    provider: Mock,
    stripe: StandIn,
    visitors: bool,
    shop: bool,
}

impl Stage {
    /// Sets everything up and starts the server.
    pub(crate) async fn set() -> Result<Self, Failed> {
        let data = tempfile::tempdir()?;
        let upstream = MockOpenAi::start().await?;
        let models = vec!["llama-on-this-machine".to_owned()];
        let ollama = MockProvider::start_with(MockSettings { models, ..MockSettings::default() }).await?;
        // a server that is started again has to be where it was
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mail = Smtp::start().await;
        let clock = ManualClock::new();
        clock.set(SystemClock.now());
        let provider = Mock::start(clock).await;
        let config = [
            ("{upstream}", upstream.base_url()),
            ("{mail}", mail.url("smtp", "", "")),
            ("{provider}", provider.url.clone()),
            ("{client_id}", CLIENT_ID.to_owned()),
            ("{client_secret}", SECRET.to_owned()),
        ];
        let config = config.iter().fold(CONFIG.to_owned(), |config, (name, value)| config.replace(name, value));
        std::fs::write(data.path().join("chat.toml"), &config)?;
        std::fs::write(data.path().join("shop.toml"), config + SHOP)?;
        let stripe = StandIn::start(Options::new(Arc::new(SystemClock))).await?;
        stripe.price("price_plus", 900, "usd", "month");
        stripe.deliver_to(&format!("http://{address}/api/v1/webhooks/stripe"));
        let (visitors, shop) = (false, false);
        let mut stage = Self { data, address, server: None, upstream, ollama, mail, provider, stripe, visitors, shop };
        stage.start()?;
        Ok(stage)
    }

    /// Where the page is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Does what a check asks for, and says what it answers.
    pub(crate) async fn act(&mut self, what: &str) -> Result<String, Failed> {
        if let Some(to) = what.strip_prefix("mail ") {
            return Ok(self.mail.letter(to).await.link().to_owned());
        }
        if let Some(what) = what.strip_prefix("wallet ") {
            return signed(what);
        }
        if let Some(text) = what.strip_prefix("say ") {
            let text: String = serde_json::from_str(text)?;
            self.upstream.push(talk([text.as_str()]));
            return Ok("done".to_owned());
        }
        if let Some(name) = what.strip_prefix("provider ") {
            self.provider.plan().claims = json!({"sub": name, "email": format!("{name}@example.org")});
            return Ok("done".to_owned());
        }
        if let Some(name) = what.strip_prefix("promote ") {
            self.kill()?;
            self.promote(name)?;
            self.start()?;
            return Ok("done".to_owned());
        }
        match what {
            "visitors on" | "visitors off" => {
                self.kill()?;
                self.visitors = what.ends_with("on");
                self.start()?;
            }
            // in a shop visitors are welcome, too
            "shop on" | "shop off" => {
                self.kill()?;
                (self.visitors, self.shop) = (what.ends_with("on"), what.ends_with("on"));
                self.start()?;
            }
            "desk" => return Ok(self.stripe.url()),
            "quiet" => self.stripe.quiet().await,
            "kill" => self.kill()?,
            "start" => self.start()?,
            "think" => self.upstream.push(thinking().pace(Duration::from_millis(150))),
            "call" => self.upstream.push(calling("weather", r#"{"city":"<b>Oslo</b>"}"#)),
            "call the clock" => self.upstream.push(calling("current_time", "{}")),
            "break" => self.upstream.push(talk(["half ", "an ", "answer "]).break_after(3)),
            "cut" => self.upstream.push(words(["half ", "an ", "answer "], "length")),
            other => return Err(format!("nobody knows how to `{other}`").into()),
        }
        Ok("done".to_owned())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    fn start(&mut self) -> Result<(), Failed> {
        let log = std::fs::File::options().create(true).append(true).open(self.file("log"))?;
        let child = Command::new(env!("CARGO_BIN_EXE_chatcore-server"))
            .arg("--config")
            .arg(self.file(if self.shop { "shop.toml" } else { "chat.toml" }))
            .envs(self.shop.then(|| self.payments()).into_iter().flatten())
            .args(["--public-url", &self.url()])
            .args(["--visitors", if self.visitors { "on" } else { "off" }])
            .args(["--listen", &self.address.to_string(), "--ollama", &self.ollama.root_url()])
            .args(["--store", &format!("sqlite:{}", self.file("chat.db").display())])
            .current_dir(self.data.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.server = Some(child);
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).is_err() {
            if Instant::now() > until || self.server.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
            {
                return Err(format!("the server did not start: {}", read(&self.file("log"))).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// What a shop is told in its environment: with what it takes money, and the tool that costs a model more than one request.
    fn payments(&self) -> [(&'static str, String); 4] {
        let (key, secret) = ("sk_test_stand_in".to_owned(), "whsec_stand_in".to_owned());
        [
            ("STRIPE_API_BASE", self.stripe.url()),
            ("STRIPE_SECRET_KEY", key),
            ("STRIPE_WEBHOOK_SECRET", secret),
            ("CHATCORE_TOOLS", "current_time".to_owned()),
        ]
    }

    /// Makes somebody an admin, as whoever has the store does.
    fn promote(&self, name: &str) -> Result<(), Failed> {
        let store = format!("sqlite:{}", self.file("chat.db").display());
        let done = Command::new(env!("CARGO_BIN_EXE_chatcore-server"))
            .args(["admin", "promote", name, "--store", &store])
            .current_dir(self.data.path())
            .output()?;
        if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned().into()) }
    }

    /// Ends the server without a word (SIGKILL).
    fn kill(&mut self) -> io::Result<()> {
        let Some(mut child) = self.server.take() else { return Ok(()) };
        child.kill()?;
        child.wait()?;
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// What a wallet says: `<seed>` is answered with its address, `<seed> <text in hex>` with its signature under the text.
fn signed(what: &str) -> Result<String, Failed> {
    let (seed, text) = what.split_once(" 0x").map_or((what, None), |(seed, text)| (seed, Some(text)));
    let wallet = Wallet::new(seed.parse()?);
    let Some(digits) = text else { return Ok(wallet.address()) };
    let pair = |at| u8::from_str_radix(digits.get(at..at + 2).unwrap_or_default(), 16);
    let bytes: Vec<u8> = (0..digits.len()).step_by(2).map(pair).collect::<Result<_, _>>()?;
    Ok(wallet.sign(&String::from_utf8(bytes)?))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn chunk(delta: &Value, finish: Option<&str>) -> String {
    format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}))
}

fn talk<'a>(said: impl IntoIterator<Item = &'a str>) -> Answer {
    words(said, "stop")
}

/// Words, and why there are no more.
fn words<'a>(said: impl IntoIterator<Item = &'a str>, finish: &str) -> Answer {
    let words: String = said.into_iter().map(|word| chunk(&json!({"content": word}), None)).collect();
    Answer::events(&format!("{words}{}data: [DONE]\n\n", chunk(&json!({}), Some(finish))))
}

/// Thoughts, one of them hostile, and then an answer.
fn thinking() -> Answer {
    let thoughts = ["First I look at ", "<img src=x onerror='window.pwned = 1'> ", "the question."];
    let thoughts: String = thoughts.iter().map(|text| chunk(&json!({"reasoning_content": text}), None)).collect();
    let words: String =
        ["Here ", "is ", "my ", "answer."].iter().map(|text| chunk(&json!({"content": text}), None)).collect();
    Answer::events(&format!("{thoughts}{words}{}data: [DONE]\n\n", chunk(&json!({}), Some("stop"))))
}

/// Words, and then a tool that is to be run.
fn calling(name: &str, arguments: &str) -> Answer {
    let call =
        json!([{"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}]);
    let words = chunk(&json!({"content": "I will look."}), None);
    let call = chunk(&json!({"tool_calls": call}), None);
    Answer::events(&format!("{words}{call}{}data: [DONE]\n\n", chunk(&json!({}), Some("tool_calls"))))
}
