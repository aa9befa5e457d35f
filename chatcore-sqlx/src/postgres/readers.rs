//! The connections that read, and how a read becomes records.
//!
//! Every read is one statement and so sees one state of the database. Reads go to the server that is written to: a
//! replica that lags behind would not see what was just answered.

use std::time::Duration;

use chatcore::StoreError;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Postgres};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::connection;
use super::failure::refusal;
use super::options::PostgresOptions;
use super::row::{Binder, Columns};
use super::statement::list;
use crate::error::unread;
use crate::pool::{Dial, Pool};
use crate::table::Mapped;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Opens connections that only read.
pub(super) struct ReadOnly {
    pub(super) options: PostgresOptions,
}

impl Dial for ReadOnly {
    type Database = Postgres;

    const SURVIVES_CANCEL: bool = false;

    fn is_refusal(error: &sqlx::Error) -> bool {
        refusal(error).is_some()
    }

    async fn dial(&self) -> Result<PgConnection, sqlx::Error> {
        connection::reader(&self.options).await
    }
}

pub(super) enum Readers {
    /// As many as are allowed.
    Pool(Box<Pool<ReadOnly>>),
    /// One, in a transaction of its own. It is gone when a reader went away half-way.
    One(Box<Mutex<Option<PgConnection>>>),
}

impl Readers {
    /// Rows of a statement.
    pub(super) async fn rows(
        &self,
        table: &'static str,
        text: String,
        values: Binder,
    ) -> Result<Vec<PgRow>, StoreError> {
        let failed = |error| unread(table, error);
        let text: std::sync::Arc<str> = text.into();
        let values = values.finish().map_err(failed)?;
        let query = || sqlx::query_with(AssertSqlSafe(text.clone()), values.clone());
        match self {
            Self::Pool(pool) => {
                let slow = |_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
                let mut tries = pool.size();
                loop {
                    match timeout(PATIENCE, pool.fetch_all(query())).await.unwrap_or_else(slow) {
                        // the server was restarted: each connection that was open then notices for itself
                        Err(error) if tries > 0 && is_lost(&error) => tries -= 1,
                        found => return found.map_err(failed),
                    }
                }
            }
            Self::One(line) => {
                let mut line = line.lock().await;
                let mut connection = line.take().ok_or(sqlx::Error::PoolClosed).map_err(failed)?;
                let found = query().fetch_all(&mut connection).await.map_err(failed)?;
                *line = Some(connection);
                Ok(found)
            }
        }
    }

    /// Records, by what follows `SELECT columns FROM table`.
    pub(super) async fn records<R: Mapped>(&self, rest: &str, values: Binder) -> Result<Vec<R>, StoreError> {
        self.joined(&format!("{} AS t", R::TABLE), rest, values).await
    }

    /// Records of the table `t` in a join.
    pub(super) async fn joined<R: Mapped>(&self, from: &str, rest: &str, values: Binder) -> Result<Vec<R>, StoreError> {
        let text = format!("SELECT {} FROM {from} {rest}", list(R::COLUMNS, "t."));
        let rows = self.rows(R::TABLE, text, values).await?;
        read(&rows)
    }

    /// The first such record.
    pub(super) async fn record<R: Mapped>(&self, rest: &str, values: Binder) -> Result<Option<R>, StoreError> {
        Ok(self.records(rest, values).await?.into_iter().next())
    }

    /// The record of a key that is one column.
    pub(super) async fn by_key<R: Mapped>(&self, key: &R::Key) -> Result<Option<R>, StoreError> {
        let mut values = Binder::default();
        R::bind_key(key, &mut values);
        let column = R::COLUMNS.first().copied().unwrap_or_default();
        self.record(&format!("WHERE t.{} = $1", connection::quoted(column)), values).await
    }

    pub(super) async fn close(&self) {
        if let Self::Pool(pool) = self {
            pool.close().await;
        }
    }
}

fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() != std::io::ErrorKind::TimedOut,
        // cut off by an administrator, a shutdown, a crash, a timeout
        sqlx::Error::Database(answer) => {
            refusal(error).is_none() && answer.code().is_some_and(|it| it.starts_with("57P"))
        }
        _ => false,
    }
}

/// Reads whole rows.
pub(super) fn read<R: Mapped>(rows: &[PgRow]) -> Result<Vec<R>, StoreError> {
    let read = |row| R::read(&mut Columns::of(row)).map_err(|error| unread(R::TABLE, error));
    rows.iter().map(read).collect()
}
