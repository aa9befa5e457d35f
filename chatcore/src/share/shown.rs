//! What a reader of a link sees of a conversation.

use crate::clock::Timestamp;
use crate::conversation::{Message, MessageState, Part, Role, text_of};
use crate::page::Page;

/// A page of a conversation, as its readers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// What it is called.
    pub title: Option<String>,
    /// When the link was made.
    pub created_at: Timestamp,
    /// When the link ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Messages, the oldest first; the first page ends at the message of the link, the next ones lead to the beginning.
    pub messages: Page<SharedMessage>,
}

/// A message, as its readers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedMessage {
    /// Who speaks: the person or the model.
    pub role: Role,
    /// What is said.
    pub text: String,
    /// Images and files that belong to it and are not shown.
    pub attachments: usize,
    /// The model that wrote it.
    pub model: Option<String>,
    /// When it came.
    pub created_at: Timestamp,
}

/// The parts of a message that may be shown; `None` if nothing of it may.
pub(crate) fn shown(message: &Message) -> Option<Vec<Part>> {
    let speaks = matches!(message.role, Role::User | Role::Assistant) && message.state != MessageState::Open;
    let said = |part: &&Part| matches!(part, Part::Text { .. } | Part::Refusal { .. });
    let parts: Vec<Part> = message.parts.iter().filter(said).cloned().collect();
    Some(parts).filter(|parts| speaks && parts.iter().any(|part| part.size() > 0))
}

impl SharedMessage {
    /// A message for a reader; `None` if nothing of it is for them.
    pub(super) fn of(message: &Message) -> Option<Self> {
        let attached = |part: &&Part| matches!(part, Part::Image { .. } | Part::File { .. });
        let attachments = message.parts.iter().filter(attached).count();
        let parts = match shown(message) {
            Some(parts) => parts,
            // somebody who says nothing but shows something
            None if message.role == Role::User && attachments > 0 => Vec::new(),
            None => return None,
        };
        Some(Self {
            role: message.role,
            text: text_of(&parts),
            attachments,
            model: message.model.clone(),
            created_at: message.created_at,
        })
    }
}
