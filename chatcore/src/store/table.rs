//! Rows in memory: what was loaded, what the batches so far made of it, and so what is to be written.

use std::collections::HashMap;

use super::record::Record;

/// The rows of one kind. A key is present, known to be absent, or not loaded.
#[derive(Debug, Clone)]
pub struct Table<R: Record> {
    cells: HashMap<R::Key, Cell<R>>,
}

#[derive(Debug, Clone)]
struct Cell<R> {
    /// As loaded; `None` when it was absent (or, for a key that was minted here, taken to be).
    before: Option<R>,
    /// As it is now.
    now: Option<R>,
    /// Whether a batch wrote it.
    written: bool,
}

/// What a store has to do for one record.
#[derive(Debug, PartialEq)]
pub enum Write<'a, R> {
    /// It was absent: fail if it is not.
    Insert(&'a R),
    /// It was loaded: replace it.
    Update {
        /// As it was loaded.
        before: &'a R,
        /// As it is to be.
        after: &'a R,
    },
    /// It was loaded: remove it.
    Delete(&'a R),
}

impl<'a, R> Write<'a, R> {
    /// The record before, if there was one.
    #[must_use]
    pub fn before(&self) -> Option<&'a R> {
        match self {
            Self::Insert(_) => None,
            Self::Update { before, .. } | Self::Delete(before) => Some(before),
        }
    }

    /// The record after, if there is one.
    #[must_use]
    pub fn after(&self) -> Option<&'a R> {
        match self {
            Self::Insert(after) | Self::Update { after, .. } => Some(after),
            Self::Delete(_) => None,
        }
    }
}

impl<R: Record> Default for Table<R> {
    fn default() -> Self {
        Self { cells: HashMap::new() }
    }
}

impl<R: Record> Table<R> {
    /// Takes a row that the store found (or did not). What a batch wrote since is not overwritten.
    pub fn load(&mut self, key: R::Key, row: Option<R>) {
        self.cells.entry(key).or_insert_with(|| Cell { before: row.clone(), now: row, written: false });
    }

    /// Takes a row from where it is known, if it is.
    pub(super) fn recall(&mut self, known: &Self, key: &R::Key) -> bool {
        let Some(row) = known.get(key) else { return false };
        self.load(key.clone(), row.cloned());
        true
    }

    /// Takes rows as batches left them, but for large ones; `false` if there were any. Nothing is written from here.
    pub(super) fn keep(&mut self, rows: &Self) -> bool {
        let mut all = true;
        for (key, cell) in &rows.cells {
            if cell.now.as_ref().is_none_or(Record::is_small) {
                self.cells.insert(key.clone(), Cell { before: None, now: cell.now.clone(), written: false });
            } else {
                self.cells.remove(key);
                all = false;
            }
        }
        all
    }

    /// Forgets rows.
    pub(super) fn drop_all(&mut self, rows: &Self) {
        if !self.cells.is_empty() {
            rows.cells.keys().for_each(|key| drop(self.cells.remove(key)));
        }
    }

    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The row, if it is known: `Some(None)` is known to be absent.
    #[must_use]
    pub fn get(&self, key: &R::Key) -> Option<Option<&R>> {
        self.cells.get(key).map(|cell| cell.now.as_ref())
    }

    /// Writes a row, or removes it. `before` counts only for a key that is not known yet.
    pub(super) fn put(&mut self, key: R::Key, before: Option<R>, row: Option<R>) {
        let cell = self.cells.entry(key).or_insert(Cell { before, now: None, written: false });
        cell.now = row;
        cell.written = true;
    }

    /// Takes over what a batch wrote.
    pub(super) fn merge(&mut self, batch: &Self) {
        for (key, cell) in batch.cells.iter().filter(|(_, cell)| cell.written) {
            self.put(key.clone(), cell.before.clone(), cell.now.clone());
        }
    }

    /// What is to be written, in no order.
    pub fn writes(&self) -> impl Iterator<Item = Write<'_, R>> {
        self.cells.values().filter(|cell| cell.written).filter_map(|cell| match (&cell.before, &cell.now) {
            (None, Some(now)) => Some(Write::Insert(now)),
            (Some(before), Some(after)) if before != after => Some(Write::Update { before, after }),
            (Some(before), None) => Some(Write::Delete(before)),
            _ => None,
        })
    }

    /// What batches wrote, as it is now.
    pub fn written(&self) -> impl Iterator<Item = &R> {
        self.cells.values().filter(|cell| cell.written).filter_map(|cell| cell.now.as_ref())
    }
}
