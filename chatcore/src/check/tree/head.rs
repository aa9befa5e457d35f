//! The head: a message of the conversation that is not deleted.

use std::collections::BTreeSet;

use super::Tree;
use crate::conversation::{ConversationState, Head, Node, Place};
use crate::id::MessageId;

impl Tree {
    /// What is wrong with the head, and what it should be.
    pub(super) fn check_head(&self) -> Option<(&'static str, String, Option<Head>)> {
        // a job removes from its end what its maker left, the message that is its head among the first
        if self.of.state == ConversationState::Building && self.pending.any() {
            return None;
        }
        let deleted = self.of.state == ConversationState::Deleted;
        let Some(head) = self.of.head else {
            let leaf = self.newest_leaf().filter(|_| !deleted)?;
            return Some(("head_missing", "there are messages, and no head".into(), Some(leaf)));
        };
        let leaf = if deleted { None } else { self.newest_leaf() };
        let Some(node) = self.nodes.get(&head.message) else {
            return Some(("head_gone", format!("its head {} is not in it", head.message), leaf));
        };
        let moved = Head { message: node.message, place: node.place, open: false };
        if node.place != head.place {
            return Some(("head_elsewhere", format!("its head {} stands elsewhere", head.message), Some(moved)));
        }
        if self.ground.is_dead(node.place) && !deleted {
            return Some(("head_deleted", format!("its head {} is deleted", head.message), leaf));
        }
        let next = Place { position: node.place.position.saturating_add(1), ..node.place };
        let closed = self.ground.lanes.get(&next.lane).is_some_and(|lane| lane.is_cut(next.position));
        let free = !closed && !self.places.contains_key(&next);
        let detail = || "it says that the place behind its head is free".to_owned();
        (head.open && !free).then(|| ("head_not_free", detail(), Some(moved)))
    }

    /// The living message without living children that came last.
    fn newest_leaf(&self) -> Option<Head> {
        let parents: BTreeSet<MessageId> = self.alive().filter_map(|node| node.parent).collect();
        let newest =
            |nodes: &mut dyn Iterator<Item = &Node>| nodes.max_by_key(|node| (node.seq, node.message)).copied();
        // where parents lead in a circle there may be no leaf
        let leaf = newest(&mut self.alive().filter(|node| !parents.contains(&node.message)));
        let leaf = leaf.or_else(|| newest(&mut self.alive()))?;
        Some(Head { message: leaf.message, place: leaf.place, open: false })
    }
}
