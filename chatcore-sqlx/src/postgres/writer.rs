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

use super::failure::{Failure, Remedy, refusal};
use super::options::PostgresOptions;
use super::statement::{Hold, Texts};
use super::{connection, notify, rows};
use crate::committer::GroupWriter;
use crate::error::{not_applied, uncertain};

/// So often a group that lost a race is tried again, before each of its batches is on its own.
const ATTEMPTS: u32 = 6;

/// How long the server may take to answer, beyond the time to wait for rows, before the connection is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long each batch of a group waits that has waited together already.
const MOMENT: Duration = Duration::from_millis(100);

type Answer = Result<Committed, StoreError>;

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
            group = match failure.remedy {
                Remedy::Look if attempt < ATTEMPTS => group.careful(),
                Remedy::Wait | Remedy::Connect if attempt < ATTEMPTS => {
                    tracing::debug!(attempt, error = %failure.error, "a group is tried again");
                    sleep(Duration::from_millis(1 << (2 * attempt))).await;
                    group.again()
                }
                _ => return Err((group, failure)),
            };
            attempt += 1;
        }
    }

    /// Each batch for itself: a group that cannot be committed may hold a batch that is to blame, and only that fails.
    async fn apart(&mut self, group: Group, why: Remedy) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(group.len());
        if why == Remedy::Stuck {
            self.wait_for_rows(MOMENT).await;
        }
        for single in group.apart() {
            answers.extend(match Box::pin(self.together(single)).await {
                Ok(answers) => answers,
                Err((single, failure)) => single.fail(&failure.error),
            });
        }
        if why == Remedy::Stuck {
            self.wait_for_rows(self.options.lock_timeout).await;
        }
        answers
    }

    async fn wait_for_rows(&mut self, time: Duration) {
        if let Some(mut connection) = self.connection.take()
            && matches!(timeout(PATIENCE, connection::wait_for_rows(&mut connection, time)).await, Ok(Ok(())))
        {
            self.connection = Some(connection);
        }
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
            Ok(Err(error)) if refusal(&error).is_some() => Err(Failure::of("commit", error)),
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
        match Box::pin(self.together(Group::new(batches))).await {
            Ok(answers) => answers,
            Err((group, failure)) if group.len() > 1 && failure.remedy.is_apart() => {
                tracing::debug!(error = %failure.error, "each batch of a group is on its own");
                Box::pin(self.apart(group, failure.remedy)).await
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
    rows::write(connection, texts, group.rows()).await?;
    notify::tell(connection, group.rows()).await
}
