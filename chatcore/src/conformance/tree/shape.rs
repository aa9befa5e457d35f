//! The shape of one tree: parents, places, lanes, forks, the head and the counts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Part, Report, twice};
use crate::conversation::{ConversationState, Message, Place};
use crate::job::Work;

impl Part<'_> {
    pub(super) fn check(&self, report: &mut Report) {
        let mut own = Report::default();
        let places: BTreeMap<Place, &Message> =
            self.messages.values().map(|message| (message.place, *message)).collect();
        own.unless(places.len() == self.messages.len(), || "two messages have one place".into());
        for message in self.messages.values() {
            self.check_message(message, &places, &mut own);
        }
        self.check_lanes(&places, &mut own);
        self.check_forks(&places, &mut own);
        self.check_head(&places, &mut own);
        self.check_counts(&mut own);
        self.check_runs(&mut own);
        own.0.into_iter().for_each(|defect| report.say(format!("{}: {defect}", self.of.id)));
    }

    /// Whether a place is in no deleted part. Bounded: lanes lead to lanes that are higher up.
    fn is_alive(&self, place: Place) -> bool {
        let mut place = place;
        loop {
            let Some(lane) = self.lanes.get(&place.lane) else { return false };
            if lane.is_cut(place.position) {
                return false;
            }
            if lane.lane == 0 || lane.start == 0 || lane.fork().position >= place.position {
                return lane.lane == 0;
            }
            place = lane.fork();
        }
    }

    fn check_message(&self, message: &Message, places: &BTreeMap<Place, &Message>, report: &mut Report) {
        let (id, place) = (message.id, message.place);
        report.unless(message.owner == self.of.owner, || format!("{id} has another owner"));
        report.unless(message.seq >= 1 && message.seq < self.of.next_seq, || format!("{id} has a seq to come"));
        report.unless(place.position >= 1, || format!("{id} stands above the roots"));
        let parent = match message.parent {
            None => Some(Place::ROOT),
            Some(parent) => {
                let found = self.messages.get(&parent);
                report.unless(found.is_some(), || format!("{id} is an orphan: its parent {parent} is not here"));
                if let Some(parent) = found {
                    report.unless(parent.seq < message.seq, || format!("{id} is older than its parent"));
                }
                found.map(|parent| parent.place)
            }
        };
        let Some(lane) = self.lanes.get(&place.lane) else {
            report.say(format!("{id} stands in lane {}, which is not there", place.lane));
            return;
        };
        let above = if lane.lane != 0 && place.position == lane.start {
            report.unless(lane.message == Some(id), || format!("lane {} begins with another than {id}", lane.lane));
            report.unless(lane.role == message.role, || format!("lane {} has another role than {id}", lane.lane));
            report.unless(lane.seq == message.seq, || format!("lane {} has another seq than {id}", lane.lane));
            let elder = places.get(&lane.fork().next()).filter(|elder| elder.seq < lane.seq);
            if let Some(elder) = elder.filter(|elder| self.is_alive(elder.place)) {
                report.unless(lane.elder == Some(elder.role), || format!("lane {} forgets its elder", lane.lane));
            }
            lane.fork()
        } else {
            report.unless(lane.lane == 0 || place.position > lane.start, || format!("{id} stands before its lane"));
            Place { position: place.position.saturating_sub(1), ..place }
        };
        report.unless(parent.is_none_or(|parent| parent == above), || format!("{id} does not stand behind its parent"));
        report.unless(above == Place::ROOT || places.contains_key(&above), || format!("there is a gap before {id}"));
    }

    fn check_lanes(&self, places: &BTreeMap<Place, &Message>, report: &mut Report) {
        let waiting = self.waiting();
        for lane in self.lanes.values().filter(|lane| lane.lane != 0) {
            let number = lane.lane;
            report.unless(number < self.of.next_lane, || format!("lane {number} has a number to come"));
            report.unless(lane.start >= 1, || format!("lane {number} begins above the roots"));
            report.unless(self.lanes.contains_key(&lane.parent), || format!("lane {number} has no parent lane"));
            let first = Place { lane: number, position: lane.start };
            report.unless(waiting || places.contains_key(&first), || format!("lane {number} is there for nothing"));
        }
        let seqs = self.lanes.values().filter(|lane| lane.lane != 0).map(|lane| lane.seq).collect();
        twice(seqs, |seq| report.say(format!("two lanes have the seq {seq}")));
        if !waiting {
            for message in self.messages.values().filter(|message| !self.is_alive(message.place)) {
                report.say(format!("{} is deleted, and no job will remove it", message.id));
            }
        }
    }

    fn check_forks(&self, places: &BTreeMap<Place, &Message>, report: &mut Report) {
        for fork in &self.forks {
            let place = fork.place;
            let stands = place == Place::ROOT || places.contains_key(&place);
            report.unless(stands, || format!("a fork at {place:?}, where nothing stands"));
            let leads = !fork.departs() || self.lanes.get(&fork.active).is_some_and(|lane| lane.fork() == place);
            report.unless(leads, || format!("the fork at {place:?} leads to lane {}, not below it", fork.active));
        }
    }

    fn check_head(&self, places: &BTreeMap<Place, &Message>, report: &mut Report) {
        let alive = self.messages.values().any(|message| self.is_alive(message.place));
        let Some(head) = self.of.head else {
            let gone = self.of.state == ConversationState::Deleted;
            report.unless(gone || !alive, || "there are messages and no head".into());
            return;
        };
        match self.messages.get(&head.message) {
            None => report.say(format!("the head {} is not here", head.message)),
            Some(found) => {
                report.unless(found.place == head.place, || "the head stands elsewhere".into());
                report.unless(self.is_alive(found.place), || "the head is deleted".into());
                let next = head.place.next();
                let closed = self.lanes.get(&next.lane).is_some_and(|lane| lane.is_cut(next.position));
                let free = !places.contains_key(&next) && !closed;
                report.unless(!head.open || free, || "the head says that the place behind it is free".into());
            }
        }
    }

    fn check_counts(&self, report: &mut Report) {
        let stored = self.messages.len() as u64;
        report.unless(self.of.message_count == stored, || {
            format!("it counts {} messages, but there are {stored}", self.of.message_count)
        });
        let seqs: BTreeSet<u64> = self.messages.values().map(|message| message.seq).collect();
        report.unless(seqs.len() == self.messages.len(), || "two messages have one seq".into());
        report.unless(stored < self.of.next_seq, || "there are more messages than were given a seq".into());
        let jobs = self
            .jobs
            .iter()
            .filter(|job| matches!(job.work, Work::PurgeSubtree { conversation, .. } if conversation == self.of.id));
        let cuts = u32::try_from(jobs.count()).unwrap_or(u32::MAX);
        report.unless(self.of.cuts == cuts, || format!("it counts {} cuts, but {cuts} jobs", self.of.cuts));
    }

    /// Whether a job still has something to remove here.
    pub(super) fn waiting(&self) -> bool {
        self.jobs.iter().any(|job| match job.work {
            Work::PurgeSubtree { conversation, .. }
            | Work::PurgeConversation { conversation }
            | Work::Fork { conversation, .. } => conversation == self.of.id,
        })
    }
}
