//! What a store may tell of the work of other processes.

use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, RunId};
use crate::subject::Subject;
use crate::turn::Run;

/// A hint that somebody who waits should look into the store again. It carries nothing that a decision may rest on: a hint
/// may come late, twice, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WakeUp {
    /// Something happened to a run.
    Run(RunNotice),
    /// From now on hints come. What happened before may have been missed, so everybody should look.
    Listening,
    /// Hints do not come for a while.
    Deaf,
}

/// The run that something happened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunNotice {
    /// Which.
    pub run: RunId,
    /// Where it answers.
    pub conversation: ConversationId,
    /// Whose it is.
    pub owner: Subject,
    /// Whether somebody wants it to stop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stop: bool,
    /// Whether it has just begun.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub begins: bool,
}

impl RunNotice {
    /// What is to be told of a run as it was written.
    #[must_use]
    pub fn of(before: Option<&Run>, run: &Run) -> Self {
        let stop = run.is_active() && run.stop_requested_at.is_some();
        let begins = before.is_none();
        Self { run: run.id, conversation: run.conversation, owner: run.owner, stop, begins }
    }
}
