//! The one connection that writes: a group of batches in one transaction, beside other programs that do the same.
//!
//! What a group decides on must not change before it is committed, so the rows are held from the moment they are loaded.
//! To hold rows one by one as rules come to ask for them would be a deadlock sooner or later. So the first rows of an
//! attempt are taken in one pass, kind by kind and key by key, waiting where somebody else has one; rows that are asked
//! for later are taken without waiting. If one of those cannot be had, everything is let go, and the next attempt takes
//! all that are known to be needed in its one pass.
//!
//! A row that is not there cannot be held. Whoever inserts it meets a unique index there, which lets one of two through;
//! the other loads again and finds the row. A rule that only decides on a row's absence and inserts nothing must lean on
//! a row that is there: the tree of a conversation leans on the conversation.

use std::time::Duration;

use chatcore::store::{Batch, Committed, Group, Keys, StoreError};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};
use tokio::time::{sleep, timeout};

use super::options::PostgresOptions;
use super::statement::{Hold, Texts};
use super::{connection, rows};
use crate::committer::GroupWriter;
use crate::error::{inconsistent, not_applied, uncertain, unwritten};

/// So often a group that lost a race is tried again, before each of its batches is on its own.
const ATTEMPTS: u32 = 6;

/// How long the server may take to answer, beyond the time to wait for rows, before the connection is given up.
const PATIENCE: Duration = Duration::from_secs(30);

type Answer = Result<Committed, StoreError>;

/// What may help after a group was not committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// Nothing.
    None,
    /// Looking every key up: a row was in the way, or one that was loaded is gone.
    Look,
    /// Trying again: somebody else held what was needed.
    Wait,
    /// Another connection.
    Connect,
}

/// Why a group was not committed.
pub(super) struct Failure {
    error: StoreError,
    remedy: Remedy,
}

impl Failure {
    pub(super) fn of(table: &'static str, error: sqlx::Error) -> Self {
        let remedy = match &error {
            sqlx::Error::Database(answer) => match answer.code().as_deref() {
                // unique violation
                Some("23505") => Remedy::Look,
                // serialization failure, deadlock, lock not available
                Some("40001" | "40P01" | "55P03") => Remedy::Wait,
                // the server is going down or coming up, or has cut off who was idle for too long
                Some("57P01" | "57P02" | "57P03" | "25P03") => Remedy::Connect,
                _ => Remedy::None,
            },
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
                Remedy::Connect
            }
            _ => Remedy::None,
        };
        Self { error: unwritten(table, error), remedy }
    }

    /// A statement did not find the rows that were loaded, or found some that were not.
    pub(super) fn outrun(table: &'static str, verb: &'static str, expected: usize, found: u64) -> Self {
        Self { error: inconsistent(table, verb, expected, found), remedy: Remedy::Look }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { error, remedy: Remedy::None }
    }
}

pub(super) struct Writer {
    options: PostgresOptions,
    connection: Option<PgConnection>,
    texts: Texts,
}

impl Writer {
    pub(super) fn new(options: PostgresOptions, connection: PgConnection) -> Self {
        Self { options, connection: Some(connection), texts: Texts::default() }
    }

    /// Tries until the group is committed or cannot be.
    async fn together(&mut self, mut group: Group) -> Result<Vec<Answer>, (Group, Failure)> {
        let mut wanted = Keys::default();
        let mut attempt = 1;
        loop {
            let failure = match self.attempt(&mut group, &mut wanted).await {
                Ok(()) => return Ok(group.finish()),
                Err(failure) => failure,
            };
            if attempt == ATTEMPTS || failure.remedy == Remedy::None {
                return Err((group, failure));
            }
            if failure.remedy != Remedy::Look {
                tracing::debug!(attempt, error = %failure.error, "a group is tried again");
                sleep(Duration::from_millis(1 << (2 * attempt))).await;
            }
            group = if failure.remedy == Remedy::Look { group.careful() } else { group.again() };
            attempt += 1;
        }
    }

    /// Each batch for itself: a group that cannot be committed may hold a batch that is to blame, and only that fails.
    async fn apart(&mut self, group: Group) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(group.len());
        for single in group.apart() {
            answers.extend(match self.together(single).await {
                Ok(answers) => answers,
                Err((single, failure)) => single.fail(&failure.error),
            });
        }
        answers
    }

    /// One transaction. `wanted` are the keys that are known to be needed, and become those that were.
    async fn attempt(&mut self, group: &mut Group, wanted: &mut Keys) -> Result<(), Failure> {
        let mut connection = self.connected().await?;
        let until = self.options.lock_timeout + PATIENCE;
        let work = evaluate(&mut connection, &mut self.texts, group, wanted);
        let done = timeout(until, work).await.unwrap_or_else(|_| Err(silent()));
        if let Err(failure) = done {
            // a connection on which even this fails is closed, which ends the transaction
            if failure.remedy != Remedy::Connect
                && matches!(timeout(PATIENCE, connection.execute("ROLLBACK")).await, Ok(Ok(_)))
            {
                self.connection = Some(connection);
            }
            return Err(failure);
        }
        match timeout(PATIENCE, connection.execute("COMMIT")).await {
            Ok(Ok(_)) => {
                self.connection = Some(connection);
                Ok(())
            }
            // the server says that it did not
            Ok(Err(error @ sqlx::Error::Database(_))) => Err(Failure::of("commit", error)),
            Ok(Err(error)) => Err(uncertain(error).into()),
            Err(_) => Err(uncertain(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())).into()),
        }
    }

    /// The connection, out of its place: an attempt that does not come to its end leaves none.
    async fn connected(&mut self) -> Result<PgConnection, Failure> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        tracing::info!("connecting to the database again");
        let unreachable = |error| not_applied("the database cannot be reached").caused_by(error);
        match timeout(PATIENCE, connection::writer(&self.options)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(Failure { error: unreachable(error), remedy: Remedy::Connect }),
            Err(_) => Err(silent()),
        }
    }
}

fn silent() -> Failure {
    Failure { error: not_applied("the database does not answer"), remedy: Remedy::Connect }
}

impl GroupWriter for Writer {
    async fn commit(&mut self, batches: Vec<Batch>) -> Vec<Answer> {
        match self.together(Group::new(batches)).await {
            Ok(answers) => answers,
            Err((group, failure)) if group.len() > 1 && matches!(failure.remedy, Remedy::Look | Remedy::Wait) => {
                self.apart(group).await
            }
            Err((group, failure)) => group.fail(&failure.error),
        }
    }

    async fn recover(&mut self) {
        // it was dropped with the attempt; the server ends the transaction
        self.connection = None;
    }

    async fn close(self) {
        if let Some(connection) = self.connection
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the connection that writes was not closed cleanly");
        }
    }
}

/// Begins, loads, evaluates, writes.
async fn evaluate(
    connection: &mut PgConnection,
    texts: &mut Texts,
    group: &mut Group,
    wanted: &mut Keys,
) -> Result<(), Failure> {
    connection.execute("BEGIN").await.map_err(|error| Failure::of("begin", error))?;
    let mut hold = Hold::Wait;
    if !wanted.is_empty() {
        let loaded = rows::load(connection, texts, wanted.clone(), hold).await?;
        group.know(wanted, loaded);
        hold = Hold::NoWait;
    }
    while let Some(keys) = group.step() {
        wanted.extend(keys.clone());
        let loaded = rows::load(connection, texts, keys, hold).await?;
        group.give(loaded);
        hold = Hold::NoWait;
    }
    rows::write(connection, texts, group.rows()).await
}
