//! How the suite gets a store, and how it runs.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
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

/// The harness of a store that keeps its data in a folder: from one function that opens the store there, twice if need be.
///
/// ```
/// # use chatcore::{MemoryStore, StoreError};
/// # use chatcore::conformance::{Harness, OnDisk};
/// # struct MyStore;
/// # impl MyStore {
/// #     async fn open(_: std::path::PathBuf) -> Result<MemoryStore, StoreError> { Ok(MemoryStore::in_memory()) }
/// # }
/// # fn tempdir() -> std::path::PathBuf { "a folder".into() }
/// // a new folder for each check, which goes away with the harness: `tempfile::tempdir().unwrap()`, say
/// let harness = OnDisk::new(tempdir(), |folder| MyStore::open(folder.join("chat.db")));
/// // a store that needs a runtime: `.run_with(move |check| runtime.block_on(check))`
/// # chatcore::conformance::run("all_or_nothing", &harness.run_with(|check| futures::executor::block_on(check)));
/// ```
pub struct OnDisk<D, O> {
    open: O,
    run: Runner,
    folder: D,
}

type Runner = Box<dyn Fn(BoxFuture<'_, ()>) + Send + Sync>;

impl<D, O> OnDisk<D, O> {
    /// A harness of the store that `open` makes of `folder`. The folder is empty, and nobody else gets it.
    pub fn new<F>(folder: D, open: O) -> Self
    where
        O: Fn(PathBuf) -> F,
    {
        Self { open, run: Box::new(|check| futures::executor::block_on(check)), folder }
    }

    /// With something else that runs checks; see [`Harness::run`].
    #[must_use]
    pub fn run_with(mut self, run: impl Fn(BoxFuture<'_, ()>) + Send + Sync + 'static) -> Self {
        self.run = Box::new(run);
        self
    }
}

#[async_trait]
impl<D, O, F, S, E> Harness for OnDisk<D, O>
where
    D: AsRef<Path> + Send + Sync,
    O: Fn(PathBuf) -> F + Send + Sync,
    F: Future<Output = Result<S, E>> + Send,
    S: Store + 'static,
    E: Debug,
{
    async fn open(&self) -> Arc<dyn Store> {
        let opened = (self.open)(self.folder.as_ref().to_path_buf()).await;
        Arc::new(opened.expect("the store cannot be opened"))
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
        drop(store);
        Some(self.open().await)
    }

    fn run(&self, check: BoxFuture<'_, ()>) {
        (self.run)(check);
    }
}

#[expect(clippy::print_stderr, reason = "a check that was skipped must be seen to be")]
pub(super) fn skip(check: &str, why: &str) {
    eprintln!("skipped: {check}: {why}");
}
