//! The message: a node of the forest.

use serde::{Deserialize, Serialize};

use super::part::{Part, text_of};
use super::place::{Node, Place, Slot};
use crate::clock::Timestamp;
use crate::id::{ConversationId, MessageId, RunId};
use crate::store::{Entries, Index, Kind, Projector, Record};
use crate::subject::Subject;
use crate::turn::Usage;

/// Bytes of a message of which there may be many in memory.
const SMALL: usize = 512;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// A tool's answer.
    Tool,
}

impl Role {
    const ALL: [Self; 4] = [Self::System, Self::User, Self::Assistant, Self::Tool];

    /// Its number in stored keys.
    pub(crate) fn tag(self) -> u8 {
        self as u8
    }

    /// The role of that number.
    pub(crate) fn from_tag(tag: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.tag() == tag)
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// Said.
    Complete,
    /// Being written by its run; the text so far is in the run's log.
    Open,
    /// Ended early on request.
    Stopped,
    /// Ended by an error.
    Failed,
    /// Ended because the program that wrote it went away.
    Interrupted,
}

/// A message. Its place in the tree never changes; its content changes while it is open, by its run alone, and by a
/// revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Whose conversation it is.
    pub owner: Subject,
    /// Its parent; `None` for a root.
    pub parent: Option<MessageId>,
    /// Its place.
    pub place: Place,
    /// The order in which the conversation's messages came, from 1.
    pub seq: u64,
    /// Counted per owner, from 1.
    pub number: u64,
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub parts: Vec<Part>,
    /// What became of it.
    pub state: MessageState,
    /// The model that wrote it.
    pub model: Option<String>,
    /// What it used.
    pub usage: Option<Usage>,
    /// The run that wrote it.
    pub run: Option<RunId>,
    /// The client's own name for it.
    pub client_ref: Option<String>,
    /// When it came.
    pub created_at: Timestamp,
    /// When it was last revised in place.
    pub edited_at: Option<Timestamp>,
}

impl Message {
    /// What a reader sees.
    #[must_use]
    pub fn text(&self) -> String {
        text_of(&self.parts)
    }

    /// Where it stands.
    #[must_use]
    pub const fn node(&self) -> Node {
        Node {
            message: self.id,
            conversation: self.conversation,
            parent: self.parent,
            place: self.place,
            role: self.role,
            seq: self.seq,
        }
    }
}

impl Record for Message {
    type Key = MessageId;
    const KIND: Kind = Kind::Message;

    fn key(&self) -> MessageId {
        self.id
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::MessagesByNumber, &(self.owner, self.number, self.id));
    }

    /// Answers are while they are written.
    fn is_small(&self) -> bool {
        self.parts.iter().map(Part::size).sum::<usize>() <= SMALL
    }

    fn project(&self, onto: &mut dyn Projector) {
        onto.node(self.node());
        onto.slot(Slot { conversation: self.conversation, place: self.place, message: self.id, role: self.role });
    }
}
