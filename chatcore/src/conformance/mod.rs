//! The suite that every store passes: one named check for every behaviour that the store traits promise, and for every
//! rule of the services over them.
//!
//! One line in a test file of the store's crate runs all of it, one test a check:
//!
//! ```
//! chatcore::conformance!(chatcore::conformance::MemoryHarness);
//! ```
//!
//! The expression makes a [`Harness`], anew for each check. For a store on disk there is one to be had: [`OnDisk`].
//!
//! ```no_run
//! # use chatcore::{MemoryStore, StoreError};
//! # struct MyStore;
//! # impl MyStore {
//! #     async fn open(_: std::path::PathBuf) -> Result<MemoryStore, StoreError> { Ok(MemoryStore::in_memory()) }
//! # }
//! # mod tempfile { pub fn tempdir() -> std::io::Result<std::path::PathBuf> { Ok("a folder".into()) } }
//! use chatcore::conformance::OnDisk;
//!
//! chatcore::conformance!(OnDisk::new(tempfile::tempdir().unwrap(), |folder| MyStore::open(folder.join("chat.db"))));
//! ```
//!
//! A store need not have all that there is: it may [leave a domain out](crate::Store::supports), keep nothing when it is
//! closed, or belong to one process at a time. A check that [needs](Need) what a store lacks is skipped, and prints its name
//! and the reason; the test `skipped_checks` prints all of them, [`skipped`] lists them for a test that knows what to expect:
//!
//! ```
//! use chatcore::conformance::{MemoryHarness, skipped};
//!
//! let skipped = skipped(&MemoryHarness);
//! assert!(skipped.contains(&("durable_before_answer", "the store keeps nothing when it is closed")));
//! ```
//!
//! The tests `a_hundred_thousand_operations` and `a_million_movements_of_credit` are ignored unless they are asked for; see
//! [`model`] and [`plain`].
//!
//! Model back ends have a suite of their own: [`models`].
//!
//! What the parts are for: [`CHECKS`] is the list, [`run`] runs one check by name, [`check_store`] looks for defects in
//! what a store holds, and [`model`] compares a store with a plain tree while random things are done to both.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a check that fails panics and says why")]

mod access;
mod accounts;
mod adopting;
mod attachments;
mod audit;
mod bench;
mod billing;
mod branches;
mod charges;
mod checks;
mod commits;
mod credit;
mod deleting;
mod deliveries;
mod domains;
mod durable;
mod engine;
mod erasing;
mod feedback;
mod files;
mod forks;
mod harness;
mod heads;
mod holds;
mod importing;
mod lanes;
mod ledger;
mod list;
mod lists;
pub mod model;
pub mod models;
mod names;
mod need;
mod newcomers;
mod once;
mod pages;
pub mod plain;
mod policies;
mod quota;
mod races;
mod ranges;
mod raw;
mod readers;
mod records;
mod retiring;
mod runs;
mod samples;
mod searching;
mod secrets;
mod sharing;
mod shelves;
mod social;
mod stopping;
mod threads;
mod tokens;
mod tree;
mod turns;
mod winners;

pub use harness::{Harness, MemoryHarness, OnDisk};
pub use list::{CHECKS, Check, promises, run};
pub use need::{Need, report_skipped, skipped};
pub use samples::records;
pub use tree::check_store;

/// Runs the suite: one `#[test]` a check, one that prints what is skipped, and an ignored one for the long run. The
/// argument is an expression that makes a [`Harness`]; it is evaluated in each test.
#[macro_export]
macro_rules! conformance {
    ($harness:expr) => {
        $crate::conformance_checks!($crate::conformance_tests, $harness);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ([$harness:expr] $($domain:literal in $module:ident $needs:tt { $($name:ident: $summary:literal;)* })*) => {
        $($(
            #[test]
            fn $name() {
                $crate::conformance::run(stringify!($name), &$harness);
            }
        )*)*

        #[test]
        fn skipped_checks() {
            $crate::conformance::report_skipped(&$harness);
        }

        #[test]
        #[ignore = "takes minutes"]
        fn a_hundred_thousand_operations() {
            $crate::conformance::model::run(&$harness, 100_000, 100_000);
        }

        #[test]
        #[ignore = "takes long"]
        fn a_million_movements_of_credit() {
            $crate::conformance::plain::run(&$harness, 1_000_000, 1_000_000);
        }
    };
}
