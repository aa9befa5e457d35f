//! A kind of record as a table: which columns, and how a record becomes a row and a row a record.

use chatcore::store::{Record, Write};

use crate::value::{Bind, Take};

/// A kind of record that is read from a table.
pub(crate) trait Mapped: Record {
    /// The table.
    const TABLE: &'static str;

    /// Its columns, in the order in which [`Self::read`] takes them; those of the key come first, in key order.
    const COLUMNS: &'static [&'static str];

    /// How many columns are the key. Ordered by them, rows come in the byte order of the keys.
    const KEY: usize;

    /// What a row must fulfil to be one of these records.
    const FILTER: Option<&'static str> = None;

    /// Binds the columns of a key.
    fn bind_key(key: &Self::Key, to: &mut impl Bind);

    /// Reads a row.
    fn read(row: &mut impl Take) -> Result<Self, sqlx::Error>;
}

/// A kind of record that has a table of its own. Projections have none: they are columns of the record that they repeat.
pub(crate) trait Kept: Mapped {
    /// How many columns, from the first on, never change in an update. They are the key, and columns of indexes that
    /// would be written again for nothing. A record in which one of them does change is removed and added again.
    const FIXED: usize = Self::KEY;

    /// Columns behind the others that are written and never read: what an index is made of.
    const UNREAD: &'static [&'static str] = &[];

    /// All columns that are written, in the order in which [`Self::bind`] binds them.
    fn written() -> Vec<&'static str> {
        [Self::COLUMNS, Self::UNREAD].concat()
    }

    /// Whether a fixed column is to change.
    fn moves(_before: &Self, _after: &Self) -> bool {
        false
    }

    /// Binds all columns.
    fn bind(&self, to: &mut impl Bind);
}

/// What is to be done to a table, in the order that unique indexes need: what goes, what changes, what comes.
pub(crate) struct Writes<'a, R> {
    pub(crate) deletes: Vec<&'a R>,
    pub(crate) updates: Vec<&'a R>,
    pub(crate) inserts: Vec<&'a R>,
}

impl<'a, R: Kept> Writes<'a, R> {
    pub(crate) fn of(writes: impl Iterator<Item = Write<'a, R>>) -> Self {
        let mut sorted = Self { deletes: Vec::new(), updates: Vec::new(), inserts: Vec::new() };
        for write in writes {
            match write {
                Write::Insert(record) => sorted.inserts.push(record),
                Write::Delete(record) => sorted.deletes.push(record),
                Write::Update { before, after } if R::moves(before, after) => {
                    sorted.deletes.push(before);
                    sorted.inserts.push(after);
                }
                Write::Update { after, .. } => sorted.updates.push(after),
            }
        }
        // in key order, so that neighbours in an index are written together
        sorted.inserts.sort_by_cached_key(|record| record.key());
        sorted
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.deletes.is_empty() && self.updates.is_empty() && self.inserts.is_empty()
    }
}
