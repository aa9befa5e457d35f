//! A store that hands everything on to a healthy one, but for its fault.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use chatcore::account::Session;
use chatcore::audit::AuditHead;
use chatcore::conversation::{
    Conversation, ConversationState, ConversationStore, Lane, LaneRange, Message, Name, Place, Shelf, Stretch, Tally,
    Tip,
};
use chatcore::store::{AnyRecord, Batch, Commit, Committed, Conflict, Domain, DoorStore, Kind, Scan, StoreErrorKind};
use chatcore::{ConversationId, MessageId, SessionId, Store, StoreError, Subject, Timestamp};

use crate::commits::{BookAgain, Burn, alone, gives_up, pause, pieces, without};
use crate::disk::Disk;
use crate::fault::Fault;
use crate::offset::Offsets;

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// A store with a fault.
pub(crate) struct Mutant {
    pub(crate) inner: DoorStore<Disk>,
    fault: Fault,
    dead: AtomicBool,
    cache: Mutex<HashMap<ConversationId, Conversation>>,
    said: Mutex<HashMap<String, Vec<Message>>>,
    pub(crate) sessions: Mutex<HashMap<SessionId, Session>>,
    pub(crate) offsets: Offsets,
    /// How many commits are under way.
    racing: AtomicUsize,
    /// Where the audit log ended when somebody asked first.
    pub(crate) head: Mutex<Option<Option<AuditHead>>>,
}

impl Mutant {
    pub(crate) fn new(inner: DoorStore<Disk>) -> Self {
        let fault = inner.inner().fault;
        Self {
            inner,
            fault,
            dead: AtomicBool::new(false),
            cache: Mutex::default(),
            said: Mutex::default(),
            sessions: Mutex::default(),
            offsets: Offsets::default(),
            head: Mutex::default(),
            racing: AtomicUsize::new(0),
        }
    }

    pub(crate) fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    async fn all_conversations(&self) -> Result<Vec<Conversation>> {
        let all = self.inner.scan(Kind::Conversation, None, usize::MAX).await?;
        let of = |record| if let AnyRecord::Conversation(one) = record { Some(one) } else { None };
        Ok(all.into_iter().filter_map(of).collect())
    }
}

impl Store for Mutant {
    fn is_exclusive(&self) -> bool {
        self.inner.is_exclusive() && !self.is(Fault::LapsedAtOnce)
    }

    fn supports(&self, domain: Domain) -> bool {
        match domain {
            Domain::Accounts => !self.is(Fault::DeniesAccounts),
            Domain::Billing => !self.is(Fault::DeniesBilling),
            _ => true,
        }
    }
}

#[async_trait]
impl Commit for Mutant {
    async fn commit(&self, batch: Batch) -> Result<Committed> {
        if self.dead.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "commit"));
        }
        let size = batch.changes().len();
        match self.fault {
            Fault::SplitsBatches | Fault::TakesAnySize if size > 1 => {
                if self.is(Fault::TakesAnySize) && size <= Batch::MAX_CHANGES {
                    return self.inner.commit(batch).await;
                }
                let mut last = Committed::default();
                let step = if self.is(Fault::SplitsBatches) { 1 } else { Batch::MAX_CHANGES };
                for piece in pieces(batch, step) {
                    last = self.inner.commit(piece).await?;
                }
                Ok(last)
            }
            Fault::SameSnapshot => alone(self.inner.inner(), batch, false, true).await,
            Fault::OverwritesFresh => alone(self.inner.inner(), batch, false, false).await,
            Fault::DiesWithCaller => alone(self.inner.inner(), batch, true, true).await,
            Fault::AnswersOfGroup => self.inner.commit(batch).await.map(|_| Committed::default()),
            Fault::GivesUp => gives_up(self.inner.inner(), batch).await,
            Fault::KeepsLinks if format!("{batch:?}").contains("EndShares") => Ok(Committed::default()),
            Fault::ForgetsOldMarks if size == 1 && format!("{batch:?}").contains("ClaimNames") => {
                Ok(Committed::default())
            }
            Fault::OpenSessionsOver if format!("{batch:?}").contains("ForgetSessions") => Ok(Committed::default()),
            Fault::ErasesAnybody | Fault::DeletesWhoPays => {
                let done = self.inner.commit(batch).await;
                match done.as_ref().err().and_then(StoreError::conflict) {
                    Some(Conflict::Rule(_)) if self.is(Fault::ErasesAnybody) => Ok(Committed::default()),
                    Some(Conflict::Subscribed) if self.is(Fault::DeletesWhoPays) => Ok(Committed::default()),
                    _ => done,
                }
            }
            Fault::TakesAnyInsert | Fault::TakesAnyUpdate => {
                let done = self.inner.commit(batch).await;
                match done.as_ref().err().and_then(StoreError::conflict) {
                    Some(Conflict::Exists(_)) if self.is(Fault::TakesAnyInsert) => Ok(Committed::default()),
                    Some(Conflict::Missing(_)) if self.is(Fault::TakesAnyUpdate) => Ok(Committed::default()),
                    _ => done,
                }
            }
            Fault::BurnsNumbers => {
                let done = self.inner.commit(batch).await;
                if done.is_err() {
                    let all = self.inner.scan(Kind::Sequence, None, usize::MAX).await?;
                    let counters = all.into_iter().filter_map(|record| match record {
                        AnyRecord::Sequence(sequence) => Some(sequence.of),
                        _ => None,
                    });
                    let mut burn = Batch::default();
                    counters.for_each(|of| burn.push(Burn(of)));
                    self.inner.commit(burn).await?;
                }
                done
            }
            Fault::RacyInserts | Fault::RacyDeletes => {
                self.racing.fetch_add(1, Ordering::SeqCst);
                // so that those who come together are under way together
                pause().await;
                let done = self.inner.commit(batch).await;
                let alone = self.racing.fetch_sub(1, Ordering::SeqCst) == 1;
                match done.as_ref().err().and_then(StoreError::conflict) {
                    Some(Conflict::Exists(Kind::Job)) if self.is(Fault::RacyInserts) && !alone => {
                        Ok(Committed::default())
                    }
                    Some(Conflict::Missing(Kind::Job)) if self.is(Fault::RacyDeletes) && !alone => {
                        Ok(Committed::default())
                    }
                    _ => done,
                }
            }
            fault if fault.races().is_some_and(|change| format!("{batch:?}").contains(change)) => {
                alone(self.inner.inner(), batch, false, true).await
            }
            Fault::CreditLost if format!("{batch:?}").contains("ReceiveEvent") => {
                without(self.inner.inner(), batch, &[Kind::Wallet, Kind::LedgerEntry]).await
            }
            Fault::ActsLost if format!("{batch:?}").contains("Audited") => {
                without(self.inner.inner(), batch, &[Kind::AuditEntry, Kind::AuditHead]).await
            }
            Fault::CreditTwice if format!("{batch:?}").contains("ReceiveEvent") => {
                let done = self.inner.commit(batch).await?;
                let all = self.inner.scan(Kind::LedgerEntry, None, usize::MAX).await?;
                let again = all.into_iter().filter_map(|record| match record {
                    AnyRecord::LedgerEntry(entry) => Some(BookAgain(entry)),
                    _ => None,
                });
                let mut twice = Batch::default();
                again.for_each(|entry| twice.push(entry));
                self.inner.commit(twice).await?;
                Ok(done)
            }
            Fault::PanicKills => {
                let done = self.inner.commit(batch).await;
                let killed = done.as_ref().is_err_and(|error| error.to_string().contains("panicked"));
                self.dead.fetch_or(killed, Ordering::SeqCst);
                done
            }
            _ => self.inner.commit(batch).await,
        }
    }
}

#[async_trait]
impl Scan for Mutant {
    async fn scan(&self, kind: Kind, after: Option<&[u8]>, limit: usize) -> Result<Vec<AnyRecord>> {
        if self.is(Fault::ScanByOffset) {
            let all = self.inner.scan(kind, None, usize::MAX).await?;
            return Ok(self.offsets.page(all, after.map(<[u8]>::to_vec), limit, AnyRecord::key_bytes));
        }
        if self.is(Fault::FirstPageOnly) && after.is_some() {
            return Ok(Vec::new());
        }
        let mut found = self.inner.scan(kind, after, limit).await?;
        if self.is(Fault::ScansBackwards) {
            found.reverse();
        }
        if self.is(Fault::ScansLiveOnly) {
            found.retain(
                |record| !matches!(record, AnyRecord::Conversation(one) if one.state != ConversationState::Live),
            );
        }
        Ok(found)
    }
}

#[async_trait]
impl ConversationStore for Mutant {
    async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>> {
        let found = self.inner.conversation(id).await?;
        if self.is(Fault::LiveById) {
            return Ok(found.filter(|found| found.state == ConversationState::Live));
        }
        if self.is(Fault::ReadsFromCache) {
            let mut cache = self.cache.lock().unwrap();
            return Ok(found.map(|found| cache.entry(id).or_insert(found).clone()));
        }
        Ok(found)
    }

    async fn find_conversation(&self, owner: Subject, name: Name<'_>) -> Result<Option<Conversation>> {
        match name {
            Name::External(external) if self.is(Fault::FoldsCase) => {
                let same = |one: &Conversation| {
                    let own = one.external_id.as_ref();
                    one.owner == owner && own.is_some_and(|own| own.to_lowercase() == external.to_lowercase())
                };
                Ok(self.all_conversations().await?.into_iter().find(same))
            }
            _ => self.inner.find_conversation(owner, name).await,
        }
    }

    async fn conversations(
        &self,
        owner: Subject,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>> {
        match self.fault {
            Fault::ConversationsByOffset => {
                let all = self.inner.conversations(owner, None, usize::MAX).await?;
                Ok(self.offsets.page(all, after, limit, |one| (one.updated_at, one.id)))
            }
            Fault::IgnoresAfter => self.inner.conversations(owner, None, limit).await,
            Fault::IncludesAfter => {
                let mut all = self.inner.conversations(owner, None, usize::MAX).await?;
                let at = after.and_then(|(_, id)| all.iter().position(|one| one.id == id));
                all.drain(..at.unwrap_or(0));
                all.truncate(limit);
                Ok(all)
            }
            Fault::ListsById => {
                let mut found = self.inner.conversations(owner, after, limit).await?;
                found.sort_by_key(|one| one.id);
                Ok(found)
            }
            Fault::ListsDeleted => {
                let mut all = self.all_conversations().await?;
                all.retain(|one| one.owner == owner);
                all.sort_by_key(|one| (std::cmp::Reverse(one.updated_at), one.id));
                Ok(all)
            }
            _ => self.inner.conversations(owner, after, limit).await,
        }
    }

    async fn conversations_of_all(&self, before: Option<ConversationId>, limit: usize) -> Result<Vec<Conversation>> {
        let mut found = self.inner.conversations_of_all(before, limit).await?;
        if self.is(Fault::EverybodysOldest) {
            found.reverse();
        }
        Ok(found)
    }

    async fn shelved(
        &self,
        owner: Subject,
        shelf: Shelf,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>> {
        if self.is(Fault::ShelfByOffset) {
            let all = self.inner.shelved(owner, shelf, None, usize::MAX).await?;
            return Ok(self.offsets.page(all, after, limit, |one| (one.updated_at, one.id)));
        }
        let shelf = if self.is(Fault::OneShelf) { Shelf::Pinned } else { shelf };
        self.inner.shelved(owner, shelf, after, limit).await
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>> {
        let found = self.inner.message(id).await?;
        if found.is_none() && self.is(Fault::AnyById) {
            let all = self.inner.scan(Kind::Message, None, 1).await?;
            let of = |record| if let AnyRecord::Message(one) = record { Some(one) } else { None };
            return Ok(all.into_iter().find_map(of));
        }
        Ok(found)
    }

    async fn message_by_number(&self, owner: Subject, number: u64) -> Result<Option<Message>> {
        if self.is(Fault::IgnoresOwner) {
            let all = self.inner.scan(Kind::Message, None, usize::MAX).await?;
            let of = |record| match record {
                AnyRecord::Message(message) if message.number == number => Some(message),
                _ => None,
            };
            return Ok(all.into_iter().find_map(of));
        }
        self.inner.message_by_number(owner, number).await
    }

    async fn lanes_up(&self, conversation: ConversationId, lane: u32, floor: u32) -> Result<Vec<Lane>> {
        let floor = if self.is(Fault::IgnoresFloor) { 0 } else { floor };
        let mut lanes = self.inner.lanes_up(conversation, lane, floor).await?;
        if self.is(Fault::LanesDownwards) {
            lanes.reverse();
        }
        Ok(lanes)
    }

    async fn messages_in(&self, conversation: ConversationId, ranges: &[LaneRange]) -> Result<Vec<Message>> {
        if self.is(Fault::BranchFromCache) {
            let asked = format!("{conversation} {ranges:?}");
            let found = self.inner.messages_in(conversation, ranges).await?;
            return Ok(self.said.lock().unwrap().entry(asked).or_insert(found).clone());
        }
        let mut ranges = ranges.to_vec();
        match self.fault {
            Fault::SortsRanges => ranges.sort_by_key(|range| (range.lane, range.first)),
            Fault::IgnoresRangeEnd => ranges.iter_mut().for_each(|range| range.last = u32::MAX),
            _ => {}
        }
        self.inner.messages_in(conversation, &ranges).await
    }

    async fn tally(&self, conversation: ConversationId, stretches: &[Stretch]) -> Result<Vec<Tally>> {
        let mut stretches = stretches.to_vec();
        match self.fault {
            Fault::CountsItself => stretches.iter_mut().for_each(|stretch| stretch.before += 1),
            Fault::SortsStretches => stretches.sort_by_key(|stretch| (stretch.range.lane, stretch.range.first)),
            _ => {}
        }
        if !self.is(Fault::CountsEmptyLanes) {
            return self.inner.tally(conversation, &stretches).await;
        }
        let mut all = Vec::new();
        for Stretch { range, before } in stretches {
            let mut tallies: Vec<Tally> = Vec::new();
            for child in self.inner.lanes_from(conversation, range, None, usize::MAX).await? {
                let (position, role, earlier) = (child.start - 1, child.role, u64::from(child.seq < before));
                match tallies.iter_mut().find(|tally| (tally.position, tally.role) == (position, role)) {
                    Some(tally) => (tally.total, tally.before) = (tally.total + 1, tally.before + earlier),
                    None => tallies.push(Tally { lane: range.lane, position, role, total: 1, before: earlier }),
                }
            }
            all.extend(tallies);
        }
        Ok(all)
    }

    async fn lanes_from(
        &self,
        conversation: ConversationId,
        range: LaneRange,
        after: Option<(u32, u64)>,
        limit: usize,
    ) -> Result<Vec<Lane>> {
        if self.is(Fault::LanesByOffset) {
            let all = self.inner.lanes_from(conversation, range, None, usize::MAX).await?;
            return Ok(self.offsets.page(all, after, limit, |lane| (lane.fork().position, lane.seq)));
        }
        let mut lanes = self.inner.lanes_from(conversation, range, after, limit).await?;
        if self.is(Fault::HidesEmptyLanes) {
            lanes.retain(|lane| !lane.is_empty());
        }
        Ok(lanes)
    }

    async fn tip(&self, conversation: ConversationId, range: LaneRange) -> Result<Tip> {
        let tip = self.inner.tip(conversation, range).await?;
        let blind = self.is(Fault::NeverDeparts) || self.is(Fault::ForgetsLeaf);
        Ok(if blind { Tip { departure: None, ..tip } } else { tip })
    }

    async fn tree(&self, conversation: ConversationId, after: Option<Place>, limit: usize) -> Result<Vec<Message>> {
        if self.is(Fault::TreeByOffset) {
            let all = self.inner.tree(conversation, None, usize::MAX).await?;
            return Ok(self.offsets.page(all, after, limit, |message| message.place));
        }
        if let (true, Some(place)) = (self.is(Fault::TreeRepeats), after) {
            let range = LaneRange { lane: place.lane, first: place.position, last: place.position };
            let mut found = self.inner.messages_in(conversation, &[range]).await?;
            found.extend(self.inner.tree(conversation, after, limit).await?);
            // it ends somewhere, so that the check does
            found.truncate(if found.len() == 1 { 0 } else { limit.max(2) });
            return Ok(found);
        }
        self.inner.tree(conversation, after, limit).await
    }
}
