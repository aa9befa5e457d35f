//! An entry of the log, and its place in the chain.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::UserId;
use crate::once::Fingerprint;
use crate::store::{Entries, Index, Kind, Record};
use crate::subject::Subject;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Act {
    /// An account was shut out.
    Suspend,
    /// An account was let in again.
    Reinstate,
    /// An account was marked as deleted.
    DeleteAccount,
    /// Somebody got another role.
    SetRole,
    /// Somebody got another password.
    SetPassword,
    /// Somebody was signed out everywhere.
    EndSessions,
    /// Somebody was signed out in one place.
    EndSession,
    /// Credit was given away.
    GrantCredit,
    /// Credit was given or taken.
    AdjustBalance,
    /// An entry of the ledger was taken back.
    CorrectEntry,
    /// What somebody is entitled to was changed.
    SetEntitlement,
    /// A plan was made or changed.
    PutPlan,
    /// A plan was taken back.
    WithdrawPlan,
    /// An event of payments was tried again.
    ReplayPayment,
    /// Somebody's conversation was opened, to be read for an hour.
    ReadChat,
    /// Somebody's conversation was deleted.
    DeleteChat,
    /// A message of somebody was deleted, with what is below it.
    DeleteMessage,
}

/// What kind of thing something was done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ObjectKind {
    /// A user.
    User,
    /// Somebody without an account.
    Visitor,
    /// Where somebody is signed in.
    Session,
    /// An entry of the ledger, by its event.
    LedgerEntry,
    /// A plan.
    Plan,
    /// An event of payments.
    PaymentEvent,
    /// A conversation.
    Conversation,
    /// A message.
    Message,
}

/// What something was done to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Object {
    /// What kind of thing.
    pub kind: ObjectKind,
    /// Its id, as text.
    pub id: String,
}

impl Object {
    /// A thing of that id.
    pub fn new(kind: ObjectKind, id: impl ToString) -> Self {
        Self { kind, id: id.to_string() }
    }
}

impl From<Subject> for Object {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::User(id) => Self::new(ObjectKind::User, id),
            Subject::Visitor(id) => Self::new(ObjectKind::Visitor, id),
        }
    }
}

/// Something that was done, by whom and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Counted from 1, without gaps.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who did it; `None` is the program itself, its command line say.
    pub actor: Option<UserId>,
    /// What was done.
    pub act: Act,
    /// To what.
    pub object: Object,
    /// Whom it is about: they can read of it.
    pub about: Option<Subject>,
    /// Why, in the words of whoever did it.
    pub reason: Option<String>,
    /// Where from: the prefix of an address.
    pub network: Option<String>,
    /// What came of it, in a few words: an amount, a role.
    pub detail: Option<String>,
    /// The hash of the entry before it; of nothing at all for the first one.
    pub previous: Fingerprint,
    /// The hash of all of the above.
    pub hash: Fingerprint,
}

/// What the hash of an entry begins with: another form of it gets another name.
const FORM: &str = "chatcore-audit-1";

impl AuditEntry {
    /// What the first entry has for a hash of the one before it.
    #[must_use]
    pub fn genesis() -> Fingerprint {
        Fingerprint::of([FORM])
    }

    /// The hash that the entry ought to have.
    #[must_use]
    pub fn expected_hash(&self) -> Fingerprint {
        let word = |word: Result<String, serde_json::Error>| word.unwrap_or_default();
        // what is not there differs from what is empty
        let maybe = |text: Option<String>| text.map_or_else(|| "-".to_owned(), |text| format!("+{text}"));
        Fingerprint::of([
            FORM.as_bytes(),
            &self.previous.0,
            &self.number.to_be_bytes(),
            &self.at.as_micros().to_be_bytes(),
            maybe(self.actor.map(|actor| actor.to_string())).as_bytes(),
            word(serde_json::to_string(&self.act)).as_bytes(),
            word(serde_json::to_string(&self.object.kind)).as_bytes(),
            self.object.id.as_bytes(),
            maybe(self.about.map(|about| about.to_string())).as_bytes(),
            maybe(self.reason.clone()).as_bytes(),
            maybe(self.network.clone()).as_bytes(),
            maybe(self.detail.clone()).as_bytes(),
        ])
    }

    /// Whether its hash is that of what it says.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.hash == self.expected_hash()
    }

    /// Whether it comes right behind another one, or is the first if there is none.
    #[must_use]
    pub fn follows(&self, before: Option<&Self>) -> bool {
        let (number, hash) = before.map_or_else(|| (0, Self::genesis()), |before| (before.number, before.hash));
        self.number.checked_sub(1) == Some(number) && self.previous == hash
    }

    /// Where it stands in the list of whom it is about, the newest first.
    #[must_use]
    pub const fn place(number: u64) -> u64 {
        u64::MAX - number
    }
}

impl Record for AuditEntry {
    type Key = u64;
    const KIND: Kind = Kind::AuditEntry;

    fn key(&self) -> u64 {
        self.number
    }

    fn index(&self, entries: &mut Entries) {
        if let Some(about) = self.about {
            entries.add(Index::AuditByAbout, &(about, Self::place(self.number)));
        }
    }
}
