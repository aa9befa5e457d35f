//! Changes that write and read records as they are, and the scan of everything.

use crate::store::{AnyRecord, Change, Conflict, Kind, OrderedKey, Record, Scan, Stop, Stored, Tx};

/// Inserts a record, with a look whether its key is free.
#[derive(Debug, Clone)]
pub(super) struct Insert<R>(pub(super) R);

impl<R: Stored> Change for Insert<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.insert(self.0.clone())
    }
}

/// Inserts a record whose key is taken to be free.
#[derive(Debug, Clone)]
pub(super) struct InsertFresh<R>(pub(super) R);

impl<R: Stored> Change for InsertFresh<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.insert_fresh(self.0.clone())
    }
}

/// Replaces a record.
#[derive(Debug, Clone)]
pub(super) struct Update<R>(pub(super) R);

impl<R: Stored> Change for Update<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.update(self.0.clone())
    }
}

/// Removes the record that has the key of this one.
#[derive(Debug, Clone)]
pub(super) struct Delete<R>(pub(super) R);

impl<R: Stored> Change for Delete<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.delete::<R>(&self.0.key())
    }
}

/// Refuses unless the record is there as it is here.
#[derive(Debug, Clone)]
pub(super) struct Same<R>(pub(super) R);

impl<R: Stored> Change for Same<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let found = tx.require::<R>(&self.0.key())?;
        if found == self.0 { Ok(()) } else { Err(Conflict::Rule("the record is another").into()) }
    }
}

/// Refuses when there is a record with the key of this one.
#[derive(Debug, Clone)]
pub(super) struct Absent<R>(pub(super) R);

impl<R: Stored> Change for Absent<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        match tx.get::<R>(&self.0.key())? {
            None => Ok(()),
            Some(_) => Err(Conflict::Exists(R::KIND).into()),
        }
    }
}

/// Always refuses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refuse;

/// What [`Refuse`] says.
pub(super) const REFUSED: Conflict = Conflict::Rule("the check refuses");

impl Change for Refuse {
    fn apply(&self, _: &mut Tx<'_>) -> Result<(), Stop> {
        Err(REFUSED.into())
    }
}

/// A rule with a bug.
#[derive(Debug, Clone, Copy)]
pub(super) struct Broken;

impl Change for Broken {
    fn apply(&self, _: &mut Tx<'_>) -> Result<(), Stop> {
        panic!("a rule that panics, as the check wants it")
    }
}

/// Everything of one kind, in pages of that size.
pub(super) async fn scan_all(store: &(impl Scan + ?Sized), kind: Kind, page: usize) -> Vec<AnyRecord> {
    let mut all: Vec<AnyRecord> = Vec::new();
    loop {
        let after = all.last().map(AnyRecord::key_bytes);
        let found = store.scan(kind, after.as_deref(), page).await.unwrap();
        assert!(found.len() <= page, "a scan of {page} {}s has {}", kind.name(), found.len());
        if found.is_empty() {
            return all;
        }
        all.extend(found);
    }
}

/// The key of a record as bytes.
pub(super) fn key_of(record: &impl Record) -> Vec<u8> {
    record.key().to_bytes()
}
