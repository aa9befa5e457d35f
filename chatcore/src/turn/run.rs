//! The run: one generation, with a life of its own.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::event::RunEvent;
use super::seen::seen_of;
use super::usage::Usage;
use crate::clock::Timestamp;
use crate::conversation::{MessageState, Part};
use crate::id::{ConversationId, MessageId, RunId};
use crate::once::{IdempotencyKey, RequestName};
use crate::quota::is_zero;
use crate::store::{Conflict, Entries, Index, Kind, Record, StoreError};
use crate::subject::Subject;
use crate::turn::FinishReason;

/// One generation of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The message that it writes.
    pub message: MessageId,
    /// Who is charged.
    pub owner: Subject,
    /// The model that was asked.
    pub model: String,
    /// Where it is in its life.
    pub state: RunState,
    /// When it began.
    pub started_at: Timestamp,
    /// When the first event of the model came.
    pub first_token_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When its driver was last known to live.
    pub heartbeat_at: Timestamp,
    /// When somebody asked it to stop.
    pub stop_requested_at: Option<Timestamp>,
    /// How much of the message's text they had seen, in Unicode scalar values: nothing behind that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_len: Option<u64>,
    /// How many events behind the first repeat what an earlier answer had said, which this one goes on with.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seeded: u64,
    /// The number of the last event in the log.
    pub last_seq: u64,
    /// What it used.
    pub usage: Option<Usage>,
    /// Why the model ended.
    pub finish: Option<FinishReason>,
    /// What went wrong.
    pub error: Option<RunError>,
}

/// What ended a run that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunError {
    /// What kind of error, for programs.
    pub code: String,
    /// What happened, for people.
    pub message: String,
}

/// The life of a run: `Queued` if it has to wait, `Running`, then exactly one of the others. A queued run may also end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Its driver waits for other runs to end.
    Queued,
    /// Its driver is at work.
    Running,
    /// The model said all it had to say.
    Completed,
    /// Ended on request.
    Stopped,
    /// Ended by an error.
    Failed,
    /// Its driver went away.
    Interrupted,
}

impl RunState {
    /// Whether it is not an end.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }

    /// The state of the message that a run which ended so leaves.
    #[must_use]
    pub const fn message(self) -> MessageState {
        match self {
            Self::Queued | Self::Running => MessageState::Open,
            Self::Completed => MessageState::Complete,
            Self::Stopped => MessageState::Stopped,
            Self::Failed => MessageState::Failed,
            Self::Interrupted => MessageState::Interrupted,
        }
    }
}

impl Run {
    /// Whether it has not ended.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.state.is_active()
    }

    /// What is kept of what it said: all of it, or what was seen by whoever stopped it.
    #[must_use]
    pub fn kept(&self, said: &[Part]) -> Vec<Part> {
        match self.seen_len.filter(|_| self.state == RunState::Stopped) {
            Some(seen) => seen_of(said, seen),
            None => said.to_vec(),
        }
    }

    /// From the start to the first event of the model.
    #[must_use]
    pub fn time_to_first_token(&self) -> Option<Duration> {
        self.first_token_at.map(|first| first.since(self.started_at))
    }

    /// Refuses what only a living run may do.
    ///
    /// # Errors
    /// [`Conflict::RunEnded`] when it has ended.
    pub fn expect_active(&self) -> Result<(), Conflict> {
        if self.is_active() { Ok(()) } else { Err(Conflict::RunEnded { state: self.state }) }
    }
}

impl Record for Run {
    type Key = RunId;
    const KIND: Kind = Kind::Run;

    fn key(&self) -> RunId {
        self.id
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::RunsByOwner, &(self.owner, self.id));
        if self.is_active() {
            entries.add(Index::ActiveRuns, &(self.conversation, self.id));
            entries.add(Index::RunsByHeartbeat, &(self.heartbeat_at, self.id));
        }
    }
}

/// A stretch of a run's events as they were stored: its numbers are `first` to `first + events.len() - 1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunLog {
    /// The run.
    pub run: RunId,
    /// The number of its first event.
    pub first: u64,
    /// The number of its last event.
    pub last: u64,
    /// The events.
    pub events: Vec<RunEvent>,
}

impl Record for RunLog {
    type Key = (RunId, u64);
    const KIND: Kind = Kind::RunLog;

    fn key(&self) -> Self::Key {
        (self.run, self.first)
    }

    fn is_small(&self) -> bool {
        false
    }
}

/// Reads of runs.
#[async_trait]
pub trait TurnStore: Send + Sync {
    /// The run of that id.
    ///
    /// # Behaviour
    /// * `run_by_id`: in whatever state.
    async fn run(&self, id: RunId) -> Result<Option<Run>, StoreError>;

    /// Runs of a conversation that have not ended.
    ///
    /// # Behaviour
    /// * `active_until_ended`: by id.
    async fn active_runs(&self, conversation: ConversationId) -> Result<Vec<Run>, StoreError>;

    /// Runs that have not ended and whose heartbeat is before a moment.
    ///
    /// # Behaviour
    /// * `lapsed_oldest_first`: by heartbeat, then id; at most `limit`.
    /// * `lapsed_until_ended`: a run that has ended or shown a sign of life is out of the list, so whoever ends page after
    ///   page meets each run once.
    async fn lapsed_runs(&self, before: Timestamp, limit: usize) -> Result<Vec<Run>, StoreError>;

    /// Runs of somebody.
    ///
    /// # Behaviour
    /// * `runs_by_owner`: in whatever state, by id, behind `after`; at most `limit`.
    async fn runs_of(&self, owner: Subject, after: Option<RunId>, limit: usize) -> Result<Vec<Run>, StoreError>;

    /// The ids of runs that have a log, whether or not the run is there. It costs what the answer holds, however many
    /// stretches that is and however many runs have none.
    ///
    /// # Behaviour
    /// * `logged_by_id`: those of which a stretch is stored, each once, by id, behind `after`; at most `limit`.
    async fn logged_runs(&self, after: Option<RunId>, limit: usize) -> Result<Vec<RunId>, StoreError>;

    /// The log of a run.
    ///
    /// # Behaviour
    /// * `log_after`: stretches whose last event is behind `after`, in order; at most `limit` stretches.
    /// * `log_pages_under_writes`: whatever comes or goes between two pages, the second shows what lies behind its place by
    ///   then, and so nothing twice.
    async fn run_log(&self, run: RunId, after: u64, limit: usize) -> Result<Vec<RunLog>, StoreError>;

    /// What an owner asked for under a name, and what it made.
    ///
    /// # Behaviour
    /// * `request_by_name`: of that owner alone, letter by letter; whether or not it has expired.
    async fn idempotency_key(&self, owner: Subject, name: &RequestName) -> Result<Option<IdempotencyKey>, StoreError>;

    /// Names of requests that have expired by a moment.
    ///
    /// # Behaviour
    /// * `expired_names_oldest_first`: by expiry, then owner and name; those that expire at that moment too; at most
    ///   `limit`. One that never expires is not in the list.
    async fn expired_keys(&self, now: Timestamp, limit: usize) -> Result<Vec<IdempotencyKey>, StoreError>;
}
