//! The suite that every store passes, on a file and in memory.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::sync::Arc;

use async_trait::async_trait;
use chatcore::Store;
use chatcore::conformance::{Harness, OnDisk};
use chatcore_sqlx::SqliteStore;
use futures::future::BoxFuture;
use tokio::runtime::Runtime;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn on_disk() -> impl Harness {
    let runtime = runtime();
    let on_disk = OnDisk::new(tempfile::tempdir().unwrap(), |folder| SqliteStore::open(folder.join("chat.db")));
    on_disk.run_with(move |check| runtime.block_on(check))
}

struct InMemory {
    runtime: Runtime,
}

#[async_trait]
impl Harness for InMemory {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::in_memory().await.unwrap())
    }

    fn run(&self, check: BoxFuture<'_, ()>) {
        self.runtime.block_on(check);
    }
}

mod on_disk {
    chatcore::conformance!(super::on_disk());
}

mod in_memory {
    chatcore::conformance!(super::InMemory { runtime: super::runtime() });
}
