//! The binary: started with an environment of its own, killed, asked to end, started again.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::client::{Client, PATIENCE, eventually};

/// A running process; killed when dropped.
pub(crate) struct Binary {
    child: Child,
    log: Arc<Mutex<String>>,
    said: NamedTempFile,
    reader: JoinHandle<()>,
    pub(crate) address: SocketAddr,
}

impl Binary {
    /// Starts it with SQLite in that folder, on a free port, and waits until it listens.
    pub(crate) async fn start(folder: &Path, environment: &[(&str, &str)]) -> Self {
        Self::start_under(&[], folder, environment).await
    }

    /// The same by another command, which makes it of what is behind its own arguments.
    pub(crate) async fn start_under(wrapper: &[String], folder: &Path, environment: &[(&str, &str)]) -> Self {
        let said = NamedTempFile::new().unwrap();
        let binary = env!("CARGO_BIN_EXE_chatcore-server");
        let mut words = wrapper.iter().map(String::as_str).chain([binary]);
        let program = words.next().unwrap_or(binary);
        let mut child = Command::new(program)
            .args(words)
            .current_dir(folder)
            .env_clear()
            // where a wrapper finds itself
            .envs(std::env::var_os("PATH").filter(|_| !wrapper.is_empty()).map(|path| ("PATH", path)))
            .env("NO_COLOR", "1")
            .env("CHATCORE_LISTEN", "127.0.0.1:0")
            .env("CHATCORE_OLLAMA", "off")
            // a number that is blank is as good as none
            .env("CHATCORE_DRAIN_SECONDS", "")
            .env("CHATCORE_STORE", format!("sqlite:{}", folder.join("chat.db").display()))
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(said.reopen().unwrap())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let kept = log.clone();
        let reader = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                kept.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        let address = eventually("the server listens", async || {
            let so_far = log.lock().unwrap().clone();
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the server ended with {status}: {so_far}");
            }
            let (_, rest) = so_far.split_once("listening on http://")?;
            Some(rest.split([' ', '\n']).next()?.parse().unwrap())
        })
        .await;
        Self { child, log, said, reader, address }
    }

    /// Somebody without an account.
    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.address)
    }

    /// What it has said on standard output, which is no log.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.said.path()).unwrap()
    }

    /// The code with which the first admin is made, from the link that a server without one prints.
    pub(crate) async fn set_up_code(&self) -> String {
        let code_of = |said: String| said.split_once("#setup=").map(|(_, code)| code.trim().to_owned());
        eventually("a link is printed", async || code_of(self.said())).await
    }

    /// The most memory that it has had at once, in bytes (Linux).
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Kills it at once, as `kill -9` does.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks it to end, as `kill` does.
    pub(crate) async fn ask_to_end(&self) {
        let pid = self.child.id().expect("it runs").to_string();
        let done = Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
        assert!(done.success());
    }

    /// Waits for its end; how it ended, and everything that it logged.
    pub(crate) async fn ended(mut self) -> (ExitStatus, String) {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = ended.expect("the server ends in time").unwrap();
        self.reader.await.unwrap();
        let log = self.log.lock().unwrap().clone();
        (status, log)
    }

    /// Ends it in order.
    pub(crate) async fn end(self) {
        self.ask_to_end().await;
        let (status, log) = self.ended().await;
        assert!(status.success(), "{status}: {log}");
    }
}
