//! Records that cannot be read, and lists that have lost an entry: reported, and nothing else suffers.

use chatcore::memory::MemoryMap;
use chatcore::store::{KeyValue, Kind, KvWrite, Range};
use futures::executor::block_on;

use crate::raw::patch;
use crate::world::World;

type Bytes = Vec<u8>;

fn everything(map: &MemoryMap) -> Vec<(Bytes, Bytes)> {
    block_on(map.scan(Range { start: Vec::new(), end: None, reverse: false }, usize::MAX)).unwrap()
}

/// The stored records of a kind: their key begins with 0 and the kind.
fn records(world: &World, kind: Kind) -> Vec<Bytes> {
    let of_kind = |key: &Bytes| key.starts_with(&[0, kind as u8]);
    everything(world.store.inner()).into_iter().map(|(key, _)| key).filter(of_kind).collect()
}

fn spoil(world: &World, key: &Bytes) {
    let spoiled = KvWrite::Put { key: key.clone(), value: b"\x01{not a record".to_vec() };
    block_on(world.store.inner().apply(vec![spoiled])).unwrap();
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_record_that_cannot_be_read_costs_nothing_else() {
    for kind in Kind::ALL {
        let count = records(&World::new(), *kind).len();
        for at in [0, count / 2, count.saturating_sub(1)].into_iter().filter(|_| count > 0) {
            let world = World::new();
            let keys = records(&world, *kind);
            spoil(&world, &keys[at]);
            let before = everything(world.store.inner());
            let report = world.repair();
            assert_eq!(everything(world.store.inner()), before, "{kind:?} {at}: {:#?}", report.defects);
            let unreadable = report.defects.iter().find(|defect| defect.rule == "unreadable_record").unwrap();
            let last_good = at.checked_sub(1).map(|at| hex(&keys[at][2..])).unwrap_or_default();
            assert_eq!((unreadable.key.hex.as_str(), unreadable.repaired), (last_good.as_str(), false), "{kind:?}");
            assert_eq!(unreadable.repair, None);
            assert!(!report.is_clean());
        }
    }
}

#[test]
fn other_kinds_are_still_looked_at() {
    let world = World::new();
    spoil(&world, &records(&world, Kind::Session)[0]);
    world.commit(patch::<chatcore::conversation::Conversation>(world.victim, |one| one.head = None));
    let report = world.repair();
    let outcome: Vec<_> = report.defects.iter().map(|defect| (defect.rule, defect.repaired)).collect();
    assert_eq!(outcome, [("head_missing", true), ("unreadable_record", false)]);
}

#[test]
fn a_list_that_lost_an_entry_is_reported() {
    let world = World::new();
    // lists begin with 1; 3 is that of messages by number
    let entry = everything(world.store.inner()).into_iter().map(|(key, _)| key).find(|key| key.starts_with(&[1, 3]));
    block_on(world.store.inner().apply(vec![KvWrite::Delete { key: entry.unwrap() }])).unwrap();
    let report = world.repair();
    let outcome: Vec<_> = report.defects.iter().map(|defect| (defect.rule, defect.repair)).collect();
    assert_eq!(outcome, [("list_misses_record", None)]);
    assert_eq!(report.passes, 1, "a repair that can do nothing does not try again");
}
