//! One state of a database, beside whoever writes it.

use async_trait::async_trait;
use chatcore::store::{AnyRecord, Kind, Scan, StoreError};
use sqlx::Executor;
use tokio::sync::Mutex;

use super::options::PostgresOptions;
use super::readers::Readers;
use super::{connection, reads};
use crate::error::unopened;

/// Every record of a database as it was at one moment, for backups of a store that is in use.
///
/// As long as it lives the server keeps what it may still read.
pub struct PostgresSnapshot {
    readers: Readers,
}

impl PostgresSnapshot {
    /// Takes the state of now.
    ///
    /// # Errors
    /// When the database cannot be reached, or was not written by this version of the program.
    pub async fn open(options: impl Into<PostgresOptions>) -> Result<Self, StoreError> {
        let failed = |error: sqlx::Error| unopened("the database").caused_by(error);
        let mut connection = connection::reader(&options.into()).await.map_err(failed)?;
        connection::check(&mut connection).await?;
        // whoever takes the records may be slow
        connection.execute("SET idle_in_transaction_session_timeout = 0").await.map_err(failed)?;
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(failed)?;
        // the state is that of the first read, not of `BEGIN`
        connection.execute("SELECT 1 FROM conversations LIMIT 1").await.map_err(failed)?;
        Ok(Self { readers: Readers::One(Box::new(Mutex::new(Some(connection)))) })
    }
}

#[async_trait]
impl Scan for PostgresSnapshot {
    async fn scan(&self, kind: Kind, after: Option<&[u8]>, limit: usize) -> Result<Vec<AnyRecord>, StoreError> {
        reads::scan(&self.readers, kind, after, limit).await
    }
}
