//! Conversations get another owner: those of a visitor who has become a user. Bounded batches, messages first and each
//! conversation last, so that one that was not finished is found again by whoever owned it before.

use super::change::next_number;
use super::delete::STEP;
use super::message::Message;
use super::record::{Conversation, ConversationState, ExternalId, Numbered, Shelf};
use super::service::Conversations;
use crate::attachment::{AdoptAttachments, named};
use crate::error::Error;
use crate::feedback::Feedback;
use crate::id::{ConversationId, MessageId};
use crate::once::{IdempotencyKey, RequestName};
use crate::store::{Batch, Change, Conflict, Domain, Kind, Record, Stop, Tx};
use crate::subject::Subject;
use crate::turn::Run;

/// Messages get the owner that their conversation is about to get, with their runs, the names that clients gave them, and
/// what was said of them.
/// One that has it already, or is gone, is passed over.
#[derive(Debug, Clone)]
pub struct AdoptMessages {
    /// Their conversation.
    pub conversation: ConversationId,
    /// The messages.
    pub messages: Vec<MessageId>,
    /// Whose they are.
    pub from: Subject,
    /// Whose they become.
    pub to: Subject,
}

impl Change for AdoptMessages {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let conversation = tx.require::<Conversation>(&self.conversation);
        let messages = tx.prefetch::<Message>(self.messages.iter().copied());
        if conversation?.owner != self.from {
            return Err(Conflict::Missing(Kind::Conversation).into());
        }
        messages?;
        let mut found = Vec::new();
        for id in &self.messages {
            let message = tx.get::<Message>(id)?;
            found.extend(message.filter(|it| it.owner == self.from && it.conversation == self.conversation));
        }
        let attachments = found.iter().flat_map(|message| named(&message.parts)).collect();
        AdoptAttachments { attachments, from: self.from, to: self.to }.apply(tx)?;
        let runs = tx.prefetch::<Run>(found.iter().filter_map(|message| message.run));
        tx.prefetch::<IdempotencyKey>(found.iter().flat_map(|message| self.names(message)).flatten())?;
        tx.prefetch::<Feedback>(found.iter().flat_map(|message| [(message.id, self.from), (message.id, self.to)]))?;
        runs?;
        for message in found {
            self.adopt(tx, message)?;
        }
        Ok(())
    }
}

impl AdoptMessages {
    /// The name that a client gave to a message: as it is stored, and as it is to be.
    fn names(&self, message: &Message) -> [Option<(Subject, RequestName)>; 2] {
        let name = |owner| Some((owner, RequestName::ClientRef(message.conversation, message.client_ref.clone()?)));
        [name(self.from), name(self.to)]
    }

    fn adopt(&self, tx: &mut Tx<'_>, message: Message) -> Result<(), Stop> {
        if let Some(run) = message.run
            && let Some(run) = tx.get::<Run>(&run)?.filter(|run| run.message == message.id)
        {
            tx.update(Run { owner: self.to, ..run })?;
        }
        if let [Some(old), Some(new)] = self.names(&message)
            && let Some(name) = tx.get::<IdempotencyKey>(&old)?.filter(|name| name.made.message == Some(message.id))
        {
            tx.delete::<IdempotencyKey>(&old)?;
            if tx.get::<IdempotencyKey>(&new)?.is_none() {
                tx.insert(IdempotencyKey { owner: self.to, ..name })?;
            }
        }
        if let Some(feedback) = tx.get::<Feedback>(&(message.id, self.from))? {
            tx.delete::<Feedback>(&feedback.key())?;
            if tx.get::<Feedback>(&(message.id, self.to))?.is_none() {
                tx.insert(Feedback { by: self.to, ..feedback })?;
            }
        }
        let number = next_number(tx, Numbered::Messages(self.to))?;
        tx.update(Message { owner: self.to, number, ..message })
    }
}

/// A conversation gets its new owner, when all its messages have them. Its place in lists stays. An id that the new
/// owner has given to another one already is lost.
#[derive(Debug, Clone)]
pub struct AdoptConversation {
    /// The conversation.
    pub conversation: ConversationId,
    /// Whose it is.
    pub from: Subject,
    /// Whose it becomes.
    pub to: Subject,
    /// Its next `seq` when its messages were looked at: no message has come since.
    pub next_seq: u64,
}

impl Change for AdoptConversation {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let mut conversation = tx.require::<Conversation>(&self.conversation)?;
        if conversation.owner != self.from || conversation.state != ConversationState::Live {
            return Err(Conflict::Missing(Kind::Conversation).into());
        }
        if conversation.next_seq != self.next_seq {
            return Err(Conflict::StaleVersion.into());
        }
        if let Some(external_id) = conversation.external_id.take() {
            let free = tx.get::<ExternalId>(&(self.to, external_id.clone()))?.is_none();
            conversation.external_id = free.then_some(external_id);
        }
        conversation.number = next_number(tx, Numbered::Conversations(self.to))?;
        conversation.owner = self.to;
        conversation.version = conversation.version.saturating_add(1);
        tx.update(conversation)
    }
}

impl Conversations {
    /// Gives everything of one owner to another, in bounded batches; may be done again from any point. What the first
    /// one writes meanwhile comes along; what they write after the last look is theirs until it is done again.
    pub(crate) async fn adopt_all(&self, from: Subject, to: Subject) -> Result<(), Error> {
        loop {
            let mut found = self.store.conversations(from, None, STEP).await?;
            for shelf in Shelf::ALL {
                if found.is_empty() {
                    found = self.store.shelved(from, shelf, None, STEP).await?;
                }
            }
            if found.is_empty() {
                return self.adopt_attachments(from, to).await;
            }
            for conversation in found {
                match self.adopt(conversation.id, from, to).await {
                    // deleted, or given away by somebody else who does the same
                    Ok(()) | Err(Error::NotFound(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Those that no message names, or named once.
    async fn adopt_attachments(&self, from: Subject, to: Subject) -> Result<(), Error> {
        while self.store.supports(Domain::Attachments) {
            let found = self.store.attachments(from, None, STEP).await?;
            if found.is_empty() {
                break;
            }
            let attachments = found.iter().map(Record::key).collect();
            self.store.commit(Batch::of(AdoptAttachments { attachments, from, to })).await?;
        }
        Ok(())
    }

    async fn adopt(&self, conversation: ConversationId, from: Subject, to: Subject) -> Result<(), Error> {
        loop {
            let found = self.store.conversation(conversation).await?;
            let Some(found) = found.filter(|found| found.owner == from) else { return Ok(()) };
            self.adopt_messages(conversation, from, to).await?;
            let change = AdoptConversation { conversation, from, to, next_seq: found.next_seq };
            match self.store.commit(Batch::of(change)).await.map_err(Error::from) {
                // something was said meanwhile
                Err(Error::StaleVersion) => {}
                done => return done.map(drop),
            }
        }
    }

    async fn adopt_messages(&self, conversation: ConversationId, from: Subject, to: Subject) -> Result<(), Error> {
        let mut after = None;
        loop {
            let page = self.store.tree(conversation, after, STEP).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.place);
            let messages: Vec<MessageId> =
                page.iter().filter(|message| message.owner == from).map(Record::key).collect();
            if !messages.is_empty() {
                self.store.commit(Batch::of(AdoptMessages { conversation, messages, from, to })).await?;
            }
        }
    }
}
