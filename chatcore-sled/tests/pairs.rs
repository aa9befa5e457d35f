//! Ordered bytes: whatever is written, look-ups and scans say what a map would say.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::Path;

use chatcore::store::{KeyValue, KvWrite, OpenKeyValue, Range, StoreErrorKind};
use chatcore_sled::{SledMap, SledOptions};
use futures::executor::block_on;
use proptest::prelude::*;
use proptest::sample::select;
use tempfile::TempDir;

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// Goes away with its folder, in this order.
struct Scratch {
    map: SledMap,
    folder: TempDir,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { map: open(&folder.path().join("chat")), folder }
    }
}

impl Deref for Scratch {
    type Target = SledMap;

    fn deref(&self) -> &SledMap {
        &self.map
    }
}

fn open(path: &Path) -> SledMap {
    block_on(SledMap::open(SledOptions::folder(path).cache_bytes(1024 * 1024))).unwrap()
}

fn put(key: &[u8], value: Vec<u8>) -> KvWrite {
    KvWrite::Put { key: key.to_vec(), value }
}

fn apply(map: &SledMap, model: &mut Map, writes: Vec<KvWrite>) {
    for write in writes.clone() {
        match write {
            KvWrite::Put { key, value } => model.insert(key, value),
            KvWrite::Delete { key } => model.remove(&key),
        };
    }
    block_on(map.apply(writes)).unwrap();
}

fn scan(map: &SledMap, range: &Range, limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    block_on(map.scan(range.clone(), limit)).unwrap()
}

fn everything(reverse: bool) -> Range {
    Range { start: Vec::new(), end: None, reverse }
}

/// Few enough to meet each other; many begin with one another.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(select(vec![0, 1, 2, 254, 255]), 0..4),
        proptest::collection::vec(Just(0), 0..8),
        proptest::collection::vec(any::<u8>(), 0..40),
    ]
}

/// Around the lengths at which a value gets one more piece.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let near = select(vec![0, 4091, 4095, 4091 + 4096, 4091 + 2 * 4096, 40_000]);
    (near, 0_usize..5, any::<u8>()).prop_map(|(length, more, first)| {
        let bytes = (first..=255).chain(0..first).cycle();
        bytes.take((length + more).saturating_sub(2)).collect()
    })
}

fn writes() -> impl Strategy<Value = Vec<KvWrite>> {
    let write = (key(), proptest::option::weighted(0.7, value()));
    let one_a_key = proptest::collection::btree_map(key(), Just(()), 0..3);
    (proptest::collection::vec(write, 1..12), one_a_key).prop_map(|(writes, deleted)| {
        let mut all: BTreeMap<_, _> = writes.into_iter().collect();
        all.extend(deleted.into_keys().map(|key| (key, None)));
        let write = |(key, value)| match value {
            Some(value) => KvWrite::Put { key, value },
            None => KvWrite::Delete { key },
        };
        all.into_iter().map(write).collect()
    })
}

fn range() -> impl Strategy<Value = (Range, usize)> {
    let limit = prop_oneof![0_usize..6, Just(usize::MAX)];
    (key(), proptest::option::of(key()), any::<bool>(), limit)
        .prop_map(|(start, end, reverse, limit)| (Range { start, end, reverse }, limit))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn says_what_a_map_says(
        groups in proptest::collection::vec(writes(), 1..8),
        ranges in proptest::collection::vec(range(), 1..20),
        asked in proptest::collection::vec(key(), 0..20),
    ) {
        let mut scratch = Scratch::new();
        let mut model = Map::new();
        for (n, group) in groups.into_iter().enumerate() {
            apply(&scratch, &mut model, group);
            for (range, limit) in &ranges {
                prop_assert!(scan(&scratch, range, *limit) == range.of(&model, *limit), "{range:?} {limit}");
            }
            let keys: Vec<_> = asked.iter().chain(model.keys()).cloned().collect();
            let expected: Vec<_> = keys.iter().map(|key| model.get(key).cloned()).collect();
            prop_assert!(block_on(scratch.get_many(keys)).unwrap() == expected);
            if n == 3 {
                block_on(scratch.close());
                scratch.map = open(&scratch.folder.path().join("chat"));
            }
        }
    }
}

/// More pairs than a page holds, so that pages split and join.
#[test]
fn many_pairs_come_and_go_in_order() {
    let scratch = Scratch::new();
    let mut model = Map::new();
    let key = |n: u32| (n.wrapping_mul(2_654_435_761) >> 12).to_be_bytes();
    for round in 0..6_u32 {
        let write = |n: u32| match (n + round) % 3 {
            0 => KvWrite::Delete { key: key(n).to_vec() },
            step => put(&key(n), vec![1; (step * round * 700) as usize]),
        };
        apply(&scratch, &mut model, (0..700).map(write).collect());
        for reverse in [false, true] {
            assert!(scan(&scratch, &everything(reverse), usize::MAX) == everything(reverse).of(&model, usize::MAX));
        }
    }
}

/// Values leave nothing behind when they shrink: the folder of a store that is emptied is that of an empty one.
#[test]
fn pieces_go_with_their_value() {
    let scratch = Scratch::new();
    let path = scratch.folder.path().join("chat");
    for length in [100_000, 50_000, 4096, 10, 9000, 0] {
        block_on(scratch.apply(vec![put(b"a", vec![7; length])])).unwrap();
        let found = block_on(scratch.get_many(vec![b"a".to_vec()])).unwrap();
        assert_eq!(found, [Some(vec![7; length])]);
    }
    block_on(scratch.apply(vec![KvWrite::Delete { key: b"a".to_vec() }])).unwrap();
    block_on(scratch.close());
    let keys: Vec<_> = sled::open(path).unwrap().iter().keys().map(Result::unwrap).collect();
    assert_eq!(keys, [[0]], "only the layout is left");
}

/// sled never syncs the files that it puts large pages into.
#[test]
fn no_page_is_too_large_for_the_log() {
    let scratch = Scratch::new();
    let key = |n: u32| [b"message ".as_slice(), &n.to_be_bytes()].concat();
    for n in 0..40 {
        block_on(scratch.apply((0..8).map(|m| put(&key(n * 8 + m), vec![0xa5; 4000])).collect())).unwrap();
    }
    block_on(scratch.apply(vec![put(&key(77), vec![0x5a; 1024 * 1024])])).unwrap();
    block_on(scratch.apply((0..300).step_by(3).map(|n| KvWrite::Delete { key: key(n) }).collect())).unwrap();
    assert_eq!(scan(&scratch, &everything(false), usize::MAX).len(), 220);
    let blobs = std::fs::read_dir(scratch.folder.path().join("chat").join("blobs")).unwrap();
    assert_eq!(blobs.count(), 0);
}

#[test]
fn a_key_that_is_too_long_is_refused_before_anything_is_written() {
    let scratch = Scratch::new();
    let long = vec![1; 2049];
    let refused = block_on(scratch.apply(vec![put(b"a", vec![1]), put(&long, Vec::new())])).unwrap_err();
    assert_eq!(*refused.kind(), StoreErrorKind::NotApplied);
    assert!(scan(&scratch, &everything(false), 9).is_empty());
    // long ones that are not too long make pages of the index that do not fit into the log, which is looked after
    let keys = (0..2000_u32).map(|n| [[b'k'; 1900].as_slice(), &n.to_be_bytes()].concat());
    let model: Map = keys.map(|key| (key, vec![1])).collect();
    block_on(scratch.apply(model.iter().map(|(key, value)| put(key, value.clone())).collect())).unwrap();
    let path = scratch.folder.path().join("chat");
    assert!(std::fs::read_dir(path.join("blobs")).unwrap().count() > 0, "this test is about blobs");
    block_on(scratch.close());
    assert!(scan(&open(&path), &everything(false), usize::MAX) == everything(false).of(&model, usize::MAX));
}
