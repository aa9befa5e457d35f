//! Exchanges in files, written by hand from what providers publish of their wires: what is asked, the body that must be
//! sent, the bytes that come, and the events that they must become. Each is played by a server through the real client,
//! and once more cut into single bytes.
//!
//! A file has four sections, each behind a line `=== <name>`:
//!
//! * `ask` names one of the questions in `questions.rs`.
//! * `sent` is the body, as JSON.
//! * `answer` is the status, headers, an empty line and the body. Behind the status may stand `break` (the connection
//!   breaks there), `hang` (nothing more comes) or `cut <n>` (the last bytes are missing). Without it the answer is none
//!   of ours: the client refuses to ask.
//! * `heard` has an event a line.

mod file;
mod questions;
mod show;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chatcore::turn::ModelInfo;
use chatcore_llm::testing::MockProvider;
use chatcore_llm::{Client, ClientBuilder, RetryPolicy, Timeouts};

use self::file::Exchange;
use super::support::{LONG, hear};

const KEY: &str = "sk-hush-of-the-recordings";

fn folder(wire: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded").join(wire)
}

/// A client that asks once. It is patient, but for an answer that never comes.
fn client(builder: ClientBuilder, patience: Duration) -> Client {
    let info = ModelInfo::new("mock", "", 100_000).max_output_tokens(8000);
    let timeouts = Timeouts { connect: LONG, headers: LONG, idle: patience };
    builder.api_key(KEY).model(info).timeouts(timeouts).retry(RetryPolicy::never()).build().unwrap()
}

/// Plays one file, whole or byte by byte; gives what differs from it.
async fn play(wire: &str, exchange: &Exchange, bytewise: bool) -> Result<(), String> {
    let mock = MockProvider::start().await.unwrap();
    if let Some(answer) = exchange.answer() {
        mock.push(if bytewise { answer.dribble() } else { answer });
    }
    let builder = match wire {
        "chat" => Client::openai(mock.base_url()),
        "responses" => Client::openai_responses(mock.base_url()),
        "anthropic" => Client::anthropic(mock.root_url()),
        _ => Client::ollama(mock.root_url()),
    };
    let patience = if exchange.hangs() { Duration::from_millis(400) } else { LONG };
    let heard = hear(&client(builder, patience), questions::question(&exchange.ask)).await;
    let shown = show::show(&heard);
    if shown != exchange.heard {
        return Err(format!("heard\n{shown}\nand not\n{}", exchange.heard));
    }
    let sent: Vec<_> = mock.requests().into_iter().map(|request| request.body).collect();
    match (&sent[..], &exchange.sent) {
        ([], None) => Ok(()),
        ([sent], Some(expected)) if sent == expected => Ok(()),
        (sent, expected) => Err(format!("sent {sent:?}\nand not {expected:?}")),
    }
}

async fn all(wire: &str, at_least: usize) {
    let mut wrong = Vec::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder(wire)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= at_least, "only {} exchanges", files.len());
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let exchange = Exchange::read(&std::fs::read_to_string(&path).unwrap());
        for bytewise in [false, true] {
            if let Err(difference) = play(wire, &exchange, bytewise).await {
                wrong.push(format!("{wire}/{name}: {difference}"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn chat_completions() {
    all("chat", 9).await;
}

#[tokio::test]
async fn responses() {
    all("responses", 9).await;
}

#[tokio::test]
async fn anthropic() {
    all("anthropic", 9).await;
}

#[tokio::test]
async fn ollama() {
    all("ollama", 6).await;
}
