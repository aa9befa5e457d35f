//! How much is measured: all of it, or just enough to see that it works.

use std::time::Duration;

/// Sizes of a run.
pub(crate) struct Scale {
    /// Whether to start a server.
    pub(crate) servers: bool,
    /// Appends that are timed.
    pub(crate) appends: u32,
    /// Reads that are timed.
    pub(crate) reads: usize,
    /// How long many writers write.
    pub(crate) time: Duration,
    /// Messages of a short conversation, a usual one and a deep one.
    pub(crate) short: u32,
    pub(crate) usual: u32,
    pub(crate) deep: u32,
    /// Messages of a branch that is read as a whole, and forks on it or beside it.
    pub(crate) long: u32,
    pub(crate) forks: u32,
    /// Answers to one question.
    pub(crate) siblings: u32,
    /// Conversations of one owner.
    pub(crate) listed: u32,
    /// Messages of each conversation in the small store and in the big one, and how many conversations there are.
    pub(crate) each: u32,
    pub(crate) few: u32,
    pub(crate) many: u32,
    /// Messages of the store that is weighed.
    pub(crate) weighed: u32,
}

impl Scale {
    pub(crate) fn full(million: bool) -> Self {
        Self {
            servers: true,
            appends: 300,
            reads: 300,
            time: Duration::from_secs(4),
            short: 10,
            usual: 100,
            deep: 10_000,
            long: 2_000,
            forks: 100,
            siblings: 1_000,
            listed: 1_000,
            each: 1_000,
            few: 10,
            many: if million { 1_000 } else { 100 },
            weighed: 100_000,
        }
    }

    pub(crate) fn tiny() -> Self {
        Self {
            servers: false,
            appends: 4,
            reads: 3,
            time: Duration::from_millis(50),
            short: 4,
            usual: 60,
            deep: 80,
            long: 40,
            forks: 4,
            siblings: 5,
            listed: 60,
            each: 20,
            few: 2,
            many: 4,
            weighed: 100,
        }
    }
}
