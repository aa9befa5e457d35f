//! Loading and writing rows of every kind.

use std::collections::BTreeSet;

use chatcore::store::{Keys, Loaded, Rows, Table};

use super::call::{Call, Into};
use super::row::Binder;
use super::statement::{Statement, chunks};
use super::writer::Failure;
use crate::records::all_kinds;
use crate::table::{Kept, Mapped, Writes};

macro_rules! load_and_write {
    ($($kind:ident: $record:ident),*; $($projection:ident: $repeated:ident),*) => {
        /// The rows of these keys.
        pub(super) async fn load(call: &mut Call<'_>, keys: Keys) -> Result<Loaded, Failure> {
            call.expect(keys.len());
            let Keys { $($kind,)* $($projection),* } = keys;
            $(fetch(call, $kind, |loaded| &mut loaded.$kind).await?;)*
            $(fetch(call, $projection, |loaded| &mut loaded.$projection).await?;)*
            call.finish().await
        }

        /// Writes what the batches made of the rows. Projections follow from the records that they repeat.
        pub(super) async fn write(call: &mut Call<'_>, rows: &Rows) -> Result<(), Failure> {
            let Rows { $($kind,)* $($projection: _),* } = rows;
            call.expect(0 $(+ $kind.writes().count())*);
            $(put(call, $kind).await?;)*
            call.finish().await.map(drop)
        }
    };
}
all_kinds!(load_and_write);

/// Asks for rows, which are put where `into` says.
async fn fetch<R: Mapped>(call: &mut Call<'_>, keys: BTreeSet<R::Key>, into: Into<R>) -> Result<(), Failure> {
    if keys.is_empty() {
        return Ok(());
    }
    let keys: Vec<R::Key> = keys.into_iter().collect();
    for keys in chunks(&keys) {
        call.load(keys, into).await?;
    }
    Ok(())
}

async fn put<R: Kept>(call: &mut Call<'_>, table: &Table<R>) -> Result<(), Failure> {
    let writes = Writes::of(table.writes());
    if writes.is_empty() {
        return Ok(());
    }
    let key = |record: &R, to: &mut Binder| R::bind_key(&record.key(), to);
    for rows in chunks(&writes.deletes) {
        call.change("removed", Statement::delete::<R>(rows.len()), rows, key).await?;
    }
    for rows in chunks(&writes.updates) {
        call.change("changed", Statement::update::<R>(rows.len()), rows, R::bind).await?;
    }
    for rows in chunks(&writes.inserts) {
        call.change("added", Statement::insert::<R>(rows.len()), rows, R::bind).await?;
    }
    Ok(())
}
