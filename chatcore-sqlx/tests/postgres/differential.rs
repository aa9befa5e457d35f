//! Random batches: PostgreSQL does what the store in memory does.

use chatcore::MemoryStore;
use chatcore::conformance::records;
use chatcore::store::{Commit, Kind};
use chatcore::testing::CountingIds;
use chatcore_sqlx::PostgresStore;
use chatcore_sqlx::testing::Postgres;
use proptest::test_runner::{Config, TestRunner};

use super::place::{self, Place};
use crate::support::compare::same_records;
use crate::support::random::{batches, check};
use crate::support::{Step, batch, fresh};

/// The tables of the records.
const TABLES: &str = "conversations, messages, lanes, forks, sequences, runs, run_logs, users, identities, sessions, jobs, idempotency_keys,
    challenges, api_keys, visitors, rate_counters, role_counts, counters, holds, wallets, ledger_entries, \
    entitlements, plans, subscriptions, payment_events, customers, payment_objects, attachments, blobs, feedback, \
    shares, audit_entries, audit_heads";

/// The one thing that the server does not keep: a text with a zero character.
fn has_zero(steps: &[Step]) -> bool {
    format!("{steps:?}").contains("\\0")
}

async fn empty(place: &Place) {
    place::run(&mut place.aside().await, &format!("TRUNCATE {TABLES}")).await;
}

/// Values at the edges of what a store must keep.
async fn keeps_the_edges(store: &PostgresStore) {
    let memory = MemoryStore::in_memory();
    for record in records(&CountingIds::default()) {
        memory.commit(batch([fresh(record.clone())])).await.unwrap();
        store.commit(batch([fresh(record)])).await.unwrap();
    }
    for kind in Kind::ALL {
        assert!(!crate::support::compare::everything(store, *kind, 100).await.is_empty(), "{}", kind.name());
    }
    same_records(&memory, store).await;
}

pub(super) fn run(server: &Postgres) {
    let place = Place::new(server);
    let runtime = place::runtime();
    let store = runtime.block_on(place.store());
    runtime.block_on(keeps_the_edges(&store));
    let config = Config { cases: 6, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let case = |batches| {
        runtime.block_on(async {
            empty(&place).await;
            check(&*store, batches, has_zero).await;
        });
        Ok(())
    };
    if let Err(failed) = TestRunner::new(config).run(&batches(60), case) {
        panic!("{failed}");
    }
}
