//! The store: opening, committing, closing.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use chatcore::Store;
use chatcore::store::{Batch, Commit, Committed, StoreError, StoreErrorKind};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::committer::{Committer, QUEUE, Waiting};
use super::error::{not_applied, unopened};
use super::options::SqliteOptions;
use super::pool::Pool;
use super::readers::Readers;
use super::writer::{Line, Writer};
use super::{connection, file};

/// A store of every domain in one SQLite database.
///
/// A file belongs to one process: a file beside it, with `.lock` behind its name, is locked while it is open. Other
/// programs may read it at the same time (`sqlite3 -readonly chat.db`), and a backup may be taken of it with `VACUUM
/// INTO`.
///
/// Commits of many callers are written together and wait for the disk once. What was answered is on disk.
///
/// It lives on the tokio runtime on which it was opened. [`Self::close`] waits until everything is written and the file
/// is free; a store that is merely dropped does the same in the background.
pub struct SqliteStore {
    queue: RwLock<Option<mpsc::Sender<Waiting>>>,
    committer: Mutex<Option<JoinHandle<()>>>,
    pub(super) readers: Readers,
}

impl SqliteStore {
    /// Opens a database, and creates it if it is not there.
    ///
    /// A new file can be read and written by its owner alone.
    ///
    /// # Errors
    /// When another process has it, when it was written by a newer program, and when the file cannot be used; the
    /// message says which.
    pub async fn open(options: impl Into<SqliteOptions>) -> Result<Self, StoreError> {
        let options = options.into();
        match options.path.clone() {
            None => Self::open_memory(&options).await,
            Some(path) => {
                let held = file::hold(&path, &options).await?;
                let name = |error: StoreError| unopened(path.display().to_string()).caused_by(error);
                let connect = connection::writer(&held.path, &options);
                let line: Line = Arc::new(Mutex::new(Some(connection::connect(&connect).await.map_err(name)?)));
                let unread = |error| name(unopened("the connections that read").caused_by(error));
                let reader = connection::reader(&held.path, &options);
                let readers = Pool::open(reader, options.readers).await.map_err(unread)?;
                Ok(Self::start(
                    Writer::new(line, Some(connect)),
                    Readers::Pool(Box::new(readers)),
                    Some(held.lock),
                    &options,
                ))
            }
        }
    }

    /// A new database in memory.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub async fn in_memory() -> Result<Self, StoreError> {
        Self::open(SqliteOptions::in_memory()).await
    }

    async fn open_memory(options: &SqliteOptions) -> Result<Self, StoreError> {
        let connection = connection::connect(&connection::memory(options)).await?;
        let line: Line = Arc::new(Mutex::new(Some(connection)));
        Ok(Self::start(Writer::new(line.clone(), None), Readers::Line(line), None, options))
    }

    fn start(writer: Writer, readers: Readers, lock: Option<std::fs::File>, options: &SqliteOptions) -> Self {
        let (sender, queue) = mpsc::channel(QUEUE);
        let committer = Committer { writer, queue, max_group: options.max_group, lock };
        Self { queue: RwLock::new(Some(sender)), committer: Mutex::new(Some(tokio::spawn(committer.run()))), readers }
    }

    /// Writes what was handed in, and closes the database. Whatever comes later is refused.
    pub async fn close(&self) {
        // the connection that writes goes last: only it can clear the log away
        self.readers.close().await;
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(committer) = self.committer.lock().await.take()
            && let Err(error) = committer.await
        {
            tracing::warn!(%error, "the committer did not end by itself");
        }
    }

    fn queue(&self) -> Result<mpsc::Sender<Waiting>, StoreError> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner).clone();
        queue.ok_or_else(|| not_applied("the store is closed"))
    }
}

#[async_trait]
impl Commit for SqliteStore {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let (answer, wait) = oneshot::channel();
        let sent = self.queue()?.send(Waiting { batch, answer }).await;
        sent.map_err(|_| not_applied("the store is closed"))?;
        let lost = || StoreError::new(StoreErrorKind::Unavailable, "commit").context("the committer gave no answer");
        wait.await.unwrap_or_else(|_| Err(lost()))
    }
}

impl Store for SqliteStore {
    fn is_exclusive(&self) -> bool {
        true
    }
}
