//! What the conversation's own record says of its tree: its counts, its counters, its state and its jobs.

use std::collections::BTreeMap;

use super::{Ground, TOO_HIGH, Tree, is_seq};
use crate::check::changes::{Insert, Remove, Same, Swap};
use crate::check::counters::TOO_BIG;
use crate::check::finding::{Finding, Group};
use crate::conversation::{Conversation, ConversationState, Fork, Lane, Place};
use crate::id::{JobId, MessageId};
use crate::job::{Job, Work};
use crate::store::Batch;

/// Broken rules, each with what is wrong.
type Faults = Vec<(&'static str, String)>;

/// The highest lane that can be one.
fn highest_lane(ground: &Ground) -> u32 {
    ground.lanes.keys().copied().filter(|lane| *lane < TOO_HIGH).max().unwrap_or_default()
}

/// Makes a lane free in a conversation whose next one is none.
pub(in crate::check) fn free_lane(of: &Conversation, ground: &Ground) -> Option<Group> {
    let next_lane = highest_lane(ground) + 1;
    if (next_lane..TOO_HIGH).contains(&of.next_lane) || next_lane == TOO_HIGH {
        return None;
    }
    let detail = format!("the next lane is {}, the highest that there is is {}", of.next_lane, next_lane - 1);
    let finding = Finding::on::<Conversation>("next_lane_behind", &of.id, detail);
    let after = Conversation { next_lane, version: of.version.saturating_add(1), ..of.clone() };
    Some(Group::of(finding, Batch::of(Swap { before: of.clone(), after })))
}

impl Tree {
    /// The conversation's record: all that is wrong with it is mended at once.
    pub(super) fn check_record(&self) -> Group {
        let (mut after, mut faults) = (self.of.clone(), Vec::new());
        self.check_counters(&mut after, &mut faults);
        if let Some((rule, detail, head)) = self.check_head() {
            faults.push((rule, detail));
            after.head = head;
        }
        let mut mend = Batch::default();
        self.check_jobs(&mut after, &mut faults, &mut mend);
        if faults.is_empty() {
            return Group::default();
        }
        let say = |(rule, detail)| Finding::on::<Conversation>(rule, &self.of.id, detail);
        let findings = faults.into_iter().map(say).collect();
        after.version = Some(after.version).filter(|version| *version < TOO_BIG).map_or(1, |version| version + 1);
        mend.push(Swap { before: self.of.clone(), after });
        Group { findings, mend: vec![mend] }
    }

    fn check_counters(&self, after: &mut Conversation, faults: &mut Faults) {
        let stored = u64::try_from(self.nodes.len()).unwrap_or(u64::MAX);
        if after.message_count != stored {
            let said = after.message_count;
            faults.push(("message_count_differs", format!("it counts {said} messages, but there are {stored}")));
            after.message_count = stored;
        }
        let seq = self.nodes.values().map(|node| node.seq).filter(|seq| is_seq(*seq)).max().unwrap_or_default();
        if after.next_seq <= seq || after.next_seq > TOO_BIG {
            let said = after.next_seq;
            faults.push(("next_seq_behind", format!("the next seq is {said}, the highest that was given is {seq}")));
            after.next_seq = seq + 1;
        }
        let lane = highest_lane(&self.ground);
        if after.next_lane <= lane || after.next_lane > TOO_HIGH {
            let said = after.next_lane;
            faults.push(("next_lane_behind", format!("the next lane is {said}, the highest that there is is {lane}")));
            after.next_lane = lane + 1;
        }
        if after.version >= TOO_BIG {
            faults.push(("version_out_of_range", format!("its version is {}", after.version)));
        }
    }

    /// What is to be done has a job, and every job has something to do. Adds to the mend what puts it right.
    fn check_jobs(&self, after: &mut Conversation, faults: &mut Faults, mend: &mut Batch) {
        if self.pending.unknown {
            return;
        }
        let (lost, idle) = (self.lost_jobs(faults), self.idle_jobs(faults));
        let cuts = self.pending.cuts.len() + lost.len() - idle.len();
        let cuts = u32::try_from(cuts).unwrap_or(u32::MAX);
        if after.cuts != cuts {
            if idle.is_empty() {
                faults.push(("cuts_differ", format!("it counts {} deleted parts, but {cuts} jobs", after.cuts)));
            }
            after.cuts = cuts;
        }
        for job in lost {
            self.forks.iter().filter(|fork| self.goes_with(fork, &job)).for_each(|fork| mend.push(Remove(*fork)));
            mend.push(Insert(job));
        }
        for (job, lane) in idle {
            mend.push(Remove(job));
            if let Some(lane) = lane.filter(|lane| *lane != Lane::first(self.of.id)) {
                mend.push(Same(lane));
            }
        }
        match self.of.state {
            ConversationState::Building if !self.pending.fork && !self.pending.purge => {
                faults.push(("building_without_job", "it is being built, and no job says so".into()));
                after.state = ConversationState::Live;
            }
            ConversationState::Deleted if !self.pending.purge && !self.pending.fork => {
                faults.push(("deleted_without_job", "it is deleted, and no job will remove it".into()));
                let work = Work::PurgeConversation { conversation: self.of.id };
                let id = JobId::from_uuid(*self.of.id.as_uuid());
                mend.push(Insert(Job { id, work, created_at: self.of.updated_at }));
            }
            _ => {}
        }
    }

    /// Whether a fork leads into a lane of which a job will leave nothing, as a deletion would have seen to.
    fn goes_with(&self, fork: &Fork, job: &Job) -> bool {
        let whole = |from| self.ground.lanes.get(&fork.active).is_some_and(|lane| from <= lane.start);
        matches!(job.work, Work::PurgeSubtree { lane, from, .. } if lane == fork.active && fork.departs() && whole(from))
    }

    /// Whether a job will purge a place, or something above it.
    pub(super) fn has_job(&self, place: Place) -> bool {
        let purges = |job: &Job, place: Place| match job.work {
            Work::PurgeSubtree { lane, from, .. } => lane == place.lane && from <= place.position,
            _ => false,
        };
        self.ground.way_up(place).any(|place| self.pending.cuts.iter().any(|job| purges(job, place)))
    }

    /// Jobs that would purge what nobody deleted, which no purge does: they would never end.
    fn idle_jobs(&self, faults: &mut Faults) -> Vec<(Job, Option<Lane>)> {
        let mut idle = Vec::new();
        for job in &self.pending.cuts {
            let Work::PurgeSubtree { lane, from, .. } = job.work else { continue };
            // a lane that is gone was purged together with one that it forked off from
            let Some(found) = self.ground.lanes.get(&lane) else { continue };
            if !self.ground.is_dead(Place { lane, position: from }) {
                let detail = format!("{} would remove lane {lane} from {from} on, which is not deleted", job.id);
                faults.push(("living_part_with_job", detail));
                idle.push((job.clone(), Some(*found)));
            }
        }
        idle
    }

    /// The jobs of marks that lost them: what is marked is deleted for its owner, so it is to be removed.
    fn lost_jobs(&self, faults: &mut Faults) -> Vec<Job> {
        let mut marks: BTreeMap<u32, (u32, MessageId)> = BTreeMap::new();
        if self.of.state == ConversationState::Deleted {
            return Vec::new();
        }
        let dead = self.nodes.values().filter(|node| self.ground.is_dead(node.place) && !self.has_job(node.place));
        for node in dead {
            if let Some((lane, end)) = self.ground.cut_above(node.place).and_then(|lane| Some((lane.lane, lane.end?))) {
                marks.entry(lane).or_insert((end, node.message));
            }
        }
        let conversation = self.of.id;
        let job = |(lane, (from, message)): (u32, (u32, MessageId))| {
            faults.push((
                "deleted_part_without_job",
                format!("lane {lane} is deleted from {from} on, and no job will remove it"),
            ));
            let work = Work::PurgeSubtree { conversation, lane, from };
            // an id that follows from what is marked, so that equal stores get equal jobs
            Job { id: JobId::from_uuid(*message.as_uuid()), work, created_at: self.of.updated_at }
        };
        marks.into_iter().map(job).collect()
    }
}
