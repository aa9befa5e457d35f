//! The rule.

use super::record::Feedback;
use super::service::Opinion;
use crate::clock::Timestamp;
use crate::conversation::{Message, MessageState, Role, live_node, owned};
use crate::id::MessageId;
use crate::store::{Change, Conflict, Stop, Tx};
use crate::subject::Subject;

/// Somebody says what they think of an answer in a conversation of theirs, or takes it back.
#[derive(Debug, Clone)]
pub struct SetFeedback {
    /// The answer.
    pub message: MessageId,
    /// Who says it.
    pub by: Subject,
    /// What; `None` takes back what was said.
    pub opinion: Option<Opinion>,
    /// When.
    pub at: Timestamp,
}

impl Change for SetFeedback {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let known = tx.get::<Feedback>(&(self.message, self.by));
        let message = tx.require::<Message>(&self.message)?;
        let conversation = owned(tx, message.conversation, self.by)?;
        live_node(tx, &conversation, self.message)?;
        if message.role != Role::Assistant {
            return Err(Conflict::Rule("only answers get feedback").into());
        }
        if message.state == MessageState::Open {
            return Err(Conflict::Busy.into());
        }
        match (known?, &self.opinion) {
            (None, None) => Ok(()),
            (Some(known), None) => tx.delete::<Feedback>(&(known.message, known.by)),
            (Some(known), Some(opinion)) => tx.update(self.feedback(&message, opinion, known.created_at)),
            (None, Some(opinion)) => tx.insert(self.feedback(&message, opinion, self.at)),
        }
    }
}

impl SetFeedback {
    fn feedback(&self, message: &Message, opinion: &Opinion, created_at: Timestamp) -> Feedback {
        Feedback {
            message: self.message,
            by: self.by,
            conversation: message.conversation,
            model: message.model.clone(),
            rating: opinion.rating,
            comment: opinion.comment.clone(),
            created_at,
            updated_at: self.at,
        }
    }
}
