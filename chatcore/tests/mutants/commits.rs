//! Committers with a fault.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::Poll;

use chatcore::StoreError;
use chatcore::billing::ledger::{LedgerEntry, Wallet};
use chatcore::conversation::{Numbered, Sequence};
use chatcore::store::{
    AnyRecord, Batch, Change, Committed, Entries, Group, KeyValue, Keys, KeysVisitor, Kind, KvWrite, Loaded,
    OrderedKey, Rows, RowsVisitor, Stop, StoreErrorKind, Stored, Table, Tx, codec,
};

use crate::disk::Disk;

/// One change of a batch that was taken apart.
#[derive(Debug)]
pub(crate) struct One(Arc<Batch>, usize);

impl Change for One {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        self.0.changes()[self.1].apply(tx)
    }
}

/// Takes a number that nobody gets.
#[derive(Debug)]
pub(crate) struct Burn(pub(crate) Numbered);

impl Change for Burn {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let counter = tx.require::<Sequence>(&self.0)?;
        tx.update(Sequence { next: counter.next + 1, ..counter })
    }
}

/// Gives what an entry gave once more, without an entry.
#[derive(Debug)]
pub(crate) struct BookAgain(pub(crate) LedgerEntry);

impl Change for BookAgain {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let wallet = tx.require::<Wallet>(&self.0.owner)?;
        tx.update(Wallet { plain: wallet.plain.plus(self.0.owners())?, ..wallet })
    }
}

/// A batch in pieces of that many changes.
pub(crate) fn pieces(batch: Batch, size: usize) -> Vec<Batch> {
    let batch = Arc::new(batch);
    let all: Vec<usize> = (0..batch.changes().len()).collect();
    let piece = |some: &[usize]| {
        let mut piece = Batch::default();
        some.iter().for_each(|at| piece.push(One(batch.clone(), *at)));
        piece
    };
    all.chunks(size).map(piece).collect()
}

#[derive(Default)]
struct Asked(Vec<(Kind, Vec<u8>)>);

impl KeysVisitor for Asked {
    fn keys<R: Stored>(&mut self, keys: &BTreeSet<R::Key>) {
        self.0.extend(keys.iter().map(|key| (R::KIND, key.to_bytes())));
    }
}

async fn load(disk: &Disk, keys: &Keys) -> Loaded {
    let mut asked = Asked::default();
    keys.visit(&mut asked);
    let raw = asked.0.iter().map(|(kind, key)| raw(*kind, key)).collect();
    let mut loaded = Loaded::default();
    for ((kind, _), value) in asked.0.iter().zip(disk.get_many(raw).await.unwrap()) {
        if let Some(value) = value {
            loaded.push(AnyRecord::decode(*kind, &value).unwrap());
        }
    }
    loaded
}

fn raw(kind: Kind, key: &[u8]) -> Vec<u8> {
    [&[0, kind as u8], key].concat()
}

#[derive(Default)]
struct Written(Vec<KvWrite>);

impl RowsVisitor for Written {
    fn table<R: Stored>(&mut self, table: &Table<R>) {
        for write in table.writes() {
            let entry = |entry: Vec<u8>| [vec![1], entry].concat();
            for gone in Entries::of(write.before()) {
                self.0.push(KvWrite::Delete { key: entry(gone) });
            }
            for new in Entries::of(write.after()) {
                self.0.push(KvWrite::Put { key: entry(new), value: Vec::new() });
            }
            let Some(record) = write.before().or(write.after()) else { continue };
            let key = raw(R::KIND, &record.key().to_bytes());
            self.0.push(match write.after() {
                Some(after) => KvWrite::Put { key, value: codec::encode(after) },
                None => KvWrite::Delete { key },
            });
        }
    }
}

fn writes(rows: &Rows) -> Vec<KvWrite> {
    let mut written = Written::default();
    rows.visit(&mut written);
    written.0
}

pub(crate) async fn pause() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Loads what a batch asks for, but not more than twice.
pub(crate) async fn gives_up(disk: &Disk, batch: Batch) -> Result<Committed, StoreError> {
    let mut group = Group::new(vec![batch]).careful();
    for _ in 0..2 {
        let Some(keys) = group.step() else { break };
        let loaded = load(disk, &keys).await;
        group.give(loaded);
    }
    if group.step().is_some() {
        return Err(StoreError::new(StoreErrorKind::NotApplied, "commit"));
    }
    disk.apply(writes(group.rows())).await?;
    group.finish().pop().unwrap()
}

/// Writes all of a batch but records of some kinds.
pub(crate) async fn without(disk: &Disk, batch: Batch, kinds: &[Kind]) -> Result<Committed, StoreError> {
    let mut group = Group::new(vec![batch]).careful();
    while let Some(keys) = group.step() {
        let loaded = load(disk, &keys).await;
        group.give(loaded);
    }
    let mut all = writes(group.rows());
    let lost = |key: &[u8]| kinds.iter().any(|kind| key.starts_with(&raw(*kind, &[])));
    all.retain(|write| !matches!(write, KvWrite::Put { key, .. } if lost(key)));
    disk.apply(all).await?;
    group.finish().pop().unwrap()
}

/// Loads, evaluates and writes without regard to anybody else: batches that come together see the same rows.
pub(crate) async fn alone(disk: &Disk, batch: Batch, one_by_one: bool, careful: bool) -> Result<Committed, StoreError> {
    let mut group = Group::new(vec![batch]);
    if careful {
        group = group.careful();
    }
    while let Some(keys) = group.step() {
        let loaded = load(disk, &keys).await;
        group.give(loaded);
    }
    let all = writes(group.rows());
    if one_by_one {
        for write in all {
            pause().await;
            disk.apply(vec![write]).await?;
        }
    } else {
        if careful {
            pause().await;
        }
        disk.apply(all).await?;
    }
    group.finish().pop().unwrap()
}
