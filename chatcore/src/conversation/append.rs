//! Storing a message without a run.

use super::branch::MessageView;
use super::change::{ExpectHead, InsertMessage};
use super::limits;
use super::message::MessageState;
use super::part::Part;
use super::service::{Conversations, NewMessage, Parent};
use crate::account::{Caller, Scope};
use crate::error::Error;
use crate::id::{ConversationId, MessageId};
use crate::once::{Claims, Fingerprint, Made};
use crate::store::Batch;

impl Conversations {
    /// Stores a message without a run; one may begin on it later.
    ///
    /// # Errors
    /// [`Error::Busy`] below an answer that is still being written; [`Error::StaleHead`], [`Error::NotFound`],
    /// [`Error::Invalid`], [`Error::Reused`].
    pub async fn append(&self, caller: &Caller, id: ConversationId, new: NewMessage) -> Result<MessageView, Error> {
        caller.require(Scope::Write)?;
        limits::parts(&new.parts)?;
        limits::name("client_ref", new.client_ref.as_deref())?;
        let content = || content(new.parent, new.role, &new.parts);
        let claims = Claims::of(new.once.as_ref()).and_client_ref(id, new.client_ref.as_deref(), content);
        let owner = caller.subject();
        let made = match claims.made(&*self.store, owner, self.now()).await? {
            Some(made) => made,
            None => match self.insert(caller, id, new, &claims).await {
                Ok(view) => return Ok(view),
                // whoever asked the same a moment before may have been first
                Err(error) => claims.made_instead(&*self.store, owner, self.now(), error).await?,
            },
        };
        self.message(caller, made.message.ok_or(Error::Reused("Idempotency-Key"))?).await
    }

    async fn insert(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMessage,
        claims: &Claims,
    ) -> Result<MessageView, Error> {
        let conversation = self.get(caller, id).await?;
        let (parent, place) = self.parent(caller, &conversation, new.parent).await?;
        if let Some(parent) = parent
            && self.store.message(parent).await?.is_some_and(|parent| parent.state == MessageState::Open)
        {
            return Err(Error::Busy);
        }
        let at = self.now();
        let message = MessageId::mint(at, &*self.ids);
        let mut batch = Batch::of(self.look_ahead(&conversation, place).await?);
        if let Some(head) = new.expected_head {
            batch.push(ExpectHead { conversation: id, head });
        }
        let made = Made { message: Some(message), ..Made::conversation(id) };
        if let Some(names) = claims.take(caller.subject(), made, at) {
            batch.push(names);
        }
        if let Some(turn) = self.turn_to(caller, &conversation, parent.zip(place)).await? {
            batch.push(turn);
        }
        batch.push(InsertMessage {
            id: message,
            conversation: id,
            owner: caller.subject(),
            parent,
            hint: Self::hint(&conversation, parent, place),
            role: new.role,
            parts: new.parts,
            state: MessageState::Complete,
            model: None,
            run: None,
            client_ref: new.client_ref,
            follow: true,
            at,
        });
        let done = self.store.commit(batch).await?;
        self.stored(&done, message).await
    }
}

/// What makes a message that goes by a client's name the same: where it goes, who speaks, and what is said.
fn content(parent: Parent, role: super::message::Role, parts: &[Part]) -> Fingerprint {
    let said = serde_json::to_string(parts).unwrap_or_default();
    Fingerprint::of([format!("append {parent:?} {role:?}"), said])
}
