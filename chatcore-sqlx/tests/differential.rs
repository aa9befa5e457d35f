//! Random batches, applied to the store in memory and to SQLite: the same verdicts, the same records, the same answers.
#![cfg(feature = "sqlite")]
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod support;

use chatcore::MemoryStore;
use chatcore::store::{Commit, Kind};
use chatcore_sqlx::{SqliteOptions, SqliteStore};
use proptest::prelude::*;
use support::compare::{same_answers, same_records};
use support::random::{batches, check};
use support::{Step, Verb, batch};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_database_in_memory_does_what_the_reference_does(batches in batches(80)) {
        runtime().block_on(async {
            let store = SqliteStore::in_memory().await.expect("a store");
            check(&store, batches, |_| false).await;
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
            check(&store, batches, |_| false).await;
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
