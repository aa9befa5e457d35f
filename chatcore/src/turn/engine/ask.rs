//! What is asked of the engine, and what it answers.

use super::Driver;
use crate::conversation::{MessageView, Parent, Part};
use crate::id::MessageId;
use crate::once::Once;
use crate::turn::plan::ContextPlan;
use crate::turn::{ModelOptions, Run, ToolSpec};

/// What a user says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Say {
    /// The message.
    pub parts: Vec<Part>,
    /// Below which message; the head when it is not said. Editing ignores it.
    pub parent: Parent,
    /// The client's own name for the message, unique in its conversation. The same message under the same name is stored
    /// once: whoever says it again is answered as the first time. Another message under that name is refused with
    /// [`Error::Reused`](crate::Error::Reused).
    pub client_ref: Option<String>,
    /// How it is to be answered.
    pub ask: Ask,
}

impl Say {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::text(text)], ..Self::default() }
    }

    /// The same, done once whatever happens: see [`Ask::once`].
    #[must_use]
    pub fn once(mut self, once: Once) -> Self {
        self.ask.once = Some(once);
        self
    }
}

impl From<&str> for Say {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

/// How a model is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ask {
    /// Which model; the conversation's, or the default, when it is not said.
    pub model: Option<String>,
    /// Refuse unless the head is there; `Some(None)` means that there is none yet.
    pub expected_head: Option<Option<MessageId>>,
    /// What is done about other answers that are being written.
    pub policy: Policy,
    /// The name of this request: whoever makes it again under the same name gets the turn that began the first time.
    pub once: Option<Once>,
    /// Sampling and length.
    pub options: ModelOptions,
    /// Tools that the caller answers for, beside those of the program.
    pub tools: Vec<ToolSpec>,
}

impl Ask {
    /// The same, done once whatever happens: see [`Self::once`].
    #[must_use]
    pub fn once(mut self, once: Once) -> Self {
        self.once = Some(once);
        self
    }
}

/// What a turn does about answers that are being written, or are waiting to be, on its branch.
///
/// *In the way* of a turn are the runs that write a message above the new one, because the model is to see what they say;
/// and the runs below what is replaced: below the message that is edited, or below the one that is answered again
/// (regenerated, gone on with). Runs elsewhere in the conversation are never in the way. Nothing that is stored is ever
/// replaced or lost: whatever the policy, both versions stay.
///
/// | policy | send | edit | regenerate, answer, continue |
/// | --- | --- | --- | --- |
/// | `Sibling` | one more child of the parent; [`Busy`] below an answer that is not finished | one more version of the message; other versions are answered at the same time; [`Busy`] below an answer that is not finished | one more answer; others are written at the same time; [`Busy`] below an answer that is not finished |
/// | `RejectStale` | [`StaleHead`] unless the head is where it is expected, which is the parent if one is named; [`Busy`] if a run is in the way | [`StaleHead`] unless the head is where it is expected; [`Busy`] if a run is in the way | as for edit |
/// | `Enqueue` | stored below the open answer; answered when it has ended, however it ends | stored beside the other versions; answered when the runs in the way have ended | begins when the runs in the way have ended |
/// | `Interrupt` | the open answer is stopped, and what it said stays; then the new one is written | the runs in the way are stopped; then the new version is answered | the runs in the way are stopped; then the new answer is written |
///
/// All but `Sibling` look at the conversation as it is when the turn is stored: of two that come at once the second sees
/// the first. An expected head counts with every policy.
///
/// A turn that waits is stored at once, with its open answer and a run that is [`Queued`]. It waits in the driver: if the
/// process goes away, the next one ends the run as interrupted, and the message that was said stays.
///
/// [`Busy`]: crate::Error::Busy
/// [`StaleHead`]: crate::Error::StaleHead
/// [`Queued`]: crate::turn::RunState::Queued
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Policy {
    /// Beside them.
    #[default]
    Sibling,
    /// Not at all.
    RejectStale,
    /// After them.
    Enqueue,
    /// Instead of them.
    Interrupt,
}

/// A turn that has begun: it is stored, and the model is asked once the driver runs.
pub struct Turn {
    /// The message that was said, unless it was there before.
    pub user_message: Option<MessageView>,
    /// The answer; open, unless the turn is a [replay](Self::replayed) of one that has ended.
    pub assistant_message: MessageView,
    /// The run that writes it.
    pub run: Run,
    /// What the model is shown; `None` while it waits for other answers, and of a replay.
    pub plan: Option<ContextPlan>,
    /// Whether an earlier request of that name began it.
    pub replayed: bool,
    /// Writes the answer. Spawn it, or await it. That of a replay writes nothing and is ready when the run has ended. That
    /// of a turn that waits is ready after those that it waits for, so awaiting it needs them to be driven elsewhere.
    pub driver: Driver,
}
