//! Hooks: where a program looks at what is sent to a model and at what came back.

use async_trait::async_trait;

use super::model::ModelRequest;
use super::run::{Run, RunState};
use super::usage::Usage;
use crate::clock::Timestamp;
use crate::conversation::Part;
use crate::id::{ConversationId, MessageId, RunId};
use crate::subject::Subject;

/// Looks at every turn. Moderation refuses in [`Self::before_send`]; logging and measuring happen in
/// [`Self::after_answer`].
#[async_trait]
pub trait Hook: Send + Sync {
    /// Before anything of a turn is stored.
    ///
    /// # Errors
    /// [`Refusal`]: nothing is stored and the model is not asked.
    async fn before_send(&self, _turn: &Outgoing<'_>) -> Result<(), Refusal> {
        Ok(())
    }

    /// Before the model is asked, the first time in a run and again with the results of its tools. The request may be
    /// changed: the model then sees something else than what is stored.
    ///
    /// # Errors
    /// [`Refusal`]: the run ends as failed, with its code.
    async fn before_model(&self, _run: &Run, _request: &mut ModelRequest) -> Result<(), Refusal> {
        Ok(())
    }

    /// After an answer has ended and is stored, when its driver was there to see it: an answer whose process died is ended by
    /// [`Chat::reap`](crate::Chat::reap), and no hook hears of that. The readers have heard of it by then, and nobody waits for
    /// the hook.
    async fn after_answer(&self, _answer: &Ended<'_>) {}
}

/// A turn that is about to begin.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Whose it is.
    pub owner: Subject,
    /// In which conversation.
    pub conversation: ConversationId,
    /// The model that is to answer.
    pub model: &'a str,
    /// What was said; empty when a stored message is answered.
    pub said: &'a [Part],
}

/// An answer that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// Whose it is.
    pub owner: Subject,
    /// In which conversation.
    pub conversation: ConversationId,
    /// The message.
    pub message: MessageId,
    /// The run that wrote it.
    pub run: RunId,
    /// The model that was asked.
    pub model: &'a str,
    /// How it ended.
    pub state: RunState,
    /// What was said; of an answer that was stopped less may be kept.
    pub parts: &'a [Part],
    /// What it used.
    pub usage: Usage,
    /// When it began.
    pub started_at: Timestamp,
    /// When the first event of the model came.
    pub first_token_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// Why a hook does not let a turn through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// For programs: a word like `moderation`.
    pub code: String,
    /// For the person who sent it.
    pub message: String,
}
