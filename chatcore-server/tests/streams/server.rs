//! The binary on SQLite, with an upstream that takes its time.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use chatcore_llm::testing::{MockOpenAi, MockSettings};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Far longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running process; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

/// An upstream that says words with a pause behind each.
pub(crate) async fn upstream(pause: Duration) -> MockOpenAi {
    MockOpenAi::start_with(MockSettings { chunk_delay: pause, ..MockSettings::default() }).await.unwrap()
}

/// What the upstream says to a text.
pub(crate) fn said(text: &str) -> String {
    format!("You said: {text}")
}

impl Server {
    /// Starts it on the data in a folder, on a port of its own unless one is named.
    pub(crate) async fn start(folder: &Path, upstream: &MockOpenAi, port: u16) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_chatcore-server"))
            .current_dir(folder)
            .env_clear()
            .env("NO_COLOR", "1")
            .env("CHATCORE_LISTEN", format!("127.0.0.1:{port}"))
            .env("CHATCORE_STORE", format!("sqlite:{}", folder.join("chat.db").display()))
            .env("CHATCORE_DRAIN_SECONDS", "1")
            .env("CHATCORE_HEADER_SECONDS", "3")
            // all clients of a test have one address
            .env("CHATCORE_RATE_LIMITS", "off")
            .env("OPENAI_BASE_URL", upstream.base_url())
            .env("OPENAI_API_KEY", "sk-mock")
            .env("OPENAI_DEFAULT_MODEL", "mock-gpt")
            // a request for a title would be counted as one for an answer
            .env("CHATCORE_TITLES", "words")
            .env("CHATCORE_OLLAMA", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let listening = async {
            let mut said = String::new();
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, rest)) = line.split_once("listening on http://") {
                    return rest.split(' ').next().unwrap().parse().unwrap();
                }
                said.push_str(&line);
            }
            panic!("the server does not listen: {said}");
        };
        let address = tokio::time::timeout(PATIENCE, listening).await.expect("it listens in time");
        // what it logs must not fill the pipe
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, address }
    }

    /// What it holds in memory, in KiB.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// How many files and sockets it has open.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id().unwrap())).unwrap().count()
    }

    /// As `kill -9` does.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn end(mut self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        assert!(ended.expect("it ends in time").unwrap().success());
    }
}
