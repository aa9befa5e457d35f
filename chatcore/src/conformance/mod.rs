//! The suite that every store passes: one named check for every behaviour that the store traits promise, and for every
//! rule of the services over them.
//!
//! One line in a test file of the store's crate runs all of it, one test a check:
//!
//! ```
//! chatcore::conformance!(chatcore::conformance::MemoryHarness);
//! ```
//!
//! The expression makes a [`Harness`], anew for each check. What a harness of a store on disk looks like:
//!
//! ```
//! use std::sync::Arc;
//! use chatcore::Store;
//! use chatcore::conformance::Harness;
//! # struct MyStore;
//! # impl MyStore { async fn open(_: &std::path::Path) -> Arc<dyn Store> { Arc::new(chatcore::MemoryStore::in_memory()) } }
//!
//! struct MyHarness(std::path::PathBuf);
//!
//! #[async_trait::async_trait]
//! impl Harness for MyHarness {
//!     async fn open(&self) -> Arc<dyn Store> {
//!         MyStore::open(&self.0).await
//!     }
//!
//!     async fn reopen(&self, store: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
//!         drop(store);
//!         Some(MyStore::open(&self.0).await)
//!     }
//! }
//! ```
//!
//! What the parts are for: [`CHECKS`] is the list, [`run`] runs one check by name, [`check_tree`] looks for defects in
//! what a store holds, and [`model`] compares a store with a plain tree while random things are done to both.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a check that fails panics and says why")]

mod accounts;
mod bench;
mod branches;
mod checks;
mod commits;
mod deleting;
mod durable;
mod engine;
mod forks;
mod harness;
mod heads;
mod lanes;
mod list;
mod lists;
pub mod model;
mod races;
mod ranges;
mod raw;
mod records;
mod runs;
mod samples;
mod tree;
mod turns;

pub use harness::{Harness, MemoryHarness};
pub use list::{CHECKS, Check, promises, run};
pub use tree::{check_store, check_tree};

/// Runs the suite: one `#[test]` a check. The argument is an expression that makes a [`Harness`]; it is evaluated in each
/// test.
#[macro_export]
macro_rules! conformance {
    ($harness:expr) => {
        $crate::conformance_checks!($crate::conformance_tests, $harness);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ([$harness:expr] $($domain:literal in $module:ident { $($name:ident: $summary:literal;)* })*) => {$($(
        #[test]
        fn $name() {
            $crate::conformance::run(stringify!($name), &$harness);
        }
    )*)*};
}
