//! Reading branches: from places to ranges, and from lanes to "version i of n".

use std::collections::HashMap;

use super::message::{Message, Role};
use super::place::{Fork, Lane, LaneRange, Node, Place};
use super::record::Conversation;
use super::store::{ConversationStore, Stretch, Tally};
use crate::feedback::Feedback;
use crate::id::ConversationId;
use crate::store::StoreError;

/// A message as its reader sees it: with its version among its siblings.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageView {
    /// The message.
    pub message: Message,
    /// Which of the siblings it is, from 1: the messages with the same parent and role, in the order they came.
    pub version: u64,
    /// How many siblings there are, itself included.
    pub versions: u64,
    /// What its owner thinks of it. It is there where a message is read; what begins or ends a run does not look for it.
    pub feedback: Option<Feedback>,
}

/// The ranges of the path that ends at `end`, from position `floor` on, root first. `lanes` leads up from the lane of
/// `end`, as [`ConversationStore::lanes_up`] returns it.
pub(super) fn ranges(lanes: &[Lane], end: Place, floor: u32) -> Vec<LaneRange> {
    let mut ranges = Vec::new();
    let mut last = end.position;
    for lane in lanes {
        let first = lane.start.max(floor).max(1);
        if first <= last {
            ranges.push(LaneRange { lane: lane.lane, first, last });
        }
        if lane.start <= floor || lane.lane == 0 {
            break;
        }
        last = lane.start - 1;
    }
    ranges.reverse();
    ranges
}

/// The place of the parent of a place, given the place's own lane first.
pub(super) fn parent(lanes: &[Lane], place: Place) -> Place {
    match lanes.first() {
        Some(own) if own.lane != 0 && own.start == place.position => own.fork(),
        _ => Place { position: place.position - 1, ..place },
    }
}

/// Whether a place is in no deleted part, given the lanes from its own up to lane 0.
pub(super) fn is_alive(lanes: &[Lane], place: Place) -> bool {
    let mut position = place.position;
    for lane in lanes {
        if lane.is_cut(position) {
            return false;
        }
        position = lane.start.saturating_sub(1);
    }
    true
}

/// The messages of the path that ends at `end`, from position `first` to position `last`, root first.
pub(super) async fn window(
    store: &(impl ConversationStore + ?Sized),
    conversation: ConversationId,
    end: Place,
    first: u32,
    last: u32,
) -> Result<Vec<Message>, StoreError> {
    let lanes = store.lanes_up(conversation, end.lane, first).await?;
    let wanted = ranges(&lanes, end, first).into_iter().filter(|range| range.first <= last);
    let wanted: Vec<LaneRange> = wanted.map(|range| LaneRange { last: range.last.min(last), ..range }).collect();
    store.messages_in(conversation, &wanted).await
}

/// The last `limit` messages of the path that ends at `end`, root first, with their versions.
pub(super) async fn page(
    store: &(impl ConversationStore + ?Sized),
    conversation: ConversationId,
    end: Place,
    limit: usize,
) -> Result<Vec<MessageView>, StoreError> {
    let span = u32::try_from(limit).unwrap_or(u32::MAX);
    let floor = end.position.saturating_sub(span - 1).max(1);
    let lanes = store.lanes_up(conversation, end.lane, floor).await?;
    let messages = store.messages_in(conversation, &ranges(&lanes, end, floor)).await?;
    let mut views = Vec::with_capacity(messages.len());
    let counts = Counts::read(store, conversation, &lanes, end, floor).await?;
    for message in messages {
        let (version, versions) = counts.version(&lanes, &message);
        views.push(MessageView { message, version, versions, feedback: None });
    }
    Ok(views)
}

/// How many lanes fork off along a path, by the place of the parent.
struct Counts(HashMap<(Place, Role), Tally>);

impl Counts {
    /// One stretch per lane that the path passes: the parents of its messages, up to where the path leaves it.
    async fn read(
        store: &(impl ConversationStore + ?Sized),
        conversation: ConversationId,
        lanes: &[Lane],
        end: Place,
        floor: u32,
    ) -> Result<Self, StoreError> {
        let mut stretches = Vec::new();
        let mut last = end.position - 1;
        let mut before = 0;
        for lane in lanes {
            let first = lane.start.max(floor.saturating_sub(1));
            if first <= last {
                stretches.push(Stretch { range: LaneRange { lane: lane.lane, first, last }, before });
            }
            if lane.lane == 0 {
                break;
            }
            (last, before) = (lane.start - 1, lane.seq);
        }
        let tallies = store.tally(conversation, &stretches).await?;
        let place = |tally: &Tally| Place { lane: tally.lane, position: tally.position };
        Ok(Self(tallies.into_iter().map(|tally| ((place(&tally), tally.role), tally)).collect()))
    }

    fn at(&self, parent: Place, role: Role) -> Option<&Tally> {
        self.0.get(&(parent, role))
    }

    fn version(&self, lanes: &[Lane], message: &Message) -> (u64, u64) {
        let own = lanes.iter().find(|lane| lane.lane == message.place.lane);
        match own.filter(|lane| lane.lane != 0 && lane.start == message.place.position) {
            // the first of its lane: an elder in the parent's lane, then those that forked off there
            Some(lane) => {
                let parent_cut = lanes.iter().any(|up| up.lane == lane.parent && up.is_cut(lane.start));
                let elder = u64::from(lane.elder == Some(message.role) && !parent_cut);
                let (before, total) = self.at(lane.fork(), message.role).map_or((0, 1), |t| (t.before, t.total));
                (elder + before + 1, elder + total)
            }
            // it has its parent's lane: nobody came before it
            None => {
                let parent = Place { lane: message.place.lane, position: message.place.position - 1 };
                (1, 1 + self.at(parent, message.role).map_or(0, |tally| tally.total))
            }
        }
    }
}

/// The leaf that was last active below a place (or the place's own message, if it is one).
pub(super) async fn descend(
    store: &(impl ConversationStore + ?Sized),
    conversation: &Conversation,
    from: &Node,
) -> Result<Node, StoreError> {
    let mut leaf = *from;
    let mut place = from.place;
    loop {
        let lane = store.lanes_up(conversation.id, place.lane, u32::MAX).await?.into_iter().next();
        let last = lane.and_then(|lane| lane.end).map_or(u32::MAX, |end| end.saturating_sub(1));
        let tip = store.tip(conversation.id, LaneRange { lane: place.lane, first: place.position, last }).await?;
        match tip.departure {
            Some(fork) => place = Place { lane: fork.active, position: fork.place.position + 1 },
            None => return Ok(tip.last.unwrap_or(leaf)),
        }
        leaf = tip.last.unwrap_or(leaf);
    }
}

/// The forks that point elsewhere on the way from the path of the head to a place.
pub(super) async fn choices(
    store: &(impl ConversationStore + ?Sized),
    conversation: &Conversation,
    to: Place,
) -> Result<Vec<Fork>, StoreError> {
    let head = conversation.head.map_or(Place::ROOT, |head| head.place);
    let id = conversation.id;
    // two paths of one conversation part somewhere: look ever higher until the place is found
    let mut span = 64;
    loop {
        let floor = head.position.min(to.position).saturating_sub(span);
        let theirs = store.lanes_up(id, head.lane, floor).await?;
        let ours = store.lanes_up(id, to.lane, floor).await?;
        let (theirs, ours) = (stretches(&theirs, head), stretches(&ours, to));
        let meet = ours.iter().position(|own| theirs.iter().any(|other| other.lane == own.lane));
        let Some(meet) = meet else {
            if floor == 0 {
                return Ok(Vec::new());
            }
            span = span.saturating_mul(4);
            continue;
        };
        let common = theirs.iter().find(|other| other.lane == ours[meet].lane).map_or(0, |other| other.last);
        let mut forks = Vec::new();
        for (at, own) in ours.iter().enumerate().take(meet + 1) {
            let first = if at == meet { common.min(own.last) } else { own.first };
            // inside the lane the path stays in it
            if own.last > first {
                forks.extend(departures(store, id, own.lane, first, own.last - 1).await?);
            }
            // at its end the path goes on in the next lane down
            if let Some(below) = at.checked_sub(1).and_then(|below| ours.get(below)) {
                let place = Place { lane: own.lane, position: own.last };
                forks.push(Fork { conversation: id, place, active: below.lane });
            }
        }
        return Ok(forks);
    }
}

/// The lanes of a path from the leaf up, each with the positions that the path has in it.
fn stretches(lanes: &[Lane], end: Place) -> Vec<LaneRange> {
    let mut last = end.position;
    lanes
        .iter()
        .map(|lane| {
            let stretch = LaneRange { lane: lane.lane, first: lane.start, last };
            last = lane.start.saturating_sub(1);
            stretch
        })
        .collect()
}

/// Forks of a stretch that lead out of the lane, turned back into it.
async fn departures(
    store: &(impl ConversationStore + ?Sized),
    conversation: ConversationId,
    lane: u32,
    first: u32,
    last: u32,
) -> Result<Vec<Fork>, StoreError> {
    let mut forks = Vec::new();
    let mut from = first;
    while from <= last {
        let tip = store.tip(conversation, LaneRange { lane, first: from, last }).await?;
        let Some(fork) = tip.departure else { break };
        from = fork.place.position + 1;
        forks.push(Fork { active: lane, ..fork });
    }
    Ok(forks)
}
