//! What a writer is told.

use serde::{Deserialize, Serialize};

use super::erasure::Erasing;

/// The environment variable with the order, as JSON. A process that has it is a writer.
pub(crate) const VARIABLE: &str = "CHATCORE_CRASH_WRITER";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) url: String,
    /// Which writer of this store, to give things names of their own.
    pub(crate) round: u64,
    pub(crate) seed: u64,
    /// How many tasks work through the services.
    pub(crate) service_tasks: u32,
    /// How many commit batches of their own.
    pub(crate) batch_tasks: u32,
    /// How many attempts each task makes; for ever when it is not said.
    pub(crate) attempts: Option<u64>,
    /// How many characters a batch's messages have.
    pub(crate) text: usize,
    pub(crate) lie: Option<Lie>,
    /// Erases accounts, and does nothing else.
    pub(crate) erasing: Option<Erasing>,
}

/// A writer that does it wrong, to see that it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Lie {
    /// Acknowledges a batch before it is committed.
    Early,
    /// Commits the messages of a batch one by one.
    Torn,
}

impl Order {
    pub(crate) fn new(url: &str, round: u64, seed: u64) -> Self {
        let url = url.to_owned();
        let (attempts, lie, erasing) = (None, None, None);
        Self { url, round, seed, service_tasks: 6, batch_tasks: 4, attempts, text: 60, lie, erasing }
    }

    /// Batches alone, by so many tasks.
    pub(crate) fn batches(self, tasks: u32) -> Self {
        Self { service_tasks: 0, batch_tasks: tasks, ..self }
    }

    pub(crate) fn attempts(self, attempts: u64) -> Self {
        Self { attempts: Some(attempts), ..self }
    }
}
