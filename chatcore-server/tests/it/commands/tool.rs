//! The binary, called to do one thing; and stores that are filled behind its back.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};

use chatcore::job::{Job, Work};
use chatcore::store::{AnyRecord, Batch};
use chatcore::transfer::InsertRecord;
use chatcore::{ConversationId, JobId, Timestamp};
use chatcore_server::config::StoreUrl;
use chatcore_server::stores::{self, OpenStore};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use uuid::Uuid;

/// The binary in a folder, with an environment of its own.
#[derive(Clone)]
pub(crate) struct Tool {
    folder: PathBuf,
    environment: Vec<(String, String)>,
}

impl Tool {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), environment: vec![("NO_COLOR".into(), "1".into())] }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatcore-server"));
        command.current_dir(&self.folder).env_clear().envs(self.environment.iter().cloned()).args(arguments);
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().await.unwrap()
    }

    /// Everything that it says when it reads that, and how it ended.
    pub(crate) async fn fed(&self, input: &str, arguments: &[&str]) -> (ExitStatus, String) {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
        let Output { status, stdout, stderr } = child.wait_with_output().await.unwrap();
        (status, String::from_utf8([stdout, stderr].concat()).unwrap())
    }

    /// What it says to standard output, if all is well.
    pub(crate) async fn fine(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {}: {log}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Everything that it says, when it ends with that code.
    pub(crate) async fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        said
    }

    /// Interrupts it as Ctrl-C does, once it has said that; how it ended, and all that it said.
    pub(crate) async fn interrupted(&self, arguments: &[&str], once: &str) -> (ExitStatus, String) {
        let mut child = self.command(arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = String::new();
        let mut told = false;
        while let Some(line) = lines.next_line().await.unwrap() {
            log.push_str(&line);
            log.push('\n');
            if !told && line.contains(once) {
                told = true;
                let pid = child.id().unwrap().to_string();
                assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
            }
        }
        assert!(told, "it never said `{once}`: {log}");
        (child.wait().await.unwrap(), log)
    }
}

/// What a store holds.
pub(crate) async fn digest_of(tool: &Tool, url: &str) -> Value {
    serde_json::from_str(&tool.fine(&["store", "digest", "--json", "--store", url]).await).unwrap()
}

/// The SQLite store in a file.
pub(crate) async fn opened(path: &Path) -> OpenStore {
    stores::open(&StoreUrl::Sqlite(path.to_owned())).await.unwrap()
}

/// Puts records into the SQLite store in a file.
pub(crate) async fn put(path: &Path, records: impl IntoIterator<Item = AnyRecord>) {
    let opened = opened(path).await;
    let mut batch = Batch::default();
    for record in records {
        batch.push(InsertRecord(record));
        if batch.changes().len() == Batch::MAX_CHANGES {
            opened.store().commit(std::mem::take(&mut batch)).await.unwrap();
        }
    }
    opened.store().commit(batch).await.unwrap();
    opened.close().await;
}

/// So many records that mean nothing.
pub(crate) fn clutter(count: u128) -> impl Iterator<Item = AnyRecord> {
    (0..count).map(|at| {
        let conversation = ConversationId::from_uuid(Uuid::from_u128(at));
        let work = Work::PurgeConversation { conversation };
        Job { id: JobId::from_uuid(Uuid::from_u128(at)), work, created_at: Timestamp::from_micros(1) }.into()
    })
}
