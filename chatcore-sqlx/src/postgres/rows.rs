//! Loading and writing rows of every kind.

use std::collections::BTreeSet;

use chatcore::store::{Keys, Loaded, Rows, Table};
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::{AssertSqlSafe, Executor};

use super::failure::Failure;
use super::row::{Arrays, Columns};
use super::statement::{Hold, Texts, chunks};
use crate::records::all_kinds;
use crate::table::{Kept, Mapped, Writes};

macro_rules! load_and_write {
    ($($kind:ident: $record:ident),*; $($projection:ident: $repeated:ident),*) => {
        /// The rows of these keys, held until the transaction ends: kind by kind and key by key, in the order that
        /// everybody keeps.
        pub(super) async fn load(
            connection: &mut PgConnection,
            texts: &mut Texts,
            keys: Keys,
            hold: Hold,
        ) -> Result<Loaded, Failure> {
            let Keys { $($kind,)* $($projection),* } = keys;
            Ok(Loaded {
                $($kind: fetch(connection, texts, $kind, hold).await?,)*
                $($projection: fetch(connection, texts, $projection, hold).await?),*
            })
        }

        /// Writes what the batches made of the rows. Projections follow from the records that they repeat.
        pub(super) async fn write(
            connection: &mut PgConnection,
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
    connection: &mut PgConnection,
    texts: &mut Texts,
    keys: BTreeSet<R::Key>,
    hold: Hold,
) -> Result<Vec<R>, Failure> {
    let keys: Vec<&R::Key> = keys.iter().collect();
    let mut found = Vec::with_capacity(keys.len());
    for keys in chunks(&keys) {
        let arrays = Arrays::of(keys, |key, to| R::bind_key(key, to));
        let text = texts.load::<R>(arrays.columns(), hold);
        let failed = |error| match hold {
            Hold::Wait => Failure::of(R::TABLE, error),
            Hold::NoWait => Failure::of(R::TABLE, error).unless_waited(),
        };
        let query = sqlx::query_with(AssertSqlSafe(text), arrays.finish().map_err(failed)?);
        for row in connection.fetch_all(query).await.map_err(failed)? {
            let record = R::read(&mut Columns::of(&row));
            found.push(record.map_err(|error| Failure::unreadable(R::TABLE, error))?);
        }
    }
    Ok(found)
}

async fn put<R: Kept>(connection: &mut PgConnection, texts: &mut Texts, table: &Table<R>) -> Result<(), Failure> {
    let writes = Writes::of(table.writes());
    if writes.is_empty() {
        return Ok(());
    }
    for rows in chunks(&writes.deletes) {
        let keys: Vec<R::Key> = rows.iter().map(|row| row.key()).collect();
        let arrays = Arrays::of(&keys.iter().collect::<Vec<_>>(), |key, to| R::bind_key(key, to));
        let text = texts.delete::<R>(arrays.columns());
        run::<R>(connection, &text, arrays.finish(), rows.len(), "removed").await?;
    }
    for rows in chunks(&writes.updates) {
        let arrays = Arrays::of(rows, |row: &R, to| row.bind(to));
        let text = texts.update::<R>(arrays.columns());
        run::<R>(connection, &text, arrays.finish(), rows.len(), "changed").await?;
    }
    for rows in chunks(&writes.inserts) {
        let arrays = Arrays::of(rows, |row: &R, to| row.bind(to));
        let text = texts.insert::<R>(arrays.columns());
        run::<R>(connection, &text, arrays.finish(), rows.len(), "added").await?;
    }
    Ok(())
}

/// Runs a statement over rows, which must do something to each of them: otherwise somebody else was first.
async fn run<R: Kept>(
    connection: &mut PgConnection,
    text: &std::sync::Arc<str>,
    values: Result<PgArguments, sqlx::Error>,
    rows: usize,
    verb: &'static str,
) -> Result<(), Failure> {
    let failed = |error| Failure::of(R::TABLE, error);
    let query = sqlx::query_with(AssertSqlSafe(text.clone()), values.map_err(failed)?);
    let done = connection.execute(query).await.map_err(failed)?.rows_affected();
    if usize::try_from(done) == Ok(rows) { Ok(()) } else { Err(Failure::outrun(R::TABLE, verb, rows, done)) }
}
