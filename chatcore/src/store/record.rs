//! What a record is.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key::OrderedKey;
use super::kinds::{Keys, Kind, Loaded, Rows};
use super::table::Table;

/// A typed row with an exact key. Everything that a rule decides on is found by key.
pub trait Record: Clone + PartialEq + Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its key.
    type Key: OrderedKey + Clone + Ord + Hash + Debug + Send + Sync + 'static;

    /// Which kind of record.
    const KIND: Kind;

    /// The key of this record.
    fn key(&self) -> Self::Key;

    /// Under which ordered keys a list finds it. Only the key-value door uses this; a SQL store has indexes of its own.
    fn index(&self, _entries: &mut Entries) {}

    /// Whether it takes little room, so that a store may keep it [in memory](super::Known) for a while.
    fn is_small(&self) -> bool {
        true
    }

    /// The smaller records that follow from this one, so that rules need not load all of it.
    fn project(&self, _onto: &mut dyn Projector) {}
}

/// Takes the projections of a record; see [`Record::project`].
pub trait Projector {
    /// The place of a message in its tree.
    fn node(&mut self, node: crate::conversation::Node);
    /// The occupied place.
    fn slot(&mut self, slot: crate::conversation::Slot);
    /// The external id of a conversation.
    fn external(&mut self, external: crate::conversation::ExternalId);
}

/// A record that the tables of this crate hold; implemented for every kind by one macro.
pub trait Stored: Record {
    /// Its table.
    fn table(rows: &Rows) -> &Table<Self>;
    /// Its table, to be changed.
    fn table_mut(rows: &mut Rows) -> &mut Table<Self>;
    /// Its keys.
    fn keys_mut(keys: &mut Keys) -> &mut BTreeSet<Self::Key>;
    /// What a store found of it.
    fn loaded_mut(loaded: &mut Loaded) -> &mut Vec<Self>;
}

/// The lists that the key-value door keeps. The number is the first byte of the key, so it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Index {
    /// (owner, newest `updated_at`, id) of live conversations that are on no shelf.
    ConversationsByOwner = 1,
    /// (owner, number, id) of conversations.
    ConversationsByNumber = 2,
    /// (owner, number, id) of messages.
    MessagesByNumber = 3,
    /// ((conversation, parent lane), parent position, seq, (role, 1 if empty, lane)) of lanes.
    LanesByParent = 4,
    /// (conversation, lane, position) of forks whose active child leaves the lane.
    Departures = 5,
    /// (conversation, id) of runs that have not ended.
    ActiveRuns = 6,
    /// (heartbeat, id) of runs that have not ended.
    RunsByHeartbeat = 7,
    /// (user, id) of sessions.
    SessionsByUser = 8,
    /// (user, key) of identities.
    IdentitiesByUser = 9,
    /// (number, id) of users.
    UsersByNumber = 10,
    /// (expiry, owner, name) of names of requests that expire.
    KeysByExpiry = 11,
    /// (owner, id) of runs. A store that a program without this list wrote lists the runs from then on.
    RunsByOwner = 12,
    /// (expiry, hash) of codes.
    ChallengesByExpiry = 13,
    /// (owner, id, hash) of keys.
    ApiKeysByOwner = 14,
    /// (expiry, bucket) of rate counters.
    RateCountersByExpiry = 15,
    /// (expiry, run) of holds.
    HoldsByExpiry = 16,
    /// (owner, newest number, event) of ledger entries.
    LedgerByOwner = 18,
    /// (expiry, owner) of wallets in which credit expires.
    WalletsByExpiry = 19,
    /// (subject, id) of subscriptions.
    SubscriptionsBySubject = 20,
    /// (end of what it entitles to, id) of subscriptions that entitle to something.
    SubscriptionsByEnd = 21,
    /// (when it came, id) of events that are parked.
    ParkedEvents = 22,
    /// (owner, newest `created_at`, id) of attachments.
    AttachmentsByOwner = 28,
    /// (since when no message names it, id) of attachments that none does.
    IdleAttachments = 29,
    /// (since when no attachment has them, hash) of bytes that none has.
    IdleBlobs = 27,
    /// (0 or the rating, newest `updated_at`, message, who) of feedback.
    FeedbackByTime = 30,
    /// (conversation, id, hash) of shares.
    SharesByConversation = 31,
    /// (expiry, hash) of shares.
    SharesByExpiry = 32,
    /// (owner, shelf, newest `updated_at`, id) of live conversations that are pinned or put away.
    ShelvedByOwner = 33,
    /// (whom it is about, newest number) of audit entries.
    AuditByAbout = 40,
}

/// Collects the list entries of one record.
#[derive(Debug, Default)]
pub struct Entries(Vec<Vec<u8>>);

impl Entries {
    /// Adds an entry; the key ends with the record's own key, so that it is unique.
    pub fn add(&mut self, index: Index, key: &impl OrderedKey) {
        let mut bytes = vec![index as u8];
        key.write(&mut bytes);
        self.0.push(bytes);
    }

    /// The entries of a record.
    pub fn of<R: Record>(record: Option<&R>) -> Vec<Vec<u8>> {
        let mut entries = Self::default();
        if let Some(record) = record {
            record.index(&mut entries);
        }
        entries.0
    }
}
