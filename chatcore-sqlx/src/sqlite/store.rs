//! The store: opening, committing, closing.

use std::sync::Arc;

use async_trait::async_trait;
use chatcore::Store;
use chatcore::store::{Batch, Commit, Committed, Known, StoreError};
use tokio::sync::Mutex;

use super::options::SqliteOptions;
use super::readers::{ReadOnly, Readers};
use super::writer::{Line, Writer};
use super::{connection, file, wipe};
use crate::committer::Commits;
use crate::error::unopened;
use crate::pool::Pool;

/// A store of every domain in one SQLite database.
///
/// A file belongs to one process: a file beside it, with `.lock` behind its name, is locked while it is open. Other
/// programs may read it at the same time: [`SqliteSnapshot`](super::SqliteSnapshot) does, and so do `sqlite3 -readonly
/// chat.db` and `VACUUM INTO`.
///
/// Commits of many callers are written together and wait for the disk once. What was answered is on disk.
///
/// It lives on the tokio runtime on which it was opened. [`Self::close`] waits until everything is written and the file
/// is free; a store that is merely dropped does the same in the background.
pub struct SqliteStore {
    commits: Commits,
    /// The connection that writes; groups hold it while they are written.
    line: Line,
    /// Whether there is a file, and so a log.
    is_file: bool,
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
                let reader = ReadOnly(connection::reader(&held.path, &options));
                let readers = Pool::open(reader, options.readers, options.on_wait.clone()).await.map_err(unread)?;
                let known = Arc::new(Known::default());
                let writer = Writer::new(line.clone(), Some(connect), Some(held.lock), known.clone());
                let readers = Readers::of_pool(readers, known);
                Ok(Self::start(writer, line, readers, &options))
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
        let known = Arc::new(Known::default());
        let writer = Writer::new(line.clone(), None, None, known.clone());
        let readers = Readers::of_line(line.clone(), known);
        Ok(Self::start(writer, line, readers, options))
    }

    fn start(writer: Writer, line: Line, readers: Readers, options: &SqliteOptions) -> Self {
        let is_file = options.path.is_some();
        Self { commits: Commits::start(writer, options.max_group), line, is_file, readers }
    }

    /// Empties the log, so that no file holds what was deleted. Deleting writes zeros over what goes, but the pages from before
    /// are in the log until it is cut. `false` while somebody still reads from it, a backup say; then another time.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub async fn wipe(&self) -> Result<bool, StoreError> {
        match &mut *self.line.lock().await {
            Some(connection) if self.is_file => wipe::truncate(connection).await,
            _ => Ok(true),
        }
    }

    /// Writes the whole file anew, without the room that was given up and whatever may lie in it: for files from a time when
    /// deleting wrote no zeros. Takes as much room again while it works, and nobody else writes meanwhile.
    ///
    /// # Errors
    /// When there is no room, or the files cannot be written.
    pub async fn compact(&self) -> Result<(), StoreError> {
        match &mut *self.line.lock().await {
            Some(connection) => wipe::rewrite(connection).await,
            None => Ok(()),
        }
    }

    /// Writes what was handed in, and closes the database. Whatever comes later is refused.
    pub async fn close(&self) {
        // the connection that writes goes last: only it can clear the log away
        self.readers.close().await;
        self.commits.close().await;
    }
}

#[async_trait]
impl Commit for SqliteStore {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        self.commits.commit(batch).await
    }
}

impl Store for SqliteStore {
    fn is_exclusive(&self) -> bool {
        true
    }
}
