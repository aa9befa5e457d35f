//! One state of a database, beside whoever writes it.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use chatcore::store::{AnyRecord, Kind, Scan, StoreError};
use sqlx::{ConnectOptions, Executor};
use tokio::sync::Mutex;

use super::options::SqliteOptions;
use super::readers::Readers;
use super::{connection, reads};
use crate::error::unopened;

/// Every record of a database file as it was at one moment, for backups of a store that is in use.
///
/// It takes no lock and writes nothing. As long as it lives the store keeps what it may still read, so its log grows.
pub struct SqliteSnapshot {
    readers: Readers,
}

impl SqliteSnapshot {
    /// Takes the state of now.
    ///
    /// # Errors
    /// When there is no such file, or it was not written by this version of the program.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let failed = |error: sqlx::Error| unopened(path.display().to_string()).caused_by(error);
        let options = connection::reader(path, &SqliteOptions::file(path));
        let mut connection = options.connect().await.map_err(failed)?;
        connection::check(&mut connection).await?;
        connection.execute("BEGIN").await.map_err(failed)?;
        // the state is that of the first read, not of `BEGIN`
        connection.execute("SELECT 1 FROM conversations LIMIT 1").await.map_err(failed)?;
        Ok(Self { readers: Readers::of_snapshot(Arc::new(Mutex::new(Some(connection)))) })
    }
}

#[async_trait]
impl Scan for SqliteSnapshot {
    async fn scan(&self, kind: Kind, after: Option<&[u8]>, limit: usize) -> Result<Vec<AnyRecord>, StoreError> {
        reads::scan(&self.readers, kind, after, limit).await
    }
}
