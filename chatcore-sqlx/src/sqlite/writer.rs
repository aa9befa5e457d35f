//! The one connection that writes: a group of batches in one transaction.

use std::fs::File;
use std::sync::Arc;

use chatcore::store::{Batch, Committed, Group, Known, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};
use tokio::sync::Mutex;

use super::call::Call;
use super::statement::Texts;
use super::{connection, rows};
use crate::committer::GroupWriter;
use crate::error::{not_applied, uncertain, unread, unwritten};

/// A connection that can be lost.
pub(super) type Line = Arc<Mutex<Option<SqliteConnection>>>;

type Answer = Result<Committed, StoreError>;

/// What kept a group from being committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// An insert met a row that was taken not to exist.
    Collision,
    /// What one of the batches reads or writes cannot be understood.
    Value,
    /// The database.
    Database,
}

/// Why a group was not committed.
pub(super) struct Failure {
    error: StoreError,
    cause: Cause,
}

impl Failure {
    pub(super) fn of(table: &'static str, error: sqlx::Error) -> Self {
        let cause = match &error {
            sqlx::Error::Database(answer) if answer.is_unique_violation() => Cause::Collision,
            sqlx::Error::Encode(_) => Cause::Value,
            _ => Cause::Database,
        };
        Self { error: unwritten(table, error), cause }
    }

    /// A row cannot be understood.
    pub(super) fn unreadable(table: &'static str, error: sqlx::Error) -> Self {
        Self { error: unread(table, error), cause: Cause::Value }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { error, cause: Cause::Database }
    }
}

pub(super) struct Writer {
    line: Line,
    /// How to connect again; nothing for a database in memory, which would be another one.
    again: Option<SqliteConnectOptions>,
    texts: Texts,
    /// What is in the database, to which nobody else writes.
    known: Arc<Known>,
    /// The database is ours until it is closed.
    lock: Option<File>,
}

impl Writer {
    pub(super) fn new(line: Line, again: Option<SqliteConnectOptions>, lock: Option<File>, known: Arc<Known>) -> Self {
        Self { line, again, texts: Texts::default(), known, lock }
    }

    /// Ids that were minted a moment ago are taken to be unused, and if one is not, every key is looked up. A group that
    /// meets a row in the way even so has a rule in it that lets two rows clash: then each batch is on its own, as it is
    /// when a row cannot be understood.
    async fn together(&mut self, line: &mut Option<SqliteConnection>, mut group: Group) -> Vec<Answer> {
        loop {
            match self.attempt(line, &mut group).await {
                Ok(()) => return group.finish(),
                Err(failure) if failure.cause == Cause::Collision && !group.is_careful() => group = group.careful(),
                Err(failure) if failure.cause == Cause::Database || group.len() == 1 => {
                    return group.fail(&failure.error);
                }
                Err(_) => return Box::pin(self.apart(line, group)).await,
            }
        }
    }

    async fn apart(&mut self, line: &mut Option<SqliteConnection>, group: Group) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(group.len());
        for mut single in group.apart() {
            answers.extend(match self.attempt(line, &mut single).await {
                Ok(()) => single.finish(),
                Err(failure) => single.fail(&failure.error),
            });
        }
        answers
    }

    async fn attempt(&mut self, line: &mut Option<SqliteConnection>, group: &mut Group) -> Result<(), Failure> {
        let connection = self.connected(line).await?;
        let mut texts = std::mem::take(&mut self.texts);
        let mut call = Call::new(connection, &mut texts);
        let done = evaluate(&mut call, group).await;
        let begun = call.is_begun();
        self.texts = texts;
        if let Err(failure) = done {
            self.known.forget();
            if connection.execute("ROLLBACK").await.is_err() {
                self.reset(line).await;
            }
            return Err(failure);
        }
        if !begun {
            return Ok(());
        }
        match connection.execute("COMMIT").await {
            Ok(_) => {
                group.tell(&self.known);
                Ok(())
            }
            Err(error) => {
                self.known.forget();
                self.reset(line).await;
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
    async fn reset(&self, line: &mut Option<SqliteConnection>) {
        if self.again.is_some() {
            // closing ends the transaction; the next group connects again
            *line = None;
        } else if let Some(connection) = line {
            // there may be no transaction any more
            let _ = connection.execute("ROLLBACK").await;
        }
    }
}

impl GroupWriter for Writer {
    async fn commit(&mut self, batches: Vec<Batch>) -> Vec<Answer> {
        // held over the whole transaction: the reads of a database in memory share the connection
        let line = self.line.clone();
        let mut line = line.lock().await;
        let group = Group::new(batches).knowing(self.known.clone());
        Box::pin(self.together(&mut line, group)).await
    }

    async fn recover(&mut self) {
        self.known.forget();
        let line = self.line.clone();
        self.reset(&mut *line.lock().await).await;
    }

    /// Moves what is in the log to the database.
    async fn close(self) {
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
        drop(self.lock);
    }
}

/// Loads, evaluates, writes.
async fn evaluate(call: &mut Call<'_>, group: &mut Group) -> Result<(), Failure> {
    while let Some(keys) = group.step() {
        group.give(rows::load(call, keys).await?);
    }
    rows::write(call, group.rows()).await
}
