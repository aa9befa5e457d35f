//! The reads of conversations, turns and jobs, as look-ups and ranges of keys.

use async_trait::async_trait;

use super::layout::{corrupt, entry_key, entry_of, record_key};
use super::{DoorStore, KeyValue, Range};
use crate::clock::Timestamp;
use crate::conversation::{
    Conversation, ConversationStore, ExternalId, Fork, Lane, LaneRange, Message, Name, Node, Place, Role, Shelf, Slot,
    Stretch, Tally, Tip,
};
use crate::id::{ConversationId, JobId, MessageId, RunId};
use crate::job::{Job, JobStore};
use crate::once::{IdempotencyKey, RequestName};
use crate::store::record::{Index, Stored};
use crate::store::{AnyRecord, Kind, Newest, OrderedKey, Scan, StoreError, StoreErrorKind, codec, prefix_range};
use crate::subject::Subject;
use crate::turn::{Run, RunLog, TurnStore};

impl<K: KeyValue> DoorStore<K> {
    pub(super) async fn get_all<R: Stored>(&self, keys: &[R::Key]) -> Result<Vec<Option<R>>, StoreError> {
        let raw = keys.iter().map(|key| record_key(R::KIND, &key.to_bytes())).collect();
        let values = self.kv.get_many(raw).await?;
        let decode = |bytes: Vec<u8>| codec::decode(&bytes).map_err(|error| corrupt(R::KIND, error));
        values.into_iter().map(|value| value.map(decode).transpose()).collect()
    }

    pub(super) async fn get<R: Stored>(&self, key: R::Key) -> Result<Option<R>, StoreError> {
        Ok(self.get_all(&[key]).await?.pop().flatten())
    }

    /// Records that still exist, in the order of the keys.
    pub(super) async fn present<R: Stored>(&self, keys: Vec<R::Key>) -> Result<Vec<R>, StoreError> {
        Ok(self.get_all(&keys).await?.into_iter().flatten().collect())
    }

    /// Records whose key lies in a range.
    pub(super) async fn records<R: Stored>(
        &self,
        (start, end): (Vec<u8>, Option<Vec<u8>>),
        limit: usize,
        reverse: bool,
    ) -> Result<Vec<R>, StoreError> {
        let start = record_key(R::KIND, &start);
        let end = end.map_or_else(|| prefix_range(&record_key(R::KIND, &[])).1, |end| Some(record_key(R::KIND, &end)));
        let pairs = self.kv.scan(Range { start, end, reverse }, limit).await?;
        pairs.iter().map(|(_, bytes)| codec::decode(bytes).map_err(|error| corrupt(R::KIND, error))).collect()
    }

    /// Entries of a list, decoded, in order.
    pub(super) async fn list<E: OrderedKey>(
        &self,
        index: Index,
        (start, end): (Vec<u8>, Option<Vec<u8>>),
        limit: usize,
    ) -> Result<Vec<E>, StoreError> {
        let start = entry_key(index, &start);
        let end = end.map_or_else(|| prefix_range(&entry_key(index, &[])).1, |end| Some(entry_key(index, &end)));
        let pairs = self.kv.scan(Range { start, end, reverse: false }, limit).await?;
        let read = |(key, _): &(Vec<u8>, Vec<u8>)| {
            E::read(&mut entry_of(key)).ok_or_else(|| StoreError::new(StoreErrorKind::Corrupt, "read a list"))
        };
        pairs.iter().map(read).collect()
    }
}

/// All keys that start with a key.
pub(super) fn under(prefix: &impl OrderedKey) -> (Vec<u8>, Option<Vec<u8>>) {
    prefix_range(&prefix.to_bytes())
}

/// The keys under a prefix that lie behind another key, if one is given.
pub(super) fn behind(prefix: &impl OrderedKey, after: Option<Vec<u8>>) -> (Vec<u8>, Option<Vec<u8>>) {
    let (start, end) = under(prefix);
    (after.map_or(start, |key| [key.as_slice(), &[0]].concat()), end)
}

/// The places of a range of a lane, as keys.
fn places(conversation: ConversationId, range: LaneRange) -> (Vec<u8>, Option<Vec<u8>>) {
    let start = (conversation, range.lane, range.first).to_bytes();
    (start, prefix_range(&(conversation, range.lane, range.last).to_bytes()).1)
}

/// An entry of [`Index::LanesByParent`].
type ByParent = ((ConversationId, u32), u32, u64, (u8, u8, u32));

/// Counts the forks of one stretch, which come by position.
fn count(lane: u32, before: u64, forks: Vec<ByParent>) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = Vec::new();
    for (_, position, seq, (role, empty, _)) in forks {
        let Some(role) = Role::from_tag(role).filter(|_| empty == 0) else { continue };
        let earlier = u64::from(seq < before);
        let here = tallies.iter_mut().rev().take_while(|tally| tally.position == position);
        match here.into_iter().find(|tally| tally.role == role) {
            Some(tally) => {
                tally.total += 1;
                tally.before += earlier;
            }
            None => tallies.push(Tally { lane, position, role, total: 1, before: earlier }),
        }
    }
    tallies
}

#[async_trait]
impl<K: KeyValue> ConversationStore for DoorStore<K> {
    async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        self.get(id).await
    }

    async fn find_conversation(&self, owner: Subject, name: Name<'_>) -> Result<Option<Conversation>, StoreError> {
        let id = match name {
            Name::External(external_id) => {
                let found = self.get::<ExternalId>((owner, external_id.to_owned())).await?;
                found.map(|found| found.conversation)
            }
            Name::Number(number) => {
                type Entry = (Subject, u64, ConversationId);
                let found = self.list::<Entry>(Index::ConversationsByNumber, under(&(owner, number)), 1).await?;
                found.first().map(|(_, _, id)| *id)
            }
        };
        match id {
            Some(id) => self.get(id).await,
            None => Ok(None),
        }
    }

    async fn conversations(
        &self,
        owner: Subject,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError> {
        let after = after.map(|(at, id)| (owner, Newest(at), id).to_bytes());
        let range = behind(&owner, after);
        let found: Vec<(Subject, Newest, ConversationId)> =
            self.list(Index::ConversationsByOwner, range, limit).await?;
        self.present(found.into_iter().map(|(_, _, id)| id).collect()).await
    }

    async fn conversations_of_all(
        &self,
        before: Option<ConversationId>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError> {
        self.records((Vec::new(), before.map(|id| id.to_bytes())), limit, true).await
    }

    async fn shelved(
        &self,
        owner: Subject,
        shelf: Shelf,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError> {
        type Entry = (Subject, u8, Newest, ConversationId);
        let after = after.map(|(at, id)| (owner, shelf.tag(), Newest(at), id).to_bytes());
        let range = behind(&(owner, shelf.tag()), after);
        let found: Vec<Entry> = self.list(Index::ShelvedByOwner, range, limit).await?;
        self.present(found.into_iter().map(|(_, _, _, id)| id).collect()).await
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.get(id).await
    }

    async fn message_by_number(&self, owner: Subject, number: u64) -> Result<Option<Message>, StoreError> {
        let range = under(&(owner, number));
        let found: Vec<(Subject, u64, MessageId)> = self.list(Index::MessagesByNumber, range, 1).await?;
        match found.first() {
            Some((_, _, id)) => self.get(*id).await,
            None => Ok(None),
        }
    }

    async fn lanes_up(&self, conversation: ConversationId, lane: u32, floor: u32) -> Result<Vec<Lane>, StoreError> {
        let mut lanes = Vec::new();
        let mut next = Some(lane);
        while let Some(number) = next {
            let found = self.get::<Lane>((conversation, number)).await?;
            let Some(lane) = found.or((number == 0).then(|| Lane::first(conversation))) else { break };
            // a parent lane is older than its child: damaged records cannot lead in a circle
            let up = lane.lane != 0 && lane.start >= floor && lane.parent < lane.lane;
            next = up.then_some(lane.parent);
            lanes.push(lane);
        }
        Ok(lanes)
    }

    async fn messages_in(
        &self,
        conversation: ConversationId,
        ranges: &[LaneRange],
    ) -> Result<Vec<Message>, StoreError> {
        let mut ids = Vec::new();
        for range in ranges {
            let slots: Vec<Slot> = self.records(places(conversation, *range), usize::MAX, false).await?;
            ids.extend(slots.iter().map(|slot| slot.message));
        }
        self.present(ids).await
    }

    async fn tally(&self, conversation: ConversationId, stretches: &[Stretch]) -> Result<Vec<Tally>, StoreError> {
        let mut tallies = Vec::new();
        for Stretch { range, before } in stretches {
            let places = places(conversation, *range);
            let forks: Vec<ByParent> = self.list(Index::LanesByParent, places, usize::MAX).await?;
            tallies.extend(count(range.lane, *before, forks));
        }
        Ok(tallies)
    }

    async fn lanes_from(
        &self,
        conversation: ConversationId,
        range: LaneRange,
        after: Option<(u32, u64)>,
        limit: usize,
    ) -> Result<Vec<Lane>, StoreError> {
        let (start, end) = places(conversation, range);
        let start = match after {
            // the lane's own number follows the seq, so the next seq is the first key that lies behind
            Some((position, seq)) => ((conversation, range.lane), position, seq.saturating_add(1)).to_bytes(),
            None => start,
        };
        let entries: Vec<ByParent> = self.list(Index::LanesByParent, (start, end), limit).await?;
        self.present(entries.into_iter().map(|(_, _, _, (_, _, lane))| (conversation, lane)).collect()).await
    }

    async fn tip(&self, conversation: ConversationId, range: LaneRange) -> Result<Tip, StoreError> {
        let range = places(conversation, range);
        let departures: Vec<(ConversationId, u32, u32)> = self.list(Index::Departures, range.clone(), 1).await?;
        let departure = match departures.first() {
            Some(key) => self.get::<Fork>(*key).await?,
            None => None,
        };
        let last: Option<Slot> = self.records(range, 1, true).await?.pop();
        let last = match last {
            Some(slot) => self.get::<Node>(slot.message).await?,
            None => None,
        };
        Ok(Tip { departure, last })
    }

    async fn tree(
        &self,
        conversation: ConversationId,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let after = after.map(|place| (conversation, place.lane, place.position).to_bytes());
        let slots: Vec<Slot> = self.records(behind(&conversation, after), limit, false).await?;
        self.present(slots.iter().map(|slot| slot.message).collect()).await
    }
}

#[async_trait]
impl<K: KeyValue> TurnStore for DoorStore<K> {
    async fn run(&self, id: RunId) -> Result<Option<Run>, StoreError> {
        self.get(id).await
    }

    async fn active_runs(&self, conversation: ConversationId) -> Result<Vec<Run>, StoreError> {
        let range = under(&conversation);
        let found: Vec<(ConversationId, RunId)> = self.list(Index::ActiveRuns, range, usize::MAX).await?;
        let runs: Vec<Run> = self.present(found.into_iter().map(|(_, id)| id).collect()).await?;
        // one may have ended between the two reads
        Ok(runs.into_iter().filter(Run::is_active).collect())
    }

    async fn lapsed_runs(&self, before: Timestamp, limit: usize) -> Result<Vec<Run>, StoreError> {
        let range = (Vec::new(), Some(before.to_bytes()));
        let found: Vec<(Timestamp, RunId)> = self.list(Index::RunsByHeartbeat, range, limit).await?;
        self.present(found.into_iter().map(|(_, id)| id).collect()).await
    }

    async fn runs_of(&self, owner: Subject, after: Option<RunId>, limit: usize) -> Result<Vec<Run>, StoreError> {
        let range = behind(&owner, after.map(|id| (owner, id).to_bytes()));
        let found: Vec<(Subject, RunId)> = self.list(Index::RunsByOwner, range, limit).await?;
        self.present(found.into_iter().map(|(_, id)| id).collect()).await
    }

    async fn logged_runs(&self, after: Option<RunId>, limit: usize) -> Result<Vec<RunId>, StoreError> {
        let mut found: Vec<RunId> = Vec::new();
        while found.len() < limit {
            // the first stretch behind all those of the last run
            let start = found.last().or(after.as_ref()).and_then(|last| under(last).1).unwrap_or_default();
            let next: Vec<RunLog> = self.records((start, None), 1, false).await?;
            let Some(log) = next.first() else { break };
            found.push(log.run);
        }
        Ok(found)
    }

    async fn run_log(&self, run: RunId, after: u64, limit: usize) -> Result<Vec<RunLog>, StoreError> {
        // the stretch that `after` lies in begins at or before the event behind it
        let (first, end) = under(&run);
        let upto = (run, after.saturating_add(2)).to_bytes();
        let holding: Vec<RunLog> = self.records((first, Some(upto)), 1, true).await?;
        let start = holding.first().filter(|log| log.last > after).map_or(after.saturating_add(1), |log| log.first);
        self.records(((run, start).to_bytes(), end), limit, false).await
    }

    async fn idempotency_key(&self, owner: Subject, name: &RequestName) -> Result<Option<IdempotencyKey>, StoreError> {
        self.get((owner, name.clone())).await
    }

    async fn expired_keys(&self, now: Timestamp, limit: usize) -> Result<Vec<IdempotencyKey>, StoreError> {
        let end = prefix_range(&now.to_bytes()).1;
        let found: Vec<(Timestamp, Subject, RequestName)> =
            self.list(Index::KeysByExpiry, (Vec::new(), end), limit).await?;
        let keys = found.into_iter().map(|(_, owner, name)| (owner, name)).collect();
        let names: Vec<IdempotencyKey> = self.present(keys).await?;
        // one may have been taken anew between the two reads
        Ok(names.into_iter().filter(|name| name.has_expired(now)).collect())
    }
}

#[async_trait]
impl<K: KeyValue> JobStore for DoorStore<K> {
    async fn jobs(&self, after: Option<JobId>, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.records(behind(&(), after.map(|id| id.to_bytes())), limit, false).await
    }
}

#[async_trait]
impl<K: KeyValue> Scan for DoorStore<K> {
    async fn scan(&self, kind: Kind, after: Option<&[u8]>, limit: usize) -> Result<Vec<AnyRecord>, StoreError> {
        let prefix = record_key(kind, &[]);
        let (start, end) = prefix_range(&prefix);
        let start = after.map_or(start, |key| [prefix.as_slice(), key, &[0]].concat());
        let pairs = self.kv.scan(Range { start, end, reverse: false }, limit).await?;
        pairs.iter().map(|(_, bytes)| AnyRecord::decode(kind, bytes).map_err(|error| corrupt(kind, error))).collect()
    }
}
