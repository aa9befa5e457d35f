//! The store: opening, committing, closing.

use async_trait::async_trait;
use chatcore::Store;
use chatcore::store::{Batch, Commit, Committed, StoreError, WakeUp};
use futures::stream::BoxStream;

use super::options::PostgresOptions;
use super::readers::{ReadOnly, Readers};
use super::writer::Writer;
use super::{connection, notify};
use crate::committer::Commits;
use crate::error::unopened;
use crate::pool::Pool;

/// A store of every domain in one schema of a PostgreSQL database, 14 or later.
///
/// Any number of programs may share it. Commits of many callers of one program are written together over one connection,
/// and wait for the disk once. What was answered is on the server's disk.
///
/// It needs sessions of its own: a proxy that hands connections out by transaction does not do.
///
/// It lives on the tokio runtime on which it was opened. [`Self::close`] waits until everything is written; a store that
/// is merely dropped does the same in the background.
pub struct PostgresStore {
    commits: Commits,
    pub(super) readers: Readers,
    options: PostgresOptions,
}

impl PostgresStore {
    /// Connects, and brings the tables up to date.
    ///
    /// # Errors
    /// When the database cannot be reached, and when a newer program wrote it or a migration broke off half-way; the
    /// message says which, and never holds a password.
    pub async fn open(options: impl Into<PostgresOptions>) -> Result<Self, StoreError> {
        let options = options.into();
        connection::migrate(&options).await?;
        let failed = |error: sqlx::Error| unopened("the database").caused_by(error);
        let writer = connection::writer(&options).await.map_err(failed)?;
        let (reader, on_wait) = (ReadOnly { options: options.clone() }, options.on_wait.clone());
        let readers = Pool::open(reader, options.readers, on_wait).await.map_err(failed)?;
        let max_group = options.max_group;
        let commits = Commits::start(Writer::new(options.clone(), writer), max_group);
        Ok(Self { commits, readers: Readers::Pool(Box::new(readers)), options })
    }

    /// Writes what was handed in, and closes every connection. Whatever comes later is refused.
    pub async fn close(&self) {
        self.readers.close().await;
        self.commits.close().await;
    }
}

#[async_trait]
impl Commit for PostgresStore {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        self.commits.commit(batch).await
    }
}

impl Store for PostgresStore {
    fn is_exclusive(&self) -> bool {
        false
    }

    /// Over a connection of its own, which is made anew when it is lost.
    fn wake_ups(&self) -> BoxStream<'static, WakeUp> {
        notify::wake_ups(self.options.clone())
    }
}
