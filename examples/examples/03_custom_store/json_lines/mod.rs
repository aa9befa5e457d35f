//! A complete store in one file of JSON lines, written as by a stranger: it knows nothing of conversations or users.
//!
//! | file | holds |
//! | --- | --- |
//! | `worker.rs` | the thread that does the input and output |
//! | `log.rs` | the file: read at the start, then written at its end; and an index of it in memory |
//! | `line.rs` | one line: a group of writes, with a checksum |
//! | `file.rs` | the lock, and how a file is made or replaced as a whole |
//!
//! In memory are the keys and where their values lie, not the values. What was overwritten or deleted stays in the file
//! until it is opened and more than half of it is of that kind: then it is written anew.

mod file;
mod line;
mod log;
mod worker;

use std::io;
use std::path::PathBuf;

use async_trait::async_trait;
use chatcore::store::{DoorStore, KeyValue, KvWrite, Range, StoreError, StoreErrorKind};

use self::log::Log;
use self::worker::Worker;

/// Keys and values in a file that one process has to itself.
pub(crate) struct JsonLines(Worker<Log>);

impl JsonLines {
    /// Opens the store in this file, and makes it if it is not there.
    ///
    /// # Errors
    /// `Unavailable` when another store has the file open or it cannot be read, `Corrupt` when a line is damaged.
    pub(crate) async fn open(path: impl Into<PathBuf>) -> Result<DoorStore<Self>, StoreError> {
        let path = path.into();
        let name = path.display().to_string();
        let worker = Worker::start(move || Log::open(&path)).await;
        Ok(DoorStore::new(Self(worker.map_err(|error| failed("open the store", error).context(name))?)))
    }
}

#[async_trait]
impl KeyValue for JsonLines {
    async fn get_many(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.0.run(move |log| log.get_many(&keys).map_err(|error| failed("read", error))).await?
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.0.run(move |log| log.scan(&range, limit).map_err(|error| failed("scan", error))).await?
    }

    async fn apply(&self, writes: Vec<KvWrite>) -> Result<(), StoreError> {
        self.0.run(move |log| log.apply(&writes)).await?
    }
}

/// What a failure that wrote nothing means to the caller.
fn failed(operation: &'static str, error: io::Error) -> StoreError {
    let is_damage = matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof);
    let kind = if is_damage { StoreErrorKind::Corrupt } else { StoreErrorKind::Unavailable };
    StoreError::new(kind, operation).caused_by(error)
}
