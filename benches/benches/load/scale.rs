//! How much is measured: all of it, or just enough to see that it works.

use std::time::Duration;

/// Sizes of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// Rounds in which everybody has a turn.
    pub(crate) rounds: usize,
    /// Streams of one turn.
    pub(crate) streams: usize,
    /// Chunks of a stream.
    pub(crate) chunks: usize,
    /// Streams at once, few and many.
    pub(crate) at_once: [usize; 2],
    /// Time between two chunks of a paced stream.
    pub(crate) every: Duration,
    /// Paced streams of one turn, for each that is open at once.
    pub(crate) paced: usize,
    /// Streams at rest.
    pub(crate) alone: usize,
    /// Streams that are open and silent.
    pub(crate) idle: usize,
    /// How often they are opened and ended.
    pub(crate) idle_rounds: usize,
    /// Conversations and messages of each in the store of a cold start.
    pub(crate) store: (u32, u32),
    /// Cold starts.
    pub(crate) starts: usize,
}

impl Scale {
    pub(crate) fn full() -> Self {
        Self {
            rounds: 5,
            streams: 1_536,
            chunks: 64,
            at_once: [32, 256],
            every: Duration::from_millis(20),
            paced: 2,
            alone: 1_000,
            idle: 5_000,
            idle_rounds: 10,
            store: (1_000, 1_000),
            starts: 11,
        }
    }

    pub(crate) fn quick() -> Self {
        Self {
            rounds: 1,
            streams: 16,
            chunks: 8,
            at_once: [4, 8],
            every: Duration::from_millis(5),
            paced: 1,
            alone: 10,
            idle: 20,
            idle_rounds: 2,
            store: (2, 20),
            starts: 1,
        }
    }
}
