//! Lanes, which say how their first message stands, and forks.

use super::{TOO_HIGH, Tree};
use crate::check::changes::{Absent, Remove, Same, Stands, Swap};
use crate::check::finding::{Finding, Group};
use crate::conversation::{ConversationState, Fork, Lane, Place, Slot};
use crate::store::{Batch, Record};

impl Tree {
    pub(super) fn check_lanes(&self) -> Vec<Group> {
        self.ground.lanes.values().filter_map(|lane| self.check_lane(lane)).collect()
    }

    fn check_lane(&self, lane: &Lane) -> Option<Group> {
        let key = lane.key();
        let first = Place { lane: lane.lane, position: lane.start };
        let expected = match self.places.get(&first).and_then(|id| self.nodes.get(id)) {
            _ if lane.lane == 0 => Lane { end: lane.end, ..Lane::first(self.of.id) },
            Some(node) => {
                let (role, seq, message) = (node.role, node.seq, Some(node.message));
                Lane { role, seq, message, elder: self.elder(lane, seq).or(lane.elder), ..*lane }
            }
            None if self.is_being_purged(lane) => return None,
            None => {
                let empty = !self.nodes.values().any(|node| node.place.lane == lane.lane);
                let finding = Finding::on::<Lane>("lane_unused", &key, format!("nobody stands at {first:?}"));
                let nobody = Absent::<Slot>((self.of.id, first.lane, first.position));
                let mend = Batch::of(Same(self.of.clone())).and(nobody).and(Remove(*lane));
                // messages further on make it a matter of the tree's shape
                return empty.then(|| Group::of(finding, mend));
            }
        };
        if expected == *lane {
            return None;
        }
        let finding = Finding::on::<Lane>("lane_differs", &key, "it does not say what its first message is");
        let mut mend = Batch::of(Same(self.of.clone()));
        if let Some(node) = self.places.get(&first).and_then(|id| self.nodes.get(id)) {
            mend.push(Stands(*node));
        }
        Some(Group::of(finding, mend.and(Swap { before: *lane, after: expected })))
    }

    /// Whether an empty lane is one that a purge is about to remove: it comes down to it from lane 0.
    fn is_being_purged(&self, lane: &Lane) -> bool {
        let first = Place { lane: lane.lane, position: lane.start };
        let gone = self.of.state != ConversationState::Live || self.has_job(first);
        let mut up = lane;
        for _ in 0..self.ground.lanes.len() {
            let fork = up.fork();
            match self.ground.lanes.get(&fork.lane) {
                Some(parent) if fork.position >= parent.start => up = parent,
                _ => return false,
            }
            if up.lane == 0 {
                return self.pending.any() && gone;
            }
        }
        false
    }

    /// The role of the child that was first in the lane from which a lane forks off, if it is still there.
    fn elder(&self, lane: &Lane, seq: u64) -> Option<crate::conversation::Role> {
        let fork = lane.fork();
        let next = Place { position: fork.position.saturating_add(1), ..fork };
        let elder = self.places.get(&next).and_then(|id| self.nodes.get(id))?;
        (elder.seq < seq && !self.ground.is_dead(elder.place)).then_some(elder.role)
    }

    pub(super) fn check_forks(&self) -> Vec<Group> {
        self.forks.iter().filter_map(|fork| self.check_fork(fork)).collect()
    }

    fn check_fork(&self, fork: &Fork) -> Option<Group> {
        let place = fork.place;
        let key = fork.key();
        let mend = Batch::of(Remove(*fork));
        if place != Place::ROOT && !self.places.contains_key(&place) {
            let finding = Finding::on::<Fork>("fork_at_nothing", &key, "nobody stands there");
            return Some(Group::of(finding, mend.and(Absent::<Slot>(key))));
        }
        let lane = self.ground.lanes.get(&fork.active);
        if !fork.departs() || lane.is_some_and(|lane| lane.lane < TOO_HIGH && lane.lane != 0 && lane.fork() == place) {
            return None;
        }
        // a purge removes what lies below before the place, and the fork with the place
        if self.pending.any() && (self.of.state != ConversationState::Live || self.ground.is_dead(place)) {
            return None;
        }
        let finding = Finding::on::<Fork>("fork_to_nothing", &key, format!("lane {} is not below it", fork.active));
        let mend = match lane.filter(|lane| lane.lane != 0) {
            Some(lane) => mend.and(Same(*lane)),
            None if fork.active == 0 => mend,
            None => mend.and(Absent::<Lane>((self.of.id, fork.active))),
        };
        Some(Group::of(finding, mend))
    }
}
