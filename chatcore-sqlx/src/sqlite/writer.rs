//! The one connection that writes: a group of batches in one transaction.

use std::sync::Arc;

use chatcore::store::{Batch, Committed, Group, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};
use tokio::sync::Mutex;

use super::connection;
use super::error::{not_applied, uncertain, unwritten};
use super::rows;
use super::statement::Texts;

/// A connection that can be lost.
pub(super) type Line = Arc<Mutex<Option<SqliteConnection>>>;

/// Why a group was not committed.
pub(super) struct Failure {
    pub(super) error: StoreError,
    /// Whether an insert met a row that was taken not to exist.
    pub(super) collision: bool,
}

impl Failure {
    pub(super) fn of(table: &'static str, error: sqlx::Error) -> Self {
        let collision = error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation);
        Self { error: unwritten(table, error), collision }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { error, collision: false }
    }
}

pub(super) struct Writer {
    line: Line,
    /// How to connect again; nothing for a database in memory, which would be another one.
    again: Option<SqliteConnectOptions>,
    texts: Texts,
}

impl Writer {
    pub(super) fn new(line: Line, again: Option<SqliteConnectOptions>) -> Self {
        Self { line, again, texts: Texts::default() }
    }

    /// Commits batches together. When this returns, what the answers say is on disk.
    pub(super) async fn commit(&mut self, batches: Vec<Batch>) -> Vec<Result<Committed, StoreError>> {
        // held over the whole transaction: the reads of a database in memory share the connection
        let line = self.line.clone();
        let mut line = line.lock().await;
        // ids that were minted a moment ago are taken to be unused, and if one is not, every key is looked up
        let mut group = Group::new(batches);
        let mut careful = false;
        loop {
            match self.attempt(&mut line, &mut group).await {
                Ok(()) => return group.finish(),
                Err(failure) if failure.collision && !careful => {
                    careful = true;
                    group = group.careful();
                }
                Err(failure) => return group.fail(&failure.error),
            }
        }
    }

    async fn attempt(&mut self, line: &mut Option<SqliteConnection>, group: &mut Group) -> Result<(), Failure> {
        let connection = self.connected(line).await?;
        if let Err(error) = connection.execute("BEGIN IMMEDIATE").await {
            self.recover(line).await;
            return Err(Failure::of("begin", error));
        }
        if let Err(failure) = evaluate(connection, &mut self.texts, group).await {
            if connection.execute("ROLLBACK").await.is_err() {
                self.recover(line).await;
            }
            return Err(failure);
        }
        match connection.execute("COMMIT").await {
            Ok(_) => Ok(()),
            Err(error) => {
                self.recover(line).await;
                Err(uncertain(error).into())
            }
        }
    }

    async fn connected<'a>(
        &self,
        line: &'a mut Option<SqliteConnection>,
    ) -> Result<&'a mut SqliteConnection, StoreError> {
        if line.is_none() {
            let again = self.again.as_ref().ok_or_else(|| not_applied("the database in memory is gone"))?;
            tracing::warn!("the connection to the database was lost; connecting again");
            let found = connection::connect(again).await;
            *line = Some(found.map_err(|error| not_applied("the database cannot be opened again").caused_by(error))?);
        }
        line.as_mut().ok_or_else(|| not_applied("there is no connection"))
    }

    /// Leaves no transaction open, whatever state the connection is in.
    async fn recover(&self, line: &mut Option<SqliteConnection>) {
        if self.again.is_some() {
            // closing ends the transaction; the next group connects again
            *line = None;
        } else if let Some(connection) = line {
            // there may be no transaction any more
            let _ = connection.execute("ROLLBACK").await;
        }
    }

    /// After a panic half-way through a group.
    pub(super) async fn recover_from_panic(&self) {
        let mut line = self.line.lock().await;
        self.recover(&mut line).await;
    }

    /// Moves what is in the log to the database, and lets go.
    pub(super) async fn close(self) {
        let Some(mut connection) = self.line.lock().await.take() else { return };
        if self.again.is_some() {
            let moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
            if let Err(error) = moved {
                tracing::warn!(%error, "the log could not be moved to the database; the next start does it");
            }
        }
        if let Err(error) = connection.close().await {
            tracing::warn!(%error, "the database was not closed cleanly");
        }
    }
}

/// Loads, evaluates, writes.
async fn evaluate(connection: &mut SqliteConnection, texts: &mut Texts, group: &mut Group) -> Result<(), Failure> {
    while let Some(keys) = group.step() {
        let loaded = rows::load(connection, texts, keys).await?;
        group.give(loaded);
    }
    rows::write(connection, texts, group.rows()).await
}
