//! Files for a message that was said already: some clients upload behind the message, several files at once.

use super::branch::MessageView;
use super::change::{live_node, owned};
use super::limits;
use super::message::{Message, MessageState, Role};
use super::part::Part;
use super::service::Conversations;
use crate::account::{Caller, Scope};
use crate::attachment::{completed, relink};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::{AttachmentId, ConversationId, MessageId};
use crate::store::{Batch, Change, Conflict, Stop, Tx};
use crate::subject::Subject;

/// A message names one file more. What it names already stays, so of several that come at once none is lost, and one that
/// comes twice is named once.
#[derive(Debug, Clone)]
pub struct AttachToMessage {
    /// The message.
    pub message: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Whose it is.
    pub owner: Subject,
    /// What names the file.
    pub part: Part,
    /// When.
    pub at: Timestamp,
}

impl Change for AttachToMessage {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let conversation = owned(tx, self.conversation, self.owner);
        let message = tx.require::<Message>(&self.message);
        let (mut conversation, message) = (conversation?, message?);
        live_node(tx, &conversation, self.message)?;
        if message.state == MessageState::Open {
            return Err(Conflict::Busy.into());
        }
        if message.parts.iter().any(|part| part.attachment() == self.part.attachment()) {
            return Ok(());
        }
        let mut parts = message.parts.clone();
        parts.push(self.part.clone());
        if limits::parts(&parts).is_err() {
            return Err(Conflict::Full("message").into());
        }
        relink(tx, self.owner, (&message.parts, &parts), self.at)?;
        tx.update(Message { parts, ..message })?;
        conversation.touch(self.at);
        tx.update(conversation)
    }
}

impl Conversations {
    /// Attaches a file to a message that the caller said. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for the file; [`Error::Invalid`] for what a model said, and for a message that holds as many
    /// files as it can; [`Error::Busy`] while it is being written.
    pub async fn attach(&self, caller: &Caller, id: MessageId, file: AttachmentId) -> Result<MessageView, Error> {
        caller.require(Scope::Write)?;
        let (conversation, message) = self.live(caller, id).await?;
        if message.role != Role::User {
            return Err(Error::invalid("message", "is not one that somebody said"));
        }
        let mut parts = [Part::naming(file)];
        completed(&*self.store, caller.subject(), &mut parts).await?;
        let [part] = parts;
        let ahead = self.look_ahead(&conversation, Some(message.place)).await?;
        let (conversation, owner, at) = (conversation.id, caller.subject(), self.now());
        let change = AttachToMessage { message: id, conversation, owner, part, at };
        self.store.commit(Batch::of(ahead).and(change)).await?;
        self.message(caller, id).await
    }
}
