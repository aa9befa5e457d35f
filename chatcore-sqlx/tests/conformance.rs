//! The suite that every store passes, on a file and in memory.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::sync::Arc;

use async_trait::async_trait;
use chatcore::Store;
use chatcore::conformance::Harness;
use chatcore_sqlx::SqliteStore;
use futures::future::BoxFuture;
use tokio::runtime::Runtime;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A database in a folder that goes away with the harness.
struct OnDisk {
    folder: tempfile::TempDir,
    runtime: Runtime,
}

impl OnDisk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), runtime: runtime() }
    }
}

#[async_trait]
impl Harness for OnDisk {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(self.folder.path().join("chat.db")).await.unwrap())
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
        drop(store);
        Some(self.open().await)
    }

    fn run(&self, check: BoxFuture<'_, ()>) {
        self.runtime.block_on(check);
    }
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
    chatcore::conformance!(super::OnDisk::new());
}

mod in_memory {
    chatcore::conformance!(super::InMemory { runtime: super::runtime() });
}
