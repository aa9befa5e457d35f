//! One conversation: the laws of its tree, its head and its counts. Everything here is pure.

mod counts;
mod ground;
mod head;
mod lanes;
mod replant;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use counts::free_lane;
pub(super) use ground::Ground;

use super::counters::TOO_BIG;
use super::finding::Group;
use super::jobs::Pending;
use crate::conversation::{Conversation, Fork, Node, Place};
use crate::id::MessageId;

/// No lane and no position gets here by counting.
pub(super) const TOO_HIGH: u32 = 1 << 31;

/// A conversation with its messages, lanes and forks.
pub(super) struct Tree {
    of: Conversation,
    nodes: BTreeMap<MessageId, Node>,
    places: BTreeMap<Place, MessageId>,
    ground: Ground,
    forks: Vec<Fork>,
    pending: Pending,
    /// Messages that are their own ancestors, one of each circle: the oldest.
    circles: BTreeSet<MessageId>,
    /// Who has a `seq` first, in the order of ids.
    seqs: BTreeMap<u64, MessageId>,
}

impl Tree {
    pub(super) fn new(
        of: Conversation,
        nodes: BTreeMap<MessageId, Node>,
        ground: Ground,
        forks: Vec<Fork>,
        pending: Pending,
    ) -> Self {
        let places = nodes.values().map(|node| (node.place, node.message)).collect();
        let mut seqs = BTreeMap::new();
        for node in nodes.values() {
            seqs.entry(node.seq).or_insert(node.message);
        }
        let circles = shape::circles(&nodes);
        Self { of, nodes, places, ground, forks, pending, circles, seqs }
    }

    /// Everything that is wrong with it.
    pub(super) fn check(&self) -> Vec<Group> {
        let mut groups = vec![self.check_shape()];
        groups.extend(self.check_lanes());
        groups.extend(self.check_forks());
        groups.push(self.check_record());
        groups.retain(|group| !group.findings.is_empty());
        groups
    }

    /// The messages that are not deleted.
    fn alive(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values().filter(|node| !self.ground.is_dead(node.place))
    }
}

const fn in_range(place: Place) -> bool {
    place.lane < TOO_HIGH && place.position >= 1 && place.position < TOO_HIGH
}

const fn is_seq(seq: u64) -> bool {
    seq >= 1 && seq < TOO_BIG
}
