//! The texts of statements that read or write many rows at once: one a kind and verb, for any number of rows.

use std::collections::HashMap;
use std::sync::Arc;

use chatcore::store::Kind;

use super::connection::quoted;
use super::row::Array;
use crate::table::{Kept, Mapped};

/// More rows than this take another statement.
const MAX_ROWS: usize = 1024;

/// How rows are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Hold {
    /// Wait for the rows, in the order of their keys.
    Wait,
    /// Fail if somebody else holds one.
    NoWait,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Verb {
    Load(Hold),
    Delete,
    Update,
    Insert,
}

/// Texts that were made, by kind and verb.
#[derive(Default)]
pub(super) struct Texts(HashMap<(Kind, Verb), Arc<str>>);

/// Cuts rows into what one statement takes.
pub(super) fn chunks<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    rows.chunks(MAX_ROWS)
}

impl Texts {
    /// Loads rows by key and holds them until the transaction ends. What repeats a part of another record is held against
    /// removal alone: its own columns never change while the row is there.
    pub(super) fn load<R: Mapped>(&mut self, keys: &[Array], hold: Hold) -> Arc<str> {
        self.text(R::KIND, Verb::Load(hold), || {
            let strength = if R::KIND.is_projection() { "KEY SHARE" } else { "NO KEY UPDATE" };
            let patience = if hold == Hold::NoWait { " NOWAIT" } else { "" };
            let filter = R::FILTER.map(|filter| format!(" AND t.{filter}")).unwrap_or_default();
            format!(
                "SELECT {} FROM {} JOIN {} AS t ON {}{filter} ORDER BY {} FOR {strength} OF t{patience}",
                list(R::COLUMNS, "t."),
                values(key::<R>(), keys),
                R::TABLE,
                same_key::<R>(),
                list(key::<R>(), "t."),
            )
        })
    }

    /// Removes rows by key.
    pub(super) fn delete<R: Kept>(&mut self, keys: &[Array]) -> Arc<str> {
        self.text(R::KIND, Verb::Delete, || {
            format!("DELETE FROM {} AS t USING {} WHERE {}", R::TABLE, values(key::<R>(), keys), same_key::<R>())
        })
    }

    /// Replaces what can change in rows that are there.
    pub(super) fn update<R: Kept>(&mut self, columns: &[Array]) -> Arc<str> {
        self.text(R::KIND, Verb::Update, || {
            let names = R::written();
            let changing = names.iter().zip(columns).skip(R::FIXED);
            let set = changing.map(|(name, column)| format!("{0} = v.{0}{1}", quoted(name), column.types().1));
            format!(
                "UPDATE {} AS t SET {} FROM {} WHERE {}",
                R::TABLE,
                set.collect::<Vec<_>>().join(", "),
                values(&names, columns),
                same_key::<R>(),
            )
        })
    }

    /// Adds rows that are not there; the number of those that were added tells whether one was.
    pub(super) fn insert<R: Kept>(&mut self, columns: &[Array]) -> Arc<str> {
        self.text(R::KIND, Verb::Insert, || {
            let names = R::written();
            let cast = |(name, column): (&&str, &Array)| format!("v.{}{}", quoted(name), column.types().1);
            format!(
                "INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT DO NOTHING",
                R::TABLE,
                list(&names, ""),
                names.iter().zip(columns).map(cast).collect::<Vec<_>>().join(", "),
                values(&names, columns),
            )
        })
    }

    fn text(&mut self, kind: Kind, verb: Verb, make: impl FnOnce() -> String) -> Arc<str> {
        self.0.entry((kind, verb)).or_insert_with(|| make().into()).clone()
    }
}

/// The key columns of a table.
pub(super) fn key<R: Mapped>() -> &'static [&'static str] {
    R::COLUMNS.get(..R::KEY).unwrap_or_default()
}

/// Columns with commas between them.
pub(super) fn list(columns: &[&str], prefix: &str) -> String {
    let columns: Vec<String> = columns.iter().map(|column| format!("{prefix}{}", quoted(column))).collect();
    columns.join(", ")
}

/// `unnest($1::bytea[], $2::int8[]) AS v ("a", "b")`
fn values(names: &[&str], columns: &[Array]) -> String {
    let places = columns.iter().enumerate().map(|(at, column)| format!("${}::{}", at + 1, column.types().0));
    format!("unnest({}) AS v ({})", places.collect::<Vec<_>>().join(", "), list(names, ""))
}

fn same_key<R: Mapped>() -> String {
    let same: Vec<String> = key::<R>().iter().map(|column| format!("t.{0} = v.{0}", quoted(column))).collect();
    same.join(" AND ")
}
