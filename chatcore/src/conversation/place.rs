//! Lanes: the order that makes a branch a few ranges.
//!
//! Every message stands at a place: a lane and a position. Position is depth: a root has position 1, its child 2. The
//! first child of a lane's last message goes on in the lane; any other child opens a lane of its own, and a [`Lane`]
//! record notes where it forked off. So a path from the root to a leaf is one range per lane that it passes, and the
//! last fifty messages of a chat that never forked are one range. Roots are children of a virtual root at lane 0,
//! position 0.

use serde::{Deserialize, Serialize};

use super::message::Role;
use crate::id::{ConversationId, MessageId};
use crate::store::{Entries, Index, Kind, Record};

/// Where a message stands in its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Which lane.
    pub lane: u32,
    /// How deep: 1 for a root.
    pub position: u32,
}

impl Place {
    /// The virtual parent of all roots.
    pub const ROOT: Self = Self { lane: 0, position: 0 };

    /// The place behind this one in the same lane.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { lane: self.lane, position: self.position + 1 }
    }
}

/// A stretch of one lane, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneRange {
    /// Which lane.
    pub lane: u32,
    /// The position of its first place.
    pub first: u32,
    /// The position of its last place.
    pub last: u32,
}

impl LaneRange {
    /// Whether a place lies in it.
    #[must_use]
    pub const fn contains(&self, place: Place) -> bool {
        self.lane == place.lane && self.first <= place.position && place.position <= self.last
    }
}

/// A run of messages in which each is the first child of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its number in the conversation; lane 0 starts at the virtual root.
    pub lane: u32,
    /// The position of its first message.
    pub start: u32,
    /// The lane in which the parent of its first message stands (at `start - 1`).
    pub parent: u32,
    /// The role of its first message.
    pub role: Role,
    /// The `seq` of its first message: the order among siblings.
    pub seq: u64,
    /// Its first message; `None` for lane 0.
    pub message: Option<MessageId>,
    /// The role of the child that had the place in the parent's lane when this lane was opened.
    pub elder: Option<Role>,
    /// From this position on everything is deleted, and nothing is added any more.
    pub end: Option<u32>,
}

impl Lane {
    /// Lane 0 as long as nothing in it was deleted: it has no record then.
    #[must_use]
    pub const fn first(conversation: ConversationId) -> Self {
        Self {
            conversation,
            lane: 0,
            start: 0,
            parent: 0,
            role: Role::User,
            seq: 0,
            message: None,
            elder: None,
            end: None,
        }
    }

    /// The place where this lane left its parent's.
    #[must_use]
    pub const fn fork(&self) -> Place {
        Place { lane: self.parent, position: self.start.saturating_sub(1) }
    }

    /// Whether a position of this lane is deleted.
    #[must_use]
    pub fn is_cut(&self, position: u32) -> bool {
        self.end.is_some_and(|end| position >= end)
    }

    /// Whether nothing of it is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lane != 0 && self.is_cut(self.start)
    }
}

impl Record for Lane {
    type Key = (ConversationId, u32);
    const KIND: Kind = Kind::Lane;

    fn key(&self) -> Self::Key {
        (self.conversation, self.lane)
    }

    fn index(&self, entries: &mut Entries) {
        if self.lane != 0 {
            let fork = self.fork();
            entries.add(
                Index::LanesByParent,
                &(
                    (self.conversation, fork.lane),
                    fork.position,
                    self.seq,
                    (self.role.tag(), u8::from(self.is_empty()), self.lane),
                ),
            );
        }
    }
}

/// A place with several children: which of them was active last.
///
/// There is no record as long as it is the child in the same lane. It steers switching; nothing else rests on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The conversation.
    pub conversation: ConversationId,
    /// The place of the parent.
    pub place: Place,
    /// The lane of the child that was active last.
    pub active: u32,
}

impl Fork {
    /// Whether the active path leaves the lane here.
    #[must_use]
    pub const fn departs(&self) -> bool {
        self.active != self.place.lane
    }
}

impl Record for Fork {
    type Key = (ConversationId, u32, u32);
    const KIND: Kind = Kind::Fork;

    fn key(&self) -> Self::Key {
        (self.conversation, self.place.lane, self.place.position)
    }

    fn index(&self, entries: &mut Entries) {
        if self.departs() {
            entries.add(Index::Departures, &self.key());
        }
    }
}

/// Where a message stands: what rules need of it, without its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// The message.
    pub message: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its parent.
    pub parent: Option<MessageId>,
    /// Its place.
    pub place: Place,
    /// Its role.
    pub role: Role,
    /// Its place in the order of the conversation.
    pub seq: u64,
}

impl Record for Node {
    type Key = MessageId;
    const KIND: Kind = Kind::Node;

    fn key(&self) -> MessageId {
        self.message
    }
}

/// An occupied place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The conversation.
    pub conversation: ConversationId,
    /// The place.
    pub place: Place,
    /// Who stands there.
    pub message: MessageId,
    /// With which role.
    pub role: Role,
}

impl Record for Slot {
    type Key = (ConversationId, u32, u32);
    const KIND: Kind = Kind::Slot;

    fn key(&self) -> Self::Key {
        (self.conversation, self.place.lane, self.place.position)
    }
}
