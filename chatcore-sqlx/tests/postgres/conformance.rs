//! The suite, each check in a schema of its own.

use std::sync::Arc;

use async_trait::async_trait;
use chatcore::Store;
use chatcore::conformance::{CHECKS, Harness, model, plain, report_skipped, run};
use chatcore_sqlx::testing::Postgres;
use chatcore_sqlx::{PostgresOptions, PostgresStore};
use futures::future::BoxFuture;
use tokio::runtime::Runtime;

use super::Check;

struct InSchema {
    options: PostgresOptions,
    runtime: Runtime,
}

impl InSchema {
    fn new(server: &Postgres) -> Self {
        let options = PostgresOptions::new(server.options()).schema(server.schema()).readers(4);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { options, runtime }
    }
}

#[async_trait]
impl Harness for InSchema {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(PostgresStore::open(self.options.clone()).await.unwrap())
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
        drop(store);
        Some(self.open().await)
    }

    fn run(&self, check: BoxFuture<'_, ()>) {
        self.runtime.block_on(check);
    }
}

pub(super) fn all() -> Vec<(String, Check)> {
    let check = |check: &chatcore::conformance::Check| {
        let name = check.name;
        let go: Check = Box::new(move |server| run(name, &InSchema::new(server)));
        (format!("conformance::{name}"), go)
    };
    let skipped: Check = Box::new(|server| report_skipped(&InSchema::new(server)));
    let last = ("conformance::skipped_checks".to_owned(), skipped);
    CHECKS.iter().map(check).chain([last]).collect()
}

/// What takes minutes, and runs when it is asked for.
pub(super) fn long() -> Vec<(String, Check)> {
    let run: Check = Box::new(|server| {
        model::run(&InSchema::new(server), 100_000, 100_000);
    });
    let movements: Check = Box::new(|server| {
        plain::run(&InSchema::new(server), 1_000_000, 1_000_000);
    });
    vec![
        ("conformance::a_hundred_thousand_operations".to_owned(), run),
        ("conformance::a_million_movements_of_credit".to_owned(), movements),
    ]
}
