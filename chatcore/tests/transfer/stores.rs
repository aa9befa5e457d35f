//! Stores to move: filled ones, and ones whose writes fail.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use async_trait::async_trait;
use chatcore::conformance::records;
use chatcore::memory::MemoryMap;
use chatcore::store::{AnyRecord, Batch, Commit, DoorStore, KeyValue, Kind, KvWrite, Range, StoreErrorKind};
use chatcore::testing::{CountingIds, ManualClock, Script, ScriptedModel, user};
use chatcore::transfer::InsertRecord;
use chatcore::turn::Ask;
use chatcore::{Chat, MemoryStore, StoreError};

/// When a write fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fails {
    Never,
    /// Nothing is written, and so it is said.
    Before,
    /// It is written, but the answer gets lost.
    After,
    /// None does, but each takes a moment.
    Pauses,
}

/// A map that fails the write behind the first few.
pub(crate) struct Flaky {
    map: MemoryMap,
    fails: Fails,
    left: AtomicUsize,
    /// Records in each write that was asked for, without projections and list entries.
    pub(crate) writes: std::sync::Mutex<Vec<usize>>,
}

pub(crate) type FlakyStore = DoorStore<Flaky>;

pub(crate) fn healthy() -> FlakyStore {
    failing(Fails::Never, 0)
}

/// A store that takes so many batches, then fails one, and is healthy from there on.
pub(crate) fn failing(fails: Fails, after: usize) -> FlakyStore {
    let (map, writes) = (MemoryMap::default(), std::sync::Mutex::default());
    DoorStore::new(Flaky { map, fails, left: AtomicUsize::new(after), writes })
}

#[async_trait]
impl KeyValue for Flaky {
    async fn get_many(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.map.get_many(keys).await
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.map.scan(range, limit).await
    }

    async fn apply(&self, writes: Vec<KvWrite>) -> Result<(), StoreError> {
        let of_record = |write: &&KvWrite| matches!(write, KvWrite::Put { key, .. } if key[0] == 0 && key[1] < 64);
        self.writes.lock().unwrap().push(writes.iter().filter(of_record).count());
        if self.fails == Fails::Pauses {
            let mut waited = false;
            poll_fn(|context| {
                context.waker().wake_by_ref();
                if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            return self.map.apply(writes).await;
        }
        let fails = self.left.fetch_sub(1, Ordering::SeqCst) == 0 && self.fails != Fails::Never;
        if !fails || self.fails == Fails::After {
            self.map.apply(writes).await?;
        }
        if fails { Err(StoreError::new(StoreErrorKind::Unavailable, "commit")) } else { Ok(()) }
    }
}

/// Everything in a key-value store: records, projections and lists.
pub(crate) async fn pairs<K: KeyValue>(store: &DoorStore<K>) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let all = Range { start: Vec::new(), end: None, reverse: false };
    store.inner().scan(all, usize::MAX).await.unwrap().into_iter().collect()
}

/// Puts records into a store.
pub(crate) async fn put(store: &impl Commit, records: impl IntoIterator<Item = AnyRecord>) {
    let mut batch = Batch::default();
    for record in records {
        batch.push(InsertRecord(record));
        if batch.changes().len() == 500 {
            store.commit(std::mem::take(&mut batch)).await.unwrap();
        }
    }
    store.commit(batch).await.unwrap();
}

/// Records of every kind, so many times over, without those of the same key.
pub(crate) fn samples(times: usize) -> Vec<AnyRecord> {
    let ids = CountingIds::default();
    let all = (0..times).flat_map(|_| records(&ids)).map(|record| ((record.kind(), record.key_bytes()), record));
    all.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// The same without those that are long.
pub(crate) fn small_samples(times: usize) -> Vec<AnyRecord> {
    samples(times).into_iter().filter(|record| record.encode().len() < 10_000).collect()
}

/// A store with all samples.
pub(crate) async fn sampled() -> MemoryStore {
    let store = MemoryStore::in_memory();
    put(&store, samples(1)).await;
    store
}

/// A store that the services filled: branches, versions, a deleted part, runs and their logs.
pub(crate) async fn lived_in() -> Arc<MemoryStore> {
    let (store, clock) = (Arc::new(MemoryStore::in_memory()), ManualClock::new());
    let model = ScriptedModel::new(&clock);
    let ids = Arc::new(CountingIds::default());
    let chat = Chat::over(store.clone(), model.clone(), Arc::new(clock.clone()), ids);
    for number in [1, 2] {
        let me = user(number);
        let conversation = chat.conversations().create(&me, Default::default()).await.unwrap().id;
        for text in ["one", "two", "three"] {
            model.will(Script::saying(text));
            chat.send(&me, conversation, text).await.unwrap().driver.await;
        }
        let branch = chat.conversations().branch(&me, conversation, None, &Default::default()).await.unwrap();
        let said = |at: usize| branch.items[at].message.id;
        model.will(Script::saying("otherwise"));
        chat.edit(&me, said(2), "two, otherwise").await.unwrap().driver.await;
        model.will(Script::saying("again"));
        chat.regenerate(&me, said(1), Ask::default()).await.unwrap().driver.await;
        chat.conversations().delete_subtree(&me, said(4)).await.unwrap();
    }
    store
}

/// Those of one kind.
pub(crate) fn of_kind(records: &[AnyRecord], kind: Kind) -> Vec<AnyRecord> {
    records.iter().filter(|record| record.kind() == kind).cloned().collect()
}
