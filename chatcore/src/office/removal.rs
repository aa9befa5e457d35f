//! Deleting what others wrote, by the same jobs as they do.

use super::Office;
use crate::account::{Caller, Permission};
use crate::audit::{Act, By, Draft, Object, ObjectKind};
use crate::error::Error;
use crate::id::{ConversationId, MessageId};
use crate::store::Domain;

/// Things that are deleted together, at most.
pub const MAX_BULK: usize = 100;

impl Office {
    /// Deletes conversations, whoever's they are, and returns how many there were. Each is deleted by itself, with an entry
    /// in the audit log of its own; what is not there is passed over. If one fails, those before it are deleted.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`] without a reason, or for more than [`MAX_BULK`]; [`Error::Store`].
    pub async fn delete_chats<'a>(&self, by: impl Into<By<'a>>, ids: &[ConversationId]) -> Result<usize, Error> {
        let by = by.into();
        self.expect_removal(by, ids.len())?;
        let mut deleted = 0;
        for id in ids {
            deleted += present(self.delete_chat(by, *id).await)?;
        }
        Ok(deleted)
    }

    /// Deletes messages, whoever's they are, each with all that is below it, and returns how many there were. A message that
    /// went with another one is passed over.
    ///
    /// # Errors
    /// As [`Self::delete_chats`].
    pub async fn delete_messages<'a>(&self, by: impl Into<By<'a>>, ids: &[MessageId]) -> Result<usize, Error> {
        let by = by.into();
        self.expect_removal(by, ids.len())?;
        let mut deleted = 0;
        for id in ids {
            deleted += present(self.delete_message(by, *id).await)?;
        }
        Ok(deleted)
    }

    async fn delete_chat(&self, by: By<'_>, id: ConversationId) -> Result<(), Error> {
        let owner = self.found(id).await?.owner;
        let draft = by.reasoned(Act::DeleteChat, Object::new(ObjectKind::Conversation, id), self.clock.now())?;
        self.chat.delete_with(&Caller::of(owner), id, self.kept(draft.about(owner))).await
    }

    async fn delete_message(&self, by: By<'_>, id: MessageId) -> Result<(), Error> {
        let message = self.store.message(id).await?.ok_or(Error::NotFound("message"))?;
        let draft = by.reasoned(Act::DeleteMessage, Object::new(ObjectKind::Message, id), self.clock.now())?;
        let draft = draft.about(message.owner).detail(message.conversation.to_string());
        self.chat.delete_message_with(&Caller::of(message.owner), id, self.kept(draft)).await.map(drop)
    }

    fn kept(&self, draft: Draft) -> Option<Draft> {
        self.store.supports(Domain::Audit).then_some(draft)
    }

    fn expect_removal(&self, by: By<'_>, things: usize) -> Result<(), Error> {
        by.expect(Permission::DeleteChats)?;
        if things > MAX_BULK {
            return Err(Error::invalid("ids", format!("must be {MAX_BULK} at most")));
        }
        // a request without a reason is refused whole, before anything is gone
        by.reasoned(Act::DeleteChat, Object::new(ObjectKind::Conversation, ""), self.clock.now()).map(drop)
    }
}

/// Whether it was there to be deleted.
fn present(done: Result<(), Error>) -> Result<usize, Error> {
    match done {
        Ok(()) => Ok(1),
        Err(Error::NotFound(_)) => Ok(0),
        Err(error) => Err(error),
    }
}
