//! What an append writes by hand: the message, its conversation, the counter of its owner. Whoever has just read the
//! conversation knows its depth, and that nobody else writes to it.

use std::time::Duration;

use chatcore::account::Caller;
use chatcore::conversation::Numbered;
use chatcore::store::OrderedKey;
use chatcore::{ConversationId, MessageId, RandomIds, Timestamp};

use crate::data::Data;

/// The end of a plain conversation.
pub(super) struct Tail {
    pub(super) conversation: Vec<u8>,
    pub(super) owner: Vec<u8>,
    /// The key of the owner's counter.
    pub(super) counter: Vec<u8>,
    pub(super) head: Option<Vec<u8>>,
    pub(super) depth: i64,
    pub(super) at: i64,
}

impl Tail {
    pub(super) fn new(of: &Caller, conversation: ConversationId, head: Option<Vec<u8>>, depth: i64, at: i64) -> Self {
        let owner = of.subject();
        let counter = Numbered::Messages(owner).to_bytes();
        Self { conversation: conversation.to_bytes(), owner: owner.to_bytes(), counter, head, depth, at }
    }

    /// Moves on to the next message, a millisecond later: its id and its parent.
    pub(super) fn grow(&mut self) -> (Vec<u8>, Option<Vec<u8>>) {
        let at = Timestamp::from_micros(self.at).plus(Duration::from_millis(1));
        let id = MessageId::mint(at, &RandomIds).to_bytes();
        self.at = at.as_micros();
        self.depth += 1;
        let parent = self.head.replace(id.clone());
        (id, parent)
    }

    /// What is said, as it is stored.
    pub(super) fn parts() -> String {
        format!("[{{\"type\":\"text\",\"text\":\"{}\"}}]", Data::words())
    }
}
