//! The rules of imports: a conversation is built hidden, as a fork is, and shown when it is whole.

use crate::clock::Timestamp;
use crate::conversation::{Conversation, ConversationState};
use crate::id::{ConversationId, JobId, MessageId};
use crate::job::{Job, Work};
use crate::store::{Change, Conflict, Kind, Stop, Tx};

/// A conversation begins to be built. One that is not finished is found by its job, and removed.
#[derive(Debug, Clone)]
pub struct StartImport {
    /// The job.
    pub job: JobId,
    /// The conversation that is built.
    pub conversation: ConversationId,
    /// Its first message, or any id where it has none: what the job says that it copies.
    pub message: MessageId,
    /// When.
    pub at: Timestamp,
}

impl Change for StartImport {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let new = tx.require::<Conversation>(&self.conversation)?;
        tx.update(Conversation { state: ConversationState::Building, ..new })?;
        let work = Work::Fork { conversation: self.conversation, message: self.message };
        tx.insert_fresh(Job { id: self.job, work, created_at: self.at })
    }
}

/// The conversation is whole: its owner sees it where it was in their lists, and the job ends.
#[derive(Debug, Clone)]
pub struct PublishImport {
    /// The job.
    pub job: JobId,
    /// The conversation that was built.
    pub conversation: ConversationId,
    /// Whether it is kept in front of the others.
    pub pinned: bool,
    /// Whether it is put away.
    pub archived: bool,
    /// When it was used last.
    pub updated_at: Timestamp,
}

impl Change for PublishImport {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let job = tx.require::<Job>(&self.job);
        let built = tx.require::<Conversation>(&self.conversation)?;
        job?;
        if built.state != ConversationState::Building {
            return Err(Conflict::Missing(Kind::Conversation).into());
        }
        let Self { pinned, archived, updated_at, .. } = *self;
        let version = built.version.saturating_add(1);
        let state = ConversationState::Live;
        tx.update(Conversation { state, pinned, archived, updated_at, version, ..built })?;
        tx.delete::<Job>(&self.job)
    }
}
