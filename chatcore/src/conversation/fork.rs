//! Forking a path into a conversation of its own: built hidden in bounded batches, shown when it is whole.

use super::message::MessageState;
use super::record::{Conversation, ConversationState};
use crate::clock::Timestamp;
use crate::id::{ConversationId, JobId, MessageId};
use crate::job::{Job, Work};
use crate::store::{Change, Conflict, Kind, Stop, Tx};

/// The job that builds a fork, so that one that is not finished is found and removed. Nobody sees what it builds.
#[derive(Debug, Clone)]
pub struct StartFork {
    /// The job.
    pub job: JobId,
    /// The conversation that is built.
    pub conversation: ConversationId,
    /// The last message that is copied.
    pub message: MessageId,
    /// When.
    pub at: Timestamp,
}

impl Change for StartFork {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let copy = tx.require::<Conversation>(&self.conversation)?;
        if copy.state != ConversationState::Building {
            tx.update(Conversation { state: ConversationState::Building, ..copy })?;
        }
        let work = Work::Fork { conversation: self.conversation, message: self.message };
        tx.insert_fresh(Job { id: self.job, work, created_at: self.at })
    }
}

/// The fork is whole: its owner sees it, and the job ends.
#[derive(Debug, Clone)]
pub struct PublishFork {
    /// The job.
    pub job: JobId,
    /// The conversation that was built.
    pub conversation: ConversationId,
    /// When.
    pub at: Timestamp,
}

impl Change for PublishFork {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let job = tx.require::<Job>(&self.job);
        let mut conversation = tx.require::<Conversation>(&self.conversation)?;
        job?;
        if conversation.state != ConversationState::Building {
            return Err(Conflict::Missing(Kind::Conversation).into());
        }
        conversation.state = ConversationState::Live;
        conversation.touch(self.at);
        tx.update(conversation)?;
        tx.delete::<Job>(&self.job)
    }
}

/// The state of a copy: an answer that is still being written is copied as far as it got.
pub(super) fn copied(state: MessageState) -> MessageState {
    match state {
        MessageState::Open => MessageState::Interrupted,
        other => other,
    }
}
