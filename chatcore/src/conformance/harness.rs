//! How the suite gets a store, and how it runs.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;

use crate::memory::MemoryStore;
use crate::store::Store;

/// What the author of a store writes to run the suite. Every check makes a harness of its own, so a harness holds at
/// most one store.
#[async_trait]
pub trait Harness: Send + Sync {
    /// Opens the store. It is empty: nobody has used it before.
    async fn open(&self) -> Arc<dyn Store>;

    /// Closes the store and opens the same data again, as a program does that ends and starts. Nobody else holds
    /// `store` any more. `None` for a store that keeps nothing: checks that need it say that they were skipped.
    async fn reopen(&self, store: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
        drop(store);
        None
    }

    /// Runs a check to its end. A store that needs a runtime enters it here. Some checks call this from several threads
    /// at once, so a runtime of tokio must be the one with several threads.
    fn run(&self, check: BoxFuture<'_, ()>) {
        futures::executor::block_on(check);
    }
}

/// The harness of the store in memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct MemoryHarness;

#[async_trait]
impl Harness for MemoryHarness {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(MemoryStore::in_memory())
    }
}

#[expect(clippy::print_stderr, reason = "a check that was skipped must be seen to be")]
pub(super) fn skip(why: &str) {
    eprintln!("skipped: {why}");
}
