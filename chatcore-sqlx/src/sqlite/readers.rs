//! The connections that read, and how a read becomes records.
//!
//! Every read is one statement and so sees one state of the database. None opens a transaction, so a caller that goes
//! away half-way leaves nothing behind on the connection.

use std::sync::Arc;

use chatcore::StoreError;
use chatcore::store::{Found, Known, Stored};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Sqlite};

use super::row::{Binder, Columns};
use super::statement::list;
use super::writer::Line;
use crate::error::unread;
use crate::pool::{Dial, Pool};
use crate::table::Mapped;

/// Opens connections that only read.
pub(super) struct ReadOnly(pub(super) SqliteConnectOptions);

impl Dial for ReadOnly {
    type Database = Sqlite;

    // it ends a statement whose reader went away before it begins the next
    const SURVIVES_CANCEL: bool = true;

    fn is_refusal(error: &sqlx::Error) -> bool {
        matches!(error, sqlx::Error::Database(_))
    }

    async fn dial(&self) -> Result<SqliteConnection, sqlx::Error> {
        self.0.connect().await
    }
}

pub(super) struct Readers {
    from: Connections,
    /// What need not be read, where nobody else writes.
    known: Option<Arc<Known>>,
}

enum Connections {
    /// Connections of their own, beside the one that writes.
    Pool(Box<Pool<ReadOnly>>),
    /// The one connection of a database in memory. Sharing it is the plainest way: SQLite's shared cache locks whole
    /// tables against reads while a group is written, and its shared memory file has no write-ahead log.
    Line(Line),
}

impl Readers {
    /// Of a store.
    pub(super) fn of_pool(pool: Pool<ReadOnly>, known: Arc<Known>) -> Self {
        Self { from: Connections::Pool(Box::new(pool)), known: Some(known) }
    }

    /// Of a store in memory.
    pub(super) fn of_line(line: Line, known: Arc<Known>) -> Self {
        Self { from: Connections::Line(line), known: Some(known) }
    }

    /// Of a database to which another program writes.
    pub(super) fn of_snapshot(line: Line) -> Self {
        Self { from: Connections::Line(line), known: None }
    }

    /// Rows of a statement.
    pub(super) async fn rows(
        &self,
        table: &'static str,
        text: String,
        values: Binder,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let failed = |error| unread(table, error);
        let query = sqlx::query_with(AssertSqlSafe(text), values.finish().map_err(failed)?);
        match &self.from {
            Connections::Pool(pool) => pool.fetch_all(query).await.map_err(failed),
            Connections::Line(line) => {
                let mut line = line.lock().await;
                let connection = line.as_mut().ok_or(sqlx::Error::PoolClosed).map_err(failed)?;
                query.fetch_all(connection).await.map_err(failed)
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
        Ok(self.records(rest, values).await?.pop())
    }

    /// The record of a key that is one column.
    pub(super) async fn by_key<R: Mapped + Stored>(&self, key: &R::Key) -> Result<Option<R>, StoreError> {
        let look = match self.known.as_ref().map(|known| known.find::<R>(key)) {
            Some(Found::Known(record)) => return Ok(record),
            Some(Found::Unknown(look)) => Some(look),
            None => None,
        };
        let mut values = Binder::default();
        R::bind_key(key, &mut values);
        let column = R::COLUMNS.first().copied().unwrap_or_default();
        let record = self.record(&format!("WHERE t.{column} = ?1"), values).await?;
        if let (Some(known), Some(look), Some(record)) = (&self.known, look, &record) {
            known.learn(look, record);
        }
        Ok(record)
    }

    pub(super) async fn close(&self) {
        if let Connections::Pool(pool) = &self.from {
            pool.close().await;
        }
    }
}

/// Reads whole rows.
pub(super) fn read<R: Mapped>(rows: &[SqliteRow]) -> Result<Vec<R>, StoreError> {
    let read = |row| R::read(&mut Columns::of(row)).map_err(|error| unread(R::TABLE, error));
    rows.iter().map(read).collect()
}
