//! How an entry gets into the chain: in the batch of the act, behind the entry that came last.

use serde::{Deserialize, Serialize};

use super::entry::{Act, AuditEntry, Object};
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::once::Fingerprint;
use crate::store::{Change, Conflict, Kind, Record, Stop, Tx};
use crate::subject::Subject;

/// Where the chain ends. There is one a store, so entries come one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// The number of the last entry.
    pub number: u64,
    /// The hash of the last entry.
    pub hash: Fingerprint,
}

impl Record for AuditHead {
    type Key = ();
    const KIND: Kind = Kind::AuditHead;

    fn key(&self) {}
}

/// An entry that has no place in the chain yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Who does it; `None` is the program itself.
    pub actor: Option<UserId>,
    /// What is done.
    pub act: Act,
    /// To what.
    pub object: Object,
    /// Whom it is about.
    pub about: Option<Subject>,
    /// Why.
    pub reason: Option<String>,
    /// Where from.
    pub network: Option<String>,
    /// What comes of it.
    pub detail: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Draft {
    /// About somebody.
    #[must_use]
    pub fn about(self, subject: Subject) -> Self {
        Self { about: Some(subject), ..self }
    }

    /// With what comes of it, in a few words.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    fn behind(&self, head: Option<AuditHead>) -> Result<AuditEntry, Conflict> {
        let Self { actor, act, object, about, reason, network, detail, at } = self.clone();
        let last = head.map_or(0, |head| head.number);
        let number = last.checked_add(1).ok_or(Conflict::Rule("the audit log is full"))?;
        let (previous, hash) = (head.map_or_else(AuditEntry::genesis, |head| head.hash), Fingerprint([0; 32]));
        let entry = AuditEntry { number, at, actor, act, object, about, reason, network, detail, previous, hash };
        Ok(AuditEntry { hash: entry.expected_hash(), ..entry })
    }

    /// Writes the entry behind the last one. The head is loaded, so nobody else can have its number.
    fn append(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let before = tx.get::<AuditHead>(&())?;
        let entry = self.behind(before)?;
        let head = AuditHead { number: entry.number, hash: entry.hash };
        tx.insert_fresh(entry)?;
        if before.is_some() { tx.update(head) } else { tx.insert(head) }
    }
}

/// An act with its entry: both or neither. An act that writes nothing leaves no entry.
#[derive(Debug, Clone)]
pub struct Audited<C> {
    /// The act.
    pub change: C,
    /// The entry; `None` in a store that keeps no audit.
    pub draft: Option<Draft>,
}

impl<C: Change> Change for Audited<C> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Some(draft) = &self.draft else { return self.change.apply(tx) };
        // asked for beside what the act needs, to save a round
        let head = tx.get::<AuditHead>(&());
        let before = tx.writes();
        self.change.apply(tx)?;
        head?;
        if tx.writes() == before { Ok(()) } else { draft.append(tx) }
    }
}

/// An entry about something that changes nothing in the store: that somebody looks.
#[derive(Debug, Clone)]
pub struct Note(pub Draft);

impl Change for Note {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        self.0.append(tx)
    }
}
