//! A ledger against a plain list: the same random movements of credit on both, and what everybody has compared after each.
//!
//! The list holds one lot for each gift, and finds by sorting what is used first and what has lapsed; it knows no
//! slices, no folds and no entries. What it says of each owner, refusals included, is what the store must say. Every so
//! often all entries are added up: each sums to zero, their numbers have no gaps, and wallets are their sums.
//!
//! One of the movements closes the store and opens it again; a store that keeps nothing passes it over.
//!
//! ```
//! use chatcore::conformance::{MemoryHarness, plain};
//!
//! assert_eq!(plain::run(&MemoryHarness, 7, 300).movements, 300);
//! ```
//!
//! The suite does 1,000 movements on every store, the tests of `chatcore` 20,000 in memory. The long run does 1,000,000; it
//! is a test like the others, but ignored unless it is asked for:
//!
//! ```sh
//! cargo test --release -p chatcore-sqlx --test conformance -- --ignored a_million_movements_of_credit
//! ```

mod list;
mod run;

use super::bench::Bench;
use super::harness::Harness;

use run::Twins;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// How many movements.
    pub movements: usize,
    /// How many of them were refused, by both.
    pub refused: usize,
    /// How often the store was closed and opened again.
    pub reopened: usize,
    /// How many entries were added up at the end.
    pub entries: usize,
}

/// Does so many movements and compares after each; always the same ones for the same seed.
///
/// # Panics
/// When the two differ, with what differs and after which movement of which seed.
pub fn run(harness: &dyn Harness, seed: u64, count: usize) -> Outcome {
    let mut outcome = Outcome::default();
    harness.run(Box::pin(async {
        outcome = Twins::follow(Bench::open("plain", harness).await, seed, count).await;
    }));
    outcome
}

pub(super) async fn equals_the_plain_ledger(bench: Bench<'_>) {
    let outcome = Twins::follow(bench, 6_000, 1_000).await;
    assert!(outcome.refused > 50 && outcome.refused < 600, "{outcome:?}");
}
