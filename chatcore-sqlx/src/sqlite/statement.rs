//! The texts of statements that read or write many rows at once.
//!
//! Rows are bound into a list of values whose length is a power of two, so that few texts suffice and the driver keeps
//! each prepared. Places that are left over are null, and no key is null.

use std::collections::HashMap;
use std::sync::Arc;

use chatcore::store::Kind;

use crate::table::{Kept, Mapped};

/// More rows than this take another statement. The widest table stays far below SQLite's 32,766 parameters.
const MAX_ROWS: usize = 256;

/// Texts that are kept; the driver keeps as many prepared.
pub(super) const MAX_TEXTS: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Verb {
    Load,
    Delete,
    Update,
    Insert,
}

/// What tells statements apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Name {
    Begin,
    Of(Kind, Verb, usize),
}

/// A statement over so many rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement {
    name: Name,
    /// Values that are bound to it.
    places: usize,
    make: fn(usize) -> String,
}

/// Statements that go in one call.
pub(super) type Shape = Vec<Statement>;

/// Texts that were made.
#[derive(Default)]
pub(super) struct Texts(HashMap<Vec<Name>, Arc<str>>);

/// Cuts rows into what one statement takes.
pub(super) fn chunks<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    rows.chunks(MAX_ROWS)
}

impl Statement {
    /// Begins a transaction that writes.
    pub(super) fn begin() -> Self {
        Self { name: Name::Begin, places: 0, make: |_| "BEGIN IMMEDIATE".to_owned() }
    }

    /// Loads rows by key.
    pub(super) fn load<R: Mapped>(rows: usize) -> Self {
        Self::over::<R>(Verb::Load, rows, R::KEY, |rows| {
            let columns = list(R::COLUMNS, "t.");
            let filter = R::FILTER.map(|filter| format!(" AND t.{filter}")).unwrap_or_default();
            // `CROSS` keeps the order of the join: each key is looked up
            format!(
                "WITH {} SELECT {columns} FROM v CROSS JOIN {} AS t WHERE {}{filter}",
                values(key::<R>(), rows),
                R::TABLE,
                same_key::<R>("t"),
            )
        })
    }

    /// Removes rows by key.
    pub(super) fn delete<R: Kept>(rows: usize) -> Self {
        Self::over::<R>(Verb::Delete, rows, R::KEY, |rows| {
            let columns = list(key::<R>(), "");
            // through `v`: a list of row values as such makes SQLite read the whole table
            let values = values(key::<R>(), rows);
            format!("WITH {values} DELETE FROM {} WHERE ({columns}) IN (SELECT {columns} FROM v)", R::TABLE)
        })
    }

    /// Replaces what can change in rows that are there.
    pub(super) fn update<R: Kept>(rows: usize) -> Self {
        Self::over::<R>(Verb::Update, rows, R::written().len(), |rows| {
            let columns = R::written();
            let changing = columns.iter().skip(R::FIXED);
            let set: Vec<String> = changing.map(|column| format!("{column} = v.{column}")).collect();
            format!(
                "WITH {} UPDATE {} AS t SET {} FROM v WHERE {}",
                values(&columns, rows),
                R::TABLE,
                set.join(", "),
                same_key::<R>("t"),
            )
        })
    }

    /// Adds rows.
    pub(super) fn insert<R: Kept>(rows: usize) -> Self {
        Self::over::<R>(Verb::Insert, rows, R::written().len(), |rows| {
            let columns = list(&R::written(), "");
            let places = places(R::written().len(), rows);
            format!("INSERT INTO {} ({columns}) SELECT * FROM (VALUES {places}) WHERE column1 IS NOT NULL", R::TABLE)
        })
    }

    fn over<R: Mapped>(verb: Verb, rows: usize, columns: usize, make: fn(usize) -> String) -> Self {
        let rows = rows.next_power_of_two();
        Self { name: Name::Of(R::KIND, verb, rows), places: rows * columns, make }
    }

    /// Values that are bound to it.
    pub(super) const fn places(&self) -> usize {
        self.places
    }

    fn text(&self) -> String {
        match self.name {
            Name::Begin => (self.make)(0),
            Name::Of(_, _, rows) => (self.make)(rows),
        }
    }
}

impl Texts {
    /// The text of these statements, one after another.
    pub(super) fn of(&mut self, shape: &[Statement]) -> Arc<str> {
        if self.0.len() >= MAX_TEXTS {
            self.0.clear();
        }
        let name = shape.iter().map(|statement| statement.name).collect();
        let texts = || shape.iter().map(Statement::text).collect::<Vec<_>>().join("; ");
        self.0.entry(name).or_insert_with(|| texts().into()).clone()
    }
}

/// The key columns of a table.
pub(super) fn key<R: Mapped>() -> &'static [&'static str] {
    R::COLUMNS.get(..R::KEY).unwrap_or_default()
}

/// Columns with commas between them.
pub(super) fn list(columns: &[&str], prefix: &str) -> String {
    let columns: Vec<String> = columns.iter().map(|column| format!("{prefix}{column}")).collect();
    columns.join(", ")
}

/// `v (a, b) AS (VALUES (?, ?), ...)`
fn values(columns: &[&str], rows: usize) -> String {
    format!("v ({}) AS (VALUES {})", list(columns, ""), places(columns.len(), rows))
}

/// `(?, ?), (?, ?), ...`
fn places(columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    vec![row; rows].join(", ")
}

fn same_key<R: Mapped>(table: &str) -> String {
    let same: Vec<String> = key::<R>().iter().map(|column| format!("{table}.{column} = v.{column}")).collect();
    same.join(" AND ")
}
