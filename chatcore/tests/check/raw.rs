//! Changes that write records as they are, and everything that a store holds.

use std::collections::BTreeMap;

use chatcore::Store;
use chatcore::store::{AnyRecord, Batch, Change, Kind, Record, Stop, Stored, Tx};
use futures::executor::block_on;

/// Changes the record of a key.
pub(crate) struct Patch<R: Record, F>(pub(crate) R::Key, pub(crate) F);

impl<R: Record, F> std::fmt::Debug for Patch<R, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Patch({:?})", self.0)
    }
}

impl<R: Stored, F: Fn(&mut R) + Send + Sync> Change for Patch<R, F> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let mut record = tx.require::<R>(&self.0)?;
        (self.1)(&mut record);
        tx.update(record)
    }
}

/// Adds a record.
#[derive(Debug)]
pub(crate) struct Put<R>(pub(crate) R);

impl<R: Stored> Change for Put<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.insert(self.0.clone())
    }
}

/// Takes a record away.
#[derive(Debug)]
pub(crate) struct Gone<R: Record>(pub(crate) R::Key);

impl<R: Stored> Change for Gone<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.delete::<R>(&self.0)
    }
}

pub(crate) fn patch<R: Stored>(key: R::Key, change: impl Fn(&mut R) + Send + Sync + 'static) -> Batch {
    Batch::of(Patch::<R, _>(key, change))
}

pub(crate) fn put<R: Stored>(record: R) -> Batch {
    Batch::of(Put(record))
}

pub(crate) fn gone<R: Stored>(key: R::Key) -> Batch {
    Batch::of(Gone::<R>(key))
}

/// Everything that a store holds, by kind and key.
pub(crate) fn dump(store: &dyn Store) -> BTreeMap<(Kind, Vec<u8>), Vec<u8>> {
    let mut all = BTreeMap::new();
    for kind in Kind::ALL {
        for record in block_on(store.scan(*kind, None, usize::MAX)).unwrap() {
            all.insert((*kind, record.key_bytes()), record.encode());
        }
    }
    all
}

/// All records of one kind.
pub(crate) fn all<R: Stored>(store: &dyn Store) -> Vec<R> {
    let mut loaded = chatcore::store::Loaded::default();
    let found: Vec<AnyRecord> = block_on(store.scan(R::KIND, None, usize::MAX)).unwrap();
    found.into_iter().for_each(|record| loaded.push(record));
    std::mem::take(R::loaded_mut(&mut loaded))
}
