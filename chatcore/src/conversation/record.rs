//! The conversation's own record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::place::Place;
use crate::clock::Timestamp;
use crate::id::{ConversationId, MessageId};
use crate::store::{Entries, Index, Kind, Newest, OrderedKey, Projector, Record};
use crate::subject::Subject;
use crate::turn::Usage;

/// Bytes of a system prompt of which there may be many in memory.
const SMALL: usize = 2048;

/// A forest of messages with one head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Whose it is.
    pub owner: Subject,
    /// Counted per owner, from 1.
    pub number: u64,
    /// The owner's own id for it, unique among the owner's conversations.
    pub external_id: Option<String>,
    /// What lists call it.
    pub title: Option<String>,
    /// Said to the model before everything else.
    pub system_prompt: Option<String>,
    /// The model that answers when a turn names none.
    pub model: Option<String>,
    /// The leaf that the owner looks at; `None` while there are no messages.
    pub head: Option<Head>,
    /// Grows with every change of the conversation.
    pub version: u64,
    /// The `seq` of the next message.
    pub next_seq: u64,
    /// The number of the next lane.
    pub next_lane: u32,
    /// Messages that are stored.
    pub message_count: u64,
    /// Subtrees that are deleted but not purged yet.
    pub cuts: u32,
    /// Whether it is there for its owner.
    pub state: ConversationState,
    /// Whether its owner keeps it in front of the others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// Whether its owner has put it away. It is out of the list, and everything else goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// What the answers in it used, by the model that gave them; what is deleted counts on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub usage: BTreeMap<String, Usage>,
    /// Where it was forked from.
    pub forked_from: Option<ForkedFrom>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last written to.
    pub updated_at: Timestamp,
}

/// The message that the owner looks at, with its place, so that an append needs to load nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The message.
    pub message: MessageId,
    /// Where it stands.
    pub place: Place,
    /// Whether the place behind it is known to be free. `false` is always safe: it costs a look-up.
    pub open: bool,
}

/// The life of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationState {
    /// Being built by a job; nobody sees it yet.
    Building,
    /// There.
    Live,
    /// Deleted; a job removes what is left.
    Deleted,
}

/// A list of its own for conversations that their owner has set apart; the others are in the common one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shelf {
    /// Those that are pinned, and not put away.
    Pinned,
    /// Those that are put away.
    Archived,
}

impl Shelf {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Pinned, Self::Archived];

    /// Its number in stored keys.
    pub(crate) const fn tag(self) -> u8 {
        match self {
            Self::Pinned => 1,
            Self::Archived => 2,
        }
    }
}

/// The origin of a fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkedFrom {
    /// The conversation.
    pub conversation: ConversationId,
    /// The last message that was copied.
    pub message: MessageId,
}

impl Conversation {
    /// Notes a change.
    pub(crate) fn touch(&mut self, at: Timestamp) {
        self.version = self.version.saturating_add(1);
        self.updated_at = self.updated_at.max(at);
    }

    /// Adds what an answer used.
    pub(crate) fn spend(&mut self, model: &str, usage: Usage) {
        let spent = self.usage.entry(model.to_owned()).or_insert(Usage { source: usage.source, ..Usage::default() });
        *spent = spent.plus(usage);
    }

    /// Where lists have it; `None` is the common list.
    #[must_use]
    pub const fn shelf(&self) -> Option<Shelf> {
        match (self.archived, self.pinned) {
            (true, _) => Some(Shelf::Archived),
            (false, true) => Some(Shelf::Pinned),
            (false, false) => None,
        }
    }

    /// The message that the owner looks at.
    #[must_use]
    pub fn head_message(&self) -> Option<MessageId> {
        self.head.map(|head| head.message)
    }
}

impl Record for Conversation {
    type Key = ConversationId;
    const KIND: Kind = Kind::Conversation;

    fn key(&self) -> ConversationId {
        self.id
    }

    fn index(&self, entries: &mut Entries) {
        if self.state == ConversationState::Live {
            let newest = Newest(self.updated_at);
            match self.shelf() {
                // what was stored before there were shelves is in the common list, and stays there
                None => entries.add(Index::ConversationsByOwner, &(self.owner, newest, self.id)),
                Some(shelf) => entries.add(Index::ShelvedByOwner, &(self.owner, shelf.tag(), newest, self.id)),
            }
        }
        entries.add(Index::ConversationsByNumber, &(self.owner, self.number, self.id));
    }

    fn is_small(&self) -> bool {
        self.system_prompt.as_ref().is_none_or(|prompt| prompt.len() <= SMALL)
    }

    fn project(&self, onto: &mut dyn Projector) {
        if let Some(external_id) = &self.external_id {
            onto.external(ExternalId { owner: self.owner, external_id: external_id.clone(), conversation: self.id });
        }
    }
}

/// A conversation by the id that its owner gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalId {
    /// Whose.
    pub owner: Subject,
    /// The owner's id.
    pub external_id: String,
    /// Ours.
    pub conversation: ConversationId,
}

impl Record for ExternalId {
    type Key = (Subject, String);
    const KIND: Kind = Kind::ExternalId;

    fn key(&self) -> Self::Key {
        (self.owner, self.external_id.clone())
    }
}

/// A counter that numbers things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// What it numbers.
    pub of: Numbered,
    /// The next number.
    pub next: u64,
}

/// What is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Numbered {
    /// All users.
    Users,
    /// The conversations of one owner.
    Conversations(Subject),
    /// The messages of one owner.
    Messages(Subject),
    /// All plans.
    Plans,
}

impl OrderedKey for Numbered {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Users => 0_u8.write(out),
            Self::Conversations(owner) => (1_u8, *owner).write(out),
            Self::Messages(owner) => (2_u8, *owner).write(out),
            Self::Plans => 3_u8.write(out),
        }
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        match u8::read(input)? {
            0 => Some(Self::Users),
            1 => Subject::read(input).map(Self::Conversations),
            2 => Subject::read(input).map(Self::Messages),
            3 => Some(Self::Plans),
            _ => None,
        }
    }
}

impl Record for Sequence {
    type Key = Numbered;
    const KIND: Kind = Kind::Sequence;

    fn key(&self) -> Numbered {
        self.of
    }
}
