//! Random states of a store in use are clean; random damage to them is mended, whatever it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chatcore::check::{Options, Report, check, repair};
use chatcore::conformance::Harness;
use chatcore::conformance::model::{Operation, replay};
use chatcore::memory::MemoryMap;
use chatcore::store::{AnyRecord, Batch, Commit, DoorStore, KeyValue, Kind, KvWrite, Range, Scan, StoreError, Stored};
use chatcore::testing::{CountingIds, ManualClock, ScriptedModel};
use chatcore::{Chat, MemoryStore, Store, Timestamp};
use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::Value;

use crate::raw::{Gone, Put, dump};

type Writes = Vec<KvWrite>;

/// Remembers what was written, so that every state that the store was in can be made again.
struct Recorder(MemoryMap, Arc<Mutex<Vec<Writes>>>);

#[async_trait]
impl KeyValue for Recorder {
    async fn get_many(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.0.get_many(keys).await
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.0.scan(range, limit).await
    }

    async fn apply(&self, writes: Writes) -> Result<(), StoreError> {
        self.1.lock().unwrap().push(writes.clone());
        self.0.apply(writes).await
    }
}

/// The harness of a store that remembers what was written.
struct Recorded(Arc<Mutex<Vec<Writes>>>);

#[async_trait]
impl Harness for Recorded {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(DoorStore::new(Recorder(MemoryMap::default(), self.0.clone())))
    }
}

/// What a store went through while somebody did these things.
fn history(operations: &[Operation]) -> Vec<Writes> {
    let writes = Arc::new(Mutex::new(Vec::new()));
    replay(&Recorded(writes.clone()), operations);
    std::mem::take(&mut *writes.lock().unwrap())
}

fn state(history: &[Writes]) -> MemoryStore {
    let store = MemoryStore::in_memory();
    history.iter().for_each(|writes| block_on(store.inner().apply(writes.clone())).unwrap());
    store
}

fn operations(most: usize) -> impl Strategy<Value = Vec<Operation>> {
    prop::collection::vec((any::<u8>(), any::<u16>()).prop_map(|(which, at)| Operation::of(which, at)), 1..most)
}

/// Something that happens to one record.
#[derive(Debug, Clone, Copy)]
struct Blow {
    record: u16,
    field: u16,
    value: u16,
    delete: bool,
}

fn blows() -> impl Strategy<Value = Vec<Blow>> {
    let delete = prop::bool::weighted(0.35);
    let blow = (any::<u16>(), any::<u16>(), any::<u16>(), delete);
    prop::collection::vec(blow.prop_map(|(record, field, value, delete)| Blow { record, field, value, delete }), 1..8)
}

/// The leaves of a record.
fn leaves<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|value| leaves(value, found)),
        Value::Array(items) => items.iter_mut().for_each(|value| leaves(value, found)),
        leaf => found.push(leaf),
    }
}

fn pick<T>(from: &[T], at: u16) -> &T {
    &from[usize::from(at) % from.len()]
}

/// Another value for a leaf: for a number one at some edge, for a text one that stands somewhere else.
fn garble(leaf: &mut Value, value: u16, texts: &[String]) {
    let numbers =
        [0, 1, 2, u64::from(value), 1 << 31, u64::from(u32::MAX), 1 << 62, i64::MAX.cast_unsigned(), u64::MAX];
    let kind = |text: &str| text.split_once('_').map(|(kind, _)| kind.to_owned());
    *leaf = match leaf {
        Value::Number(_) => (*pick(&numbers, value)).into(),
        Value::String(text) if !value.is_multiple_of(8) => {
            let alike: Vec<&String> = texts.iter().filter(|other| kind(other) == kind(text)).collect();
            Value::String((*pick(&alike, value)).clone())
        }
        Value::Null if value.is_multiple_of(2) => Value::String(pick(texts, value).clone()),
        Value::Null => (*pick(&numbers, value)).into(),
        Value::Bool(said) => Value::Bool(!*said),
        _ => Value::Null,
    };
}

macro_rules! writes {
    ($record:expr, $make:ident: $($kind:ident)*) => {
        match $record {
            $(AnyRecord::$kind(record) => $make!(record),)*
            other => unreachable!("a kind that the test does not know: {other:?}"),
        }
    };
    ($record:expr, $make:ident) => {
        writes!($record, $make: Conversation Message Lane Fork Sequence Run RunLog User Identity Session Job IdempotencyKey Node Slot
            ExternalId)
    };
}

fn put(record: AnyRecord) -> Batch {
    macro_rules! make {
        ($record:ident) => {
            Batch::of(Put($record))
        };
    }
    writes!(record, make)
}

fn remove(record: &AnyRecord) -> Batch {
    fn gone<R: Stored>(record: &R) -> Batch {
        Batch::of(Gone::<R>(record.key()))
    }
    macro_rules! make {
        ($record:ident) => {
            gone($record)
        };
    }
    writes!(record, make)
}

fn strike(store: &MemoryStore, blow: Blow) {
    let all: Vec<AnyRecord> =
        Kind::ALL.iter().flat_map(|kind| block_on(Scan::scan(store, *kind, None, 10_000)).unwrap()).collect();
    if all.is_empty() {
        return;
    }
    let record = pick(&all, blow.record);
    let read = |record: &AnyRecord| serde_json::from_slice::<Value>(&record.encode()[1..]).unwrap();
    let mut texts = Vec::new();
    for record in &all {
        let mut value = read(record);
        let mut found = Vec::new();
        leaves(&mut value, &mut found);
        texts.extend(found.iter().filter_map(|leaf| leaf.as_str().map(str::to_owned)));
    }
    let mut changed = read(record);
    let mut found = Vec::new();
    leaves(&mut changed, &mut found);
    let at = usize::from(blow.field) % found.len();
    garble(found[at], blow.value, &texts);
    let bytes = [&[1], serde_json::to_vec(&changed).unwrap().as_slice()].concat();
    block_on(store.commit(remove(record))).unwrap();
    if let Some(after) = AnyRecord::decode(record.kind(), &bytes).ok().filter(|_| !blow.delete) {
        // what is in the way of a changed key stays
        let _ = block_on(store.commit(put(after)));
    }
}

fn mend(store: &MemoryStore) {
    let report = block_on(repair(store, &Options::default(), &mut |_| {})).unwrap();
    assert!(report.is_clean(), "{} passes: {}", report.passes, lines(&report));
    expect_clean(store, "after the repair");
}

fn expect_clean(store: &MemoryStore, when: &str) {
    let report = block_on(check(store, &Options::default(), &mut |_| {})).unwrap();
    assert!(report.defects.is_empty(), "{when}: {}", lines(&report));
}

fn lines(report: &Report) -> String {
    report.defects.iter().filter(|defect| !defect.repaired).map(|defect| format!("\n{defect}")).collect()
}

/// Ends every run and does every job, as a program does when it starts.
fn recover(store: Arc<MemoryStore>) {
    let clock = ManualClock::new();
    let ids = Arc::new(CountingIds::default());
    let chat = Chat::over(store, ScriptedModel::new(&clock), Arc::new(clock), ids);
    block_on(chat.recover()).unwrap();
    block_on(chat.conversations().resume_jobs(Timestamp::MAX)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 500, ..ProptestConfig::default() })]

    /// Whatever is done, after every single commit: with jobs half-way, answers half-written, forks half-built.
    #[test]
    fn every_state_of_a_store_in_use_is_clean(operations in operations(50)) {
        let store = MemoryStore::in_memory();
        for (at, writes) in history(&operations).into_iter().enumerate() {
            block_on(store.inner().apply(writes)).unwrap();
            expect_clean(&store, &format!("after commit {at}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_damage_is_mended(operations in operations(40), stop in any::<u16>(), blows in blows()) {
        let history = history(&operations);
        let until = 1 + usize::from(stop) % history.len();
        let stores = [state(&history[..until]), state(&history[..until])];
        for store in &stores {
            blows.iter().for_each(|blow| strike(store, *blow));
            mend(store);
        }
        let [one, two] = stores;
        let left: BTreeMap<_, _> = dump(&one);
        prop_assert_eq!(left, dump(&two), "equal stores are mended equally");
        let one = Arc::new(one);
        recover(one.clone());
        expect_clean(&one, "after the jobs are done");
        let left = block_on(Scan::scan(&*one, Kind::Job, None, 10)).unwrap();
        prop_assert!(left.is_empty(), "a job never ends: {left:?}");
    }
}
