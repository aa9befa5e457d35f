//! A store against a plain tree: the same random operations on both, and everything that a reader can see compared.
//!
//! The tree is a list of messages that know their parents; whatever it is asked it finds by looking through all of
//! them. It is slow and has no lanes, no forks, no ranges: what they are for is what it proves.
//!
//! One of the operations closes the store and opens it again; a store that keeps nothing skips it, and [`Outcome`] says
//! how often.
//!
//! ```
//! use chatcore::conformance::{MemoryHarness, model};
//!
//! let outcome = model::run(&MemoryHarness, 7, 100);
//! assert_eq!((outcome.operations, outcome.reopened), (100, 0));
//! ```
//!
//! The suite does 5,000 operations on every store. Its long run does 100,000; it is a test like the others, but ignored
//! unless it is asked for:
//!
//! ```sh
//! cargo test --release -p chatcore-sqlx --test conformance -- --ignored a_hundred_thousand_operations
//! ```

mod compare;
mod run;
mod tree;

use super::bench::Bench;
use super::harness::{Harness, skip};
use crate::conversation::Role;

use run::{Twins, Work};

/// Something that somebody does. Numbers pick among what there is at that moment, so every list of operations means
/// something, and a shorter one still does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A message at the head.
    Append(Role),
    /// A message below another one.
    AppendBelow(u16, Role),
    /// A message that starts anew.
    Root,
    /// A message that expects the head elsewhere.
    Stale(u16),
    /// A whole turn at the head.
    Send,
    /// A user's message said again, and answered.
    Edit(u16),
    /// An answer given again.
    Regenerate(u16),
    /// The head goes to another message.
    Switch(u16),
    /// A message and everything below it is deleted.
    Delete(u16),
    /// The text of a message is replaced.
    Revise(u16),
    /// The path to a message becomes a conversation, and the next operations are about that one.
    Fork(u16),
    /// A new conversation, and the next operations are about that one.
    Create,
    /// The next operations are about another conversation.
    Select(u16),
    /// The conversation is deleted.
    DeleteConversation,
    /// Time passes.
    Tick,
    /// The store is closed and opened again.
    Reopen,
}

impl Operation {
    /// The operation of two numbers: which, and on what. Every pair is one, the frequent ones many times.
    #[must_use]
    pub fn of(which: u8, at: u16) -> Self {
        let role = match at % 5 {
            0 => Role::Tool,
            1 => Role::System,
            2 => Role::User,
            _ => Role::Assistant,
        };
        match which % 32 {
            0..=3 => Self::Append(role),
            4..=8 => Self::AppendBelow(at, role),
            9 => Self::Root,
            10 => Self::Stale(at),
            11..=13 => Self::Send,
            14..=16 => Self::Edit(at),
            17..=19 => Self::Regenerate(at),
            20..=22 => Self::Switch(at),
            23..=25 => Self::Delete(at),
            26 => Self::Revise(at),
            27 => Self::Fork(at),
            28 => Self::Create,
            29 => Self::Select(at),
            30 if at.is_multiple_of(4) => Self::DeleteConversation,
            31 if at.is_multiple_of(2) => Self::Reopen,
            _ => Self::Tick,
        }
    }
}

/// So many operations, always the same ones for the same seed.
#[must_use]
pub fn operations(seed: u64, count: usize) -> Vec<Operation> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    };
    (0..count)
        .map(|_| {
            let [which, high, low, ..] = next();
            Operation::of(which, u16::from_be_bytes([high, low]))
        })
        .collect()
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// How many operations.
    pub operations: usize,
    /// How many of them closed the store and opened it again.
    pub reopened: usize,
    /// How many would have, but the store keeps nothing.
    pub reopenings_skipped: usize,
}

/// Trees grow, and looking through them gets slow: after so many operations everything is deleted, and somebody else
/// begins with nothing.
const ROUND: usize = 200;

/// Does so many operations to a store and compares it with the plain tree after each; always the same ones for the same
/// seed.
///
/// # Panics
/// When the two differ, with what differs and after which operation of which seed.
pub fn run(harness: &dyn Harness, seed: u64, count: usize) -> Outcome {
    let mut outcome = Outcome::default();
    harness.run(Box::pin(async { rounds(Bench::open("model", harness).await, seed, count, &mut outcome).await }));
    outcome
}

/// Does these operations to a store, as [`run`] does its own.
///
/// # Panics
/// When the two differ, with what differs and after which operation.
pub fn replay(harness: &dyn Harness, operations: &[Operation]) -> Outcome {
    let mut outcome = Outcome::default();
    harness.run(Box::pin(async {
        let work = Work::on(Bench::open("model", harness).await).await;
        Twins::follow(work, 1, operations, &mut outcome).await;
    }));
    outcome
}

async fn rounds(bench: Bench<'_>, seed: u64, count: usize, outcome: &mut Outcome) {
    let mut work = Work::on(bench).await;
    for round in 0..count.div_ceil(ROUND) {
        let seed = seed + round as u64;
        let length = ROUND.min(count - round * ROUND);
        work = Twins::follow(work, seed, &operations(seed, length), outcome).await;
    }
}

async fn seeded(bench: Bench<'_>, seed: u64) {
    let (check, mut outcome) = (bench.check, Outcome::default());
    rounds(bench, seed, 1_000, &mut outcome).await;
    if outcome.reopenings_skipped > 0 {
        skip(check, &format!("{} reopenings, the store keeps nothing", outcome.reopenings_skipped));
    }
}

pub(super) async fn equals_the_plain_tree_1(bench: Bench<'_>) {
    seeded(bench, 1_000).await;
}

pub(super) async fn equals_the_plain_tree_2(bench: Bench<'_>) {
    seeded(bench, 2_000).await;
}

pub(super) async fn equals_the_plain_tree_3(bench: Bench<'_>) {
    seeded(bench, 3_000).await;
}

pub(super) async fn equals_the_plain_tree_4(bench: Bench<'_>) {
    seeded(bench, 4_000).await;
}

pub(super) async fn equals_the_plain_tree_5(bench: Bench<'_>) {
    seeded(bench, 5_000).await;
}
