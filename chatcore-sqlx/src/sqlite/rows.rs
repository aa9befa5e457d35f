//! Loading and writing rows of every kind.

use std::collections::BTreeSet;

use chatcore::store::{Keys, Loaded, Rows, Table};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Executor};

use super::row::{Binder, Columns};
use super::statement::{Texts, chunks};
use super::writer::Failure;
use crate::error::inconsistent;
use crate::records::all_kinds;
use crate::table::{Kept, Mapped, Writes};

macro_rules! load_and_write {
    ($($kind:ident: $record:ident),*; $($projection:ident: $repeated:ident),*) => {
        /// The rows of these keys.
        pub(super) async fn load(
            connection: &mut SqliteConnection,
            texts: &mut Texts,
            keys: Keys,
        ) -> Result<Loaded, Failure> {
            let Keys { $($kind,)* $($projection),* } = keys;
            Ok(Loaded {
                $($kind: fetch(connection, texts, $kind).await?,)*
                $($projection: fetch(connection, texts, $projection).await?),*
            })
        }

        /// Writes what the batches made of the rows. Projections follow from the records that they repeat.
        pub(super) async fn write(
            connection: &mut SqliteConnection,
            texts: &mut Texts,
            rows: &Rows,
        ) -> Result<(), Failure> {
            let Rows { $($kind,)* $($projection: _),* } = rows;
            $(put(connection, texts, $kind).await?;)*
            Ok(())
        }
    };
}
all_kinds!(load_and_write);

async fn fetch<R: Mapped>(
    connection: &mut SqliteConnection,
    texts: &mut Texts,
    keys: BTreeSet<R::Key>,
) -> Result<Vec<R>, Failure> {
    let keys: Vec<R::Key> = keys.into_iter().collect();
    let mut found = Vec::with_capacity(keys.len());
    for keys in chunks(&keys) {
        let mut binder = Binder::default();
        for key in keys {
            R::bind_key(key, &mut binder);
        }
        // a group that cannot load has written nothing; a row that cannot be read says so
        let failed = |error| Failure::of(R::TABLE, error);
        let values = binder.finish().map_err(failed)?;
        let query = sqlx::query_with(AssertSqlSafe(texts.load::<R>(keys.len())), values);
        for row in connection.fetch_all(query).await.map_err(failed)? {
            let record = R::read(&mut Columns::of(&row));
            found.push(record.map_err(|error| Failure::unreadable(R::TABLE, error))?);
        }
    }
    Ok(found)
}

async fn put<R: Kept>(connection: &mut SqliteConnection, texts: &mut Texts, table: &Table<R>) -> Result<(), Failure> {
    let writes = Writes::of(table.writes());
    if writes.is_empty() {
        return Ok(());
    }
    let key = |record: &R, to: &mut Binder| R::bind_key(&record.key(), to);
    for rows in chunks(&writes.deletes) {
        run(connection, texts.delete::<R>(rows.len()), rows, "removed", key).await?;
    }
    for rows in chunks(&writes.updates) {
        run(connection, texts.update::<R>(rows.len()), rows, "changed", R::bind).await?;
    }
    for rows in chunks(&writes.inserts) {
        run(connection, texts.insert::<R>(rows.len()), rows, "added", R::bind).await?;
    }
    Ok(())
}

/// Runs a statement over rows, which must do something to each of them.
async fn run<R: Kept>(
    connection: &mut SqliteConnection,
    text: std::sync::Arc<str>,
    rows: &[&R],
    verb: &'static str,
    bind: impl Fn(&R, &mut Binder),
) -> Result<(), Failure> {
    let mut binder = Binder::default();
    for row in rows {
        bind(row, &mut binder);
    }
    let failed = |error| Failure::of(R::TABLE, error);
    let query = sqlx::query_with(AssertSqlSafe(text), binder.finish().map_err(failed)?);
    let done = connection.execute(query).await.map_err(failed)?.rows_affected();
    if usize::try_from(done) == Ok(rows.len()) {
        Ok(())
    } else {
        Err(inconsistent(R::TABLE, verb, rows.len(), done).into())
    }
}
