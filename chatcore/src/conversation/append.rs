//! Storing a message without a run.

use super::branch::MessageView;
use super::change::{ExpectHead, InsertMessage};
use super::limits;
use super::message::MessageState;
use super::service::{Conversations, NewMessage};
use crate::account::{Caller, Scope};
use crate::attachment::completed;
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
        let content = || Fingerprint::of_message(format!("append {:?} {:?}", new.parent, new.role), &new.parts);
        let asked = || {
            let beside = format!("{:?}", (id, new.expected_head, &new.client_ref));
            Fingerprint::of([format!("{:?}", content()), beside])
        };
        let claims = Claims::of(new.once.as_ref(), asked).and_client_ref(id, new.client_ref.as_deref(), content);
        let owner = caller.subject();
        let made = match claims.made(&*self.store, owner, self.now()).await? {
            Some(made) => made,
            None => match self.insert(caller, id, new, &claims).await {
                Ok(view) => return Ok(view),
                // whoever asked the same a moment before may have been first
                Err(error) => claims.made_instead(&*self.store, owner, self.now(), error).await?,
            },
        };
        let message = made.message.ok_or(Error::Reused("Idempotency-Key"))?;
        self.message(caller, message).await.map_err(Error::or_gone)
    }

    async fn insert(
        &self,
        caller: &Caller,
        id: ConversationId,
        mut new: NewMessage,
        claims: &Claims,
    ) -> Result<MessageView, Error> {
        completed(&*self.store, caller.subject(), &mut new.parts).await?;
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
