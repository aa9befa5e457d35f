//! Where messages stand: behind their parents, each at a place of its own, younger than what is above.

use std::collections::{BTreeMap, BTreeSet};

use super::{Tree, in_range, is_seq};
use crate::check::finding::{Finding, Group};
use crate::conversation::{Message, Node, Place};
use crate::id::MessageId;

/// One message of each circle of parents: the oldest.
pub(super) fn circles(nodes: &BTreeMap<MessageId, Node>) -> BTreeSet<MessageId> {
    let (mut done, mut found) = (BTreeSet::new(), BTreeSet::new());
    for start in nodes.keys() {
        let (mut path, mut on_path) = (Vec::new(), BTreeSet::new());
        let mut next = Some(*start);
        while let Some(node) = next.and_then(|id| nodes.get(&id)).filter(|node| !done.contains(&node.message)) {
            if !on_path.insert(node.message) {
                let circle = path.iter().skip_while(|on: &&&Node| on.message != node.message);
                found.extend(circle.min_by_key(|on| (on.seq, on.message)).map(|on| on.message));
                break;
            }
            path.push(node);
            next = node.parent;
        }
        done.extend(on_path);
    }
    found
}

impl Tree {
    pub(super) fn check_shape(&self) -> Group {
        let faulty = self.nodes.values().filter_map(|node| Some((node.message, self.fault(node)?)));
        let findings: Vec<Finding> =
            faulty.map(|(id, (rule, detail))| Finding::on::<Message>(rule, &id, detail)).collect();
        if findings.is_empty() {
            return Group::default();
        }
        Group { findings, mend: self.replant() }
    }

    /// What is wrong with where a message stands: the first thing, others may follow from it.
    fn fault(&self, node: &Node) -> Option<(&'static str, String)> {
        if self.circles.contains(&node.message) {
            return Some(("parents_in_a_circle", "it is its own ancestor".into()));
        }
        let parent = match node.parent {
            None => None,
            Some(id) => match self.nodes.get(&id) {
                Some(parent) => Some(parent),
                None => return Some(("parent_missing", format!("{id} is not in its conversation"))),
            },
        };
        self.seq_fault(node, parent).or_else(|| self.place_fault(node, parent))
    }

    fn seq_fault(&self, node: &Node, parent: Option<&Node>) -> Option<(&'static str, String)> {
        let seq = node.seq;
        if !is_seq(seq) {
            return Some(("seq_out_of_range", format!("its seq is {seq}")));
        }
        if let Some(other) = self.seqs.get(&seq).filter(|other| **other != node.message) {
            return Some(("seq_twice", format!("it has the seq {seq}, like {other}")));
        }
        let parent = parent.filter(|parent| parent.seq >= seq)?;
        Some(("older_than_parent", format!("its seq is {seq}, its parent's {}", parent.seq)))
    }

    fn place_fault(&self, node: &Node, parent: Option<&Node>) -> Option<(&'static str, String)> {
        let place = node.place;
        if !in_range(place) {
            return Some(("place_out_of_range", format!("it stands at {place:?}")));
        }
        if !self.ground.lanes.contains_key(&place.lane) {
            return Some(("lane_missing", format!("it stands at {place:?}, and there is no such lane")));
        }
        let above = parent.map_or(Place::ROOT, |parent| parent.place);
        let detail = || format!("it stands at {place:?}, its parent at {above:?}");
        (!self.follows(place, above)).then(|| ("not_behind_parent", detail()))
    }

    /// Whether a child of a place may stand at another.
    pub(super) fn follows(&self, place: Place, above: Place) -> bool {
        let Some(lane) = self.ground.lanes.get(&place.lane).filter(|_| in_range(place)) else { return false };
        let first = lane.lane != 0 && lane.start == place.position;
        let expected = if first { lane.fork() } else { Place { position: place.position - 1, ..place } };
        let inside = lane.lane == 0 || lane.start <= place.position;
        inside && expected == above
    }
}
