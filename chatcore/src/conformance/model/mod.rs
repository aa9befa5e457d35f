//! A store against a plain tree: the same random operations on both, and everything that a reader can see compared.
//!
//! The tree is a list of messages that know their parents; whatever it is asked it finds by looking through all of
//! them. It is slow and has no lanes, no forks, no ranges: what they are for is what it proves.
//!
//! ```
//! use chatcore::MemoryStore;
//! use chatcore::conformance::model;
//!
//! let store = std::sync::Arc::new(MemoryStore::in_memory());
//! futures::executor::block_on(model::run(store, &model::operations(7, 50)));
//! ```

mod compare;
mod run;
mod tree;

use crate::conversation::Role;

use super::bench::Bench;

pub use run::run;

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

async fn seeded(bench: Bench<'_>, seed: u64, count: usize) {
    run(bench.store.clone(), &operations(seed, count)).await;
}

pub(super) async fn equals_the_plain_tree_1(bench: Bench<'_>) {
    seeded(bench, 1, 200).await;
}

pub(super) async fn equals_the_plain_tree_2(bench: Bench<'_>) {
    seeded(bench, 20, 200).await;
}

pub(super) async fn equals_the_plain_tree_3(bench: Bench<'_>) {
    seeded(bench, 300, 200).await;
}
