//! Random batches, applied to the store in memory and to SQLite: the same verdicts, the same records, the same answers.
#![cfg(feature = "sqlite")]
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod support;

use chatcore::MemoryStore;
use chatcore::store::{Batch, Commit, Kind};
use chatcore_sqlx::{SqliteOptions, SqliteStore};
use proptest::prelude::*;
use support::compare::{same_answers, same_records};
use support::records::record;
use support::{Step, Verb, batch};

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

fn batches(length: usize) -> impl Strategy<Value = Vec<Vec<Step>>> {
    let batch = proptest::collection::vec(step(), 1..4).prop_filter("no minted id is removed at once", |steps| {
        let mut minted = steps.iter().filter(|step| step.0 == Verb::InsertFresh);
        !minted.any(|minted| steps.iter().any(|step| step.0 == Verb::Delete && key(step) == key(minted)))
    });
    proptest::collection::vec(batch, 1..length)
}

fn key(step: &Step) -> (Kind, Vec<u8>) {
    (step.1.kind(), step.1.key_bytes())
}

async fn verdict(store: &dyn chatcore::Store, batch: Batch) -> Result<(), String> {
    store.commit(batch).await.map(|_| ()).map_err(|error| format!("{:?}", error.kind()))
}

async fn check(sqlite: &SqliteStore, batches: Vec<Vec<Step>>) {
    let memory = MemoryStore::in_memory();
    for steps in batches {
        let expected = verdict(&memory, batch(steps.clone())).await;
        let found = verdict(sqlite, batch(steps.clone())).await;
        // an id that was minted is looked up only when it is met, so another rule may refuse first
        if steps.iter().any(|step| step.0 == Verb::InsertFresh) && found.is_err() {
            assert!(expected.is_err(), "{steps:?}");
        } else {
            assert_eq!(found, expected, "{steps:?}");
        }
    }
    same_records(&memory, sqlite).await;
    same_answers(&memory, sqlite).await;
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_database_in_memory_does_what_the_reference_does(batches in batches(80)) {
        runtime().block_on(async {
            let store = SqliteStore::in_memory().await.expect("a store");
            check(&store, batches).await;
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_file_does_what_the_reference_does_and_keeps_it(batches in batches(60)) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chat.db");
        runtime().block_on(async {
            let store = SqliteStore::open(SqliteOptions::file(&path).readers(2)).await.expect("a store");
            check(&store, batches).await;
            store.close().await;
            let again = SqliteStore::open(&path).await.expect("the same store");
            // what is read again is compared with what the first store would say, through a copy in memory
            let copy = MemoryStore::in_memory();
            for kind in Kind::ALL.iter().filter(|kind| !kind.is_projection()) {
                for found in support::compare::everything(&again, *kind, 100).await {
                    Commit::commit(&copy, batch([Step(Verb::Insert, found)])).await.expect("it is new to the copy");
                }
            }
            same_records(&copy, &again).await;
            same_answers(&copy, &again).await;
        });
    }
}
