//! The lanes of a conversation: which of its places are deleted. That needs no messages.

use std::collections::{BTreeMap, BTreeSet};

use crate::conversation::{Conversation, ConversationState, Lane, Place};

/// Lanes that know what is deleted.
pub(in crate::check) struct Ground {
    /// By number; lane 0 is there even when it has no record.
    pub(super) lanes: BTreeMap<u32, Lane>,
    /// Lanes that lie in a deleted part of another lane.
    dead: BTreeSet<u32>,
    /// Whether all of it is deleted.
    deleted: bool,
}

impl Ground {
    pub(in crate::check) fn new(of: &Conversation, lanes: Vec<Lane>) -> Self {
        let mut lanes: BTreeMap<u32, Lane> = lanes.into_iter().map(|lane| (lane.lane, lane)).collect();
        lanes.entry(0).or_insert_with(|| Lane::first(of.id));
        let dead = dead(&lanes);
        Self { lanes, dead, deleted: of.state == ConversationState::Deleted }
    }

    /// Whether a place is in a deleted part.
    pub(in crate::check) fn is_dead(&self, place: Place) -> bool {
        let lane = self.lanes.get(&place.lane);
        self.deleted || self.dead.contains(&place.lane) || lane.is_some_and(|lane| lane.is_cut(place.position))
    }

    /// The lane that is cut on the way up from a place: the lowest.
    pub(super) fn cut_above(&self, place: Place) -> Option<Lane> {
        let cut = |place: Place| self.lanes.get(&place.lane).copied().filter(|lane| lane.is_cut(place.position));
        self.way_up(place).find_map(cut)
    }

    /// A place, then the place where its lane forked off, and so on. Lanes that lead in a circle end it.
    pub(super) fn way_up(&self, place: Place) -> impl Iterator<Item = Place> {
        let up = |place: &Place| {
            let lane = self.lanes.get(&place.lane).filter(|lane| lane.lane != 0)?;
            Some(lane.fork())
        };
        std::iter::successors(Some(place), up).take(self.lanes.len() + 1)
    }
}

/// The lanes that fork off in a deleted part, or from a lane that does. Lanes that lead in a circle are not deleted.
fn dead(lanes: &BTreeMap<u32, Lane>) -> BTreeSet<u32> {
    let mut known: BTreeMap<u32, bool> = BTreeMap::from([(0, false)]);
    for start in lanes.keys() {
        let (mut path, mut next) = (BTreeSet::new(), *start);
        let verdict = loop {
            if let Some(known) = known.get(&next) {
                break *known;
            }
            let Some(lane) = lanes.get(&next).filter(|_| path.insert(next)) else { break false };
            let fork = lane.fork();
            if lanes.get(&fork.lane).is_some_and(|parent| parent.is_cut(fork.position)) {
                break true;
            }
            next = fork.lane;
        };
        known.extend(path.into_iter().map(|lane| (lane, verdict)));
    }
    known.into_iter().filter_map(|(lane, dead)| dead.then_some(lane)).collect()
}
