//! Gives messages that stand wrong a place below their parents, and leaves all others where they are.
//!
//! From the roots down, older siblings first: a message whose place follows from its parent's keeps it; any other goes on
//! in its parent's lane where that is free, or opens a lane. A parent that is lost, or part of a circle, is no parent: its
//! child becomes a root. What stands wrong and was deleted goes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{TOO_HIGH, Tree, in_range, is_seq};
use crate::check::changes::{Insert, Move, Remove, RemoveMessage, Swap};
use crate::check::counters::TOO_BIG;
use crate::conversation::{Conversation, Head, Lane, Node, Place};
use crate::id::MessageId;
use crate::store::Batch;

/// Messages that one batch moves.
const STEP: usize = 200;

/// What happens to one message.
enum Step {
    Move { from: Node, to: Node, lane: Option<Lane> },
    Remove(Node),
}

/// The new order while it is made.
struct Plan<'a> {
    tree: &'a Tree,
    taken: BTreeSet<Place>,
    seqs: BTreeSet<u64>,
    next_seq: u64,
    next_lane: u32,
    steps: Vec<Step>,
    /// Lanes that somebody stands in.
    used: BTreeSet<u32>,
}

impl Tree {
    /// The batches that put every message below its parent. Each rests on what the one before left.
    pub(super) fn replant(&self) -> Vec<Batch> {
        let mut children: BTreeMap<Option<MessageId>, Vec<&Node>> = BTreeMap::new();
        for node in self.nodes.values() {
            children.entry(self.kept_parent(node)).or_default().push(node);
        }
        children.values_mut().for_each(|nodes| nodes.sort_by_key(|node| (node.seq, node.message)));
        let mut plan = Plan::new(self);
        let mut queue = VecDeque::from([(None, Some(Place::ROOT), 0)]);
        while let Some((parent, above, seq)) = queue.pop_front() {
            for node in children.get(&parent).into_iter().flatten() {
                let placed = plan.place(node, parent, above, seq);
                let (above, seq) = placed.map_or((None, 0), |placed| (Some(placed.place), placed.seq));
                queue.push_back((Some(node.message), above, seq));
            }
        }
        plan.batches()
    }

    /// The parent that a message keeps.
    fn kept_parent(&self, node: &Node) -> Option<MessageId> {
        let parent = node.parent.filter(|_| !self.circles.contains(&node.message));
        let parent = parent.and_then(|id| self.nodes.get(&id))?;
        // what was not deleted does not go with what was
        let revived = self.ground.is_dead(parent.place) && !self.ground.is_dead(node.place);
        (!revived).then_some(parent.message)
    }
}

impl<'a> Plan<'a> {
    fn new(tree: &'a Tree) -> Self {
        let seqs = tree.nodes.values().map(|node| node.seq).filter(|seq| is_seq(*seq));
        let lanes = tree.nodes.values().map(|node| node.place.lane).chain(tree.ground.lanes.keys().copied());
        let highest = lanes.filter(|lane| *lane < TOO_HIGH).max().unwrap_or_default();
        let known = Some(tree.of.next_lane).filter(|next| *next < TOO_HIGH).unwrap_or_default();
        let next_seq = Some(tree.of.next_seq).filter(|next| *next < TOO_BIG).unwrap_or_default();
        Self {
            tree,
            taken: BTreeSet::new(),
            next_seq: next_seq.max(seqs.max().unwrap_or_default() + 1),
            seqs: BTreeSet::new(),
            next_lane: known.max(highest + 1),
            steps: Vec::new(),
            used: BTreeSet::new(),
        }
    }

    /// Finds the place of a message below `above` (nothing, when its parent goes). `None` when it goes.
    fn place(&mut self, node: &Node, parent: Option<MessageId>, above: Option<Place>, older: u64) -> Option<Node> {
        let stays = above.is_some_and(|above| self.tree.follows(node.place, above)) && self.taken.insert(node.place);
        let dead = self.tree.ground.is_dead(node.place);
        let Some(above) = above.filter(|_| stays || !dead) else {
            self.steps.push(Step::Remove(*node));
            return None;
        };
        let seq = self.seq(node, older);
        let (place, lane) = if stays { (node.place, None) } else { self.settle(node, seq, above) };
        self.used.insert(place.lane);
        let to = Node { parent, place, seq, ..*node };
        if to != *node {
            self.steps.push(Step::Move { from: *node, to, lane });
        }
        Some(to)
    }

    fn seq(&mut self, node: &Node, older: u64) -> u64 {
        if is_seq(node.seq) && node.seq > older && self.seqs.insert(node.seq) {
            return node.seq;
        }
        let seq = self.next_seq;
        self.next_seq += 1;
        self.seqs.insert(seq);
        seq
    }

    /// A free place below another: in its lane, or the first of a new lane.
    fn settle(&mut self, node: &Node, seq: u64, above: Place) -> (Place, Option<Lane>) {
        let next = above.next();
        let closed = self.tree.ground.lanes.get(&next.lane).is_some_and(|lane| lane.is_cut(next.position));
        let elder = self.tree.places.get(&next).and_then(|elder| self.tree.nodes.get(elder));
        if elder.is_none() && !closed && in_range(next) && self.taken.insert(next) {
            return (next, None);
        }
        let place = Place { lane: self.next_lane, position: next.position };
        self.next_lane += 1;
        self.taken.insert(place);
        let lane = Lane {
            conversation: node.conversation,
            lane: place.lane,
            start: place.position,
            parent: above.lane,
            role: node.role,
            seq,
            message: Some(node.message),
            elder: elder.filter(|elder| !closed && elder.seq < seq).map(|elder| elder.role),
            end: None,
        };
        (place, Some(lane))
    }

    fn batches(self) -> Vec<Batch> {
        let (next_seq, next_lane) = (self.next_seq, self.next_lane);
        let mut before = self.tree.of.clone();
        let mut batches = Vec::new();
        for steps in self.steps.chunks(STEP) {
            let mut after = Conversation { next_seq, next_lane, ..before.clone() };
            after.version = after.version.saturating_add(1);
            let mut batch = Batch::default();
            for step in steps {
                match step {
                    Step::Move { from, to, lane } => {
                        batch.push(Move { from: *from, to: *to });
                        lane.iter().for_each(|lane| batch.push(Insert(*lane)));
                        if let Some(head) = after.head.filter(|head| head.message == to.message) {
                            after.head = Some(Head { place: to.place, open: false, ..head });
                        }
                    }
                    Step::Remove(node) => {
                        batch.push(RemoveMessage(*node));
                        after.message_count = after.message_count.saturating_sub(1);
                    }
                }
            }
            batch.push(Swap { before: before.clone(), after: after.clone() });
            batches.push(batch);
            before = after;
        }
        batches.extend(self.unused().chunks(STEP).map(|lanes| {
            let mut batch = Batch::of(crate::check::changes::Same(before.clone()));
            lanes.iter().for_each(|lane| batch.push(Remove(*lane)));
            batch
        }));
        batches
    }

    /// Lanes that nobody stands in any more, unless a purge is still to come.
    fn unused(&self) -> Vec<Lane> {
        let stand = self.tree.nodes.values().map(|node| node.place.lane).collect::<BTreeSet<u32>>();
        let lanes = self.tree.ground.lanes.values().filter(|lane| lane.lane != 0 && stand.contains(&lane.lane));
        lanes.filter(|lane| !self.used.contains(&lane.lane) && !self.tree.pending.any()).copied().collect()
    }
}
