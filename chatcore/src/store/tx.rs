//! What a change sees while it is applied: the loaded rows, under what this batch has written so far.

use super::change::Stop;
use super::conflict::Conflict;
use super::domain::Domain;
use super::kinds::{Keys, Rows, RowsVisitor};
use super::record::{Projector, Stored};
use super::table::Table;

/// The view of one batch while it is evaluated.
pub struct Tx<'a> {
    base: &'a Rows,
    local: Rows,
    needs: Keys,
    careful: bool,
    left_out: &'a [Domain],
    unsupported: Option<Domain>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(base: &'a Rows, careful: bool, left_out: &'a [Domain]) -> Self {
        Self { base, local: Rows::default(), needs: Keys::default(), careful, left_out, unsupported: None }
    }

    /// A domain that was touched although the store leaves it out.
    pub(super) fn unsupported(&self) -> Option<Domain> {
        self.unsupported
    }

    /// Nothing of a domain that is left out is ever loaded or written: whoever touches it waits for good.
    fn expect_supported<R: Stored>(&mut self) -> Result<(), Stop> {
        let domain = R::KIND.domain();
        if self.left_out.contains(&domain) {
            self.unsupported = Some(domain);
            return Err(Stop::Need);
        }
        Ok(())
    }

    pub(super) fn into_parts(self) -> (Rows, Keys) {
        (self.local, self.needs)
    }

    /// How many records this batch has changed so far.
    #[must_use]
    pub fn writes(&self) -> usize {
        struct Count(usize);
        impl RowsVisitor for Count {
            fn table<R: Stored>(&mut self, table: &Table<R>) {
                self.0 += table.writes().count();
            }
        }
        let mut count = Count(0);
        self.local.visit(&mut count);
        count.0
    }

    /// The record of that key, or `None` if there is none.
    ///
    /// # Errors
    /// [`Stop::Need`] when it is not loaded yet.
    pub fn get<R: Stored>(&mut self, key: &R::Key) -> Result<Option<R>, Stop> {
        self.expect_supported::<R>()?;
        let known = R::table(&self.local).get(key).or_else(|| R::table(self.base).get(key));
        match known {
            Some(row) => Ok(row.cloned()),
            None => {
                R::keys_mut(&mut self.needs).insert(key.clone());
                Err(Stop::Need)
            }
        }
    }

    /// The record of that key.
    ///
    /// # Errors
    /// [`Conflict::Missing`] when there is none; [`Stop::Need`] when it is not loaded yet.
    pub fn require<R: Stored>(&mut self, key: &R::Key) -> Result<R, Stop> {
        self.get::<R>(key)?.ok_or_else(|| Conflict::Missing(R::KIND).into())
    }

    /// Asks for several records at once, to save rounds.
    ///
    /// # Errors
    /// [`Stop::Need`] when one of them is not loaded yet.
    pub fn prefetch<R: Stored>(&mut self, keys: impl IntoIterator<Item = R::Key>) -> Result<(), Stop> {
        let mut missing = false;
        for key in keys {
            missing |= self.get::<R>(&key).is_err();
        }
        if missing { Err(Stop::Need) } else { Ok(()) }
    }

    /// Adds a record that must not be there yet.
    ///
    /// # Errors
    /// [`Conflict::Exists`] when it is; [`Stop::Need`] when that is not known yet.
    pub fn insert<R: Stored>(&mut self, record: R) -> Result<(), Stop> {
        if self.get::<R>(&record.key())?.is_some() {
            return Err(Conflict::Exists(R::KIND).into());
        }
        self.put(record.key(), None, Some(record));
        Ok(())
    }

    /// Adds a record whose key holds an id that was minted for it, so nobody can have used it. The store still notices
    /// if somebody has, and then looks every key up.
    ///
    /// # Errors
    /// As [`Self::insert`].
    pub fn insert_fresh<R: Stored>(&mut self, record: R) -> Result<(), Stop> {
        self.expect_supported::<R>()?;
        // a neighbour in the same group may have been first
        let known = R::table(&self.local).get(&record.key()).or_else(|| R::table(self.base).get(&record.key()));
        if self.careful || known.is_some() {
            return self.insert(record);
        }
        self.put(record.key(), None, Some(record));
        Ok(())
    }

    /// Replaces a record that is there.
    ///
    /// # Errors
    /// [`Conflict::Missing`] when it is not; [`Stop::Need`] when it is not loaded yet.
    pub fn update<R: Stored>(&mut self, record: R) -> Result<(), Stop> {
        let before = self.require::<R>(&record.key())?;
        self.put(record.key(), Some(before), Some(record));
        Ok(())
    }

    /// Removes a record that is there.
    ///
    /// # Errors
    /// [`Conflict::Missing`] when it is not; [`Stop::Need`] when it is not loaded yet.
    pub fn delete<R: Stored>(&mut self, key: &R::Key) -> Result<(), Stop> {
        let before = self.require::<R>(key)?;
        self.put(key.clone(), Some(before), None);
        Ok(())
    }

    fn put<R: Stored>(&mut self, key: R::Key, before: Option<R>, now: Option<R>) {
        if let Some(before) = &before {
            before.project(&mut Projection { rows: &mut self.local, present: false });
        }
        if let Some(now) = &now {
            now.project(&mut Projection { rows: &mut self.local, present: true });
        }
        R::table_mut(&mut self.local).put(key, before, now);
    }
}

struct Projection<'a> {
    rows: &'a mut Rows,
    present: bool,
}

impl Projection<'_> {
    fn put<R: Stored>(&mut self, record: &R) {
        let (before, now) = if self.present { (None, Some(record.clone())) } else { (Some(record.clone()), None) };
        R::table_mut(self.rows).put(record.key(), before, now);
    }
}

impl Projector for Projection<'_> {
    fn node(&mut self, node: crate::conversation::Node) {
        self.put(&node);
    }

    fn slot(&mut self, slot: crate::conversation::Slot) {
        self.put(&slot);
    }

    fn external(&mut self, external: crate::conversation::ExternalId) {
        self.put(&external);
    }
}
