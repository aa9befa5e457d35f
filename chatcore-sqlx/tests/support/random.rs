//! Random batches, applied to the store in memory and to another: the same verdicts, the same records, the same answers.

use chatcore::MemoryStore;
use chatcore::store::{Batch, Kind, Store};
use proptest::prelude::*;

use super::compare::{same_answers, same_records};
use super::records::record;
use super::{Step, Verb, batch};

fn step() -> impl Strategy<Value = Step> {
    let verb = prop_oneof![
        4 => Just(Verb::Insert),
        4 => Just(Verb::InsertFresh),
        4 => Just(Verb::Update),
        2 => Just(Verb::Delete),
        1 => Just(Verb::Require),
    ];
    // conversations, messages and lanes are where most questions go
    let kind = prop_oneof![
        3 => Just(Kind::Conversation),
        4 => Just(Kind::Message),
        4 => Just(Kind::Lane),
        10 => proptest::sample::select(Kind::ALL),
    ];
    (verb, kind, 0..6_u8, 0..6_u8, any::<u8>())
        .prop_map(|(verb, kind, a, b, salt)| Step(verb, record(kind, a, b, salt)))
}

/// Batches that meet each other.
pub(crate) fn batches(length: usize) -> impl Strategy<Value = Vec<Vec<Step>>> {
    let batch = proptest::collection::vec(step(), 1..4).prop_filter("no minted id is removed at once", |steps| {
        let mut minted = steps.iter().filter(|step| step.0 == Verb::InsertFresh);
        !minted.any(|minted| steps.iter().any(|step| step.0 == Verb::Delete && key(step) == key(minted)))
    });
    proptest::collection::vec(batch, 1..length)
}

fn key(step: &Step) -> (Kind, Vec<u8>) {
    (step.1.kind(), step.1.key_bytes())
}

async fn verdict(store: &dyn Store, batch: Batch) -> Result<(), String> {
    store.commit(batch).await.map(|_| ()).map_err(|error| format!("{:?}", error.kind()))
}

/// Applies the batches to a new store in memory and to this one, and compares. A batch that the store `cannot_keep` may
/// be left out.
pub(crate) async fn check(store: &dyn Store, batches: Vec<Vec<Step>>, cannot_keep: impl Fn(&[Step]) -> bool) {
    let memory = MemoryStore::in_memory();
    for steps in batches {
        let found = verdict(store, batch(steps.clone())).await;
        if found.as_ref().is_err_and(|kind| kind == "NotApplied") && cannot_keep(&steps) {
            continue;
        }
        let expected = verdict(&memory, batch(steps.clone())).await;
        // an id that was minted is looked up only when it is met, so another rule may refuse first
        if steps.iter().any(|step| step.0 == Verb::InsertFresh) && found.is_err() {
            assert!(expected.is_err(), "{steps:?}: {found:?}");
        } else {
            assert_eq!(found, expected, "{steps:?}");
        }
    }
    same_records(&memory, store).await;
    same_answers(&memory, store).await;
}
