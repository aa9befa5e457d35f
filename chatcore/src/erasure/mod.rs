//! What becomes of a deleted account: everything that its owner said, brought or was known by goes, the books stay.
//!
//! [`DeleteUser`](crate::account::DeleteUser) works at once: nobody gets in any more. The job that comes with it
//! ([`Work::Erase`](crate::job::Work)) is done by [`Conversations::erase_due`](crate::conversation::Conversations::erase_due),
//! in bounded batches that may be cut off anywhere and done again:
//!
//! 1. ways in, sessions, keys, codes and names of requests: an address or a name is free from here on;
//! 2. conversations, with messages, runs, logs, links, feedback and words; attachments;
//! 3. after [`SETTLE`] the same once more, for what requests that were under way have written behind the first look; then
//!    the visitors that the user once was, and the job.
//!
//! Bytes that no attachment has any more go with the sweep of attachments ([`linger`](crate::attachment::AttachmentRules)).
//!
//! What stays is known by the user's id, a random number from which nothing of the person can be got once all this is gone.
//! [`fate`] says for every kind of record which it is. The texts that stay are words of those who run the service: reasons in
//! the audit log and the ledger. Neither can be changed without breaking what makes it worth keeping, so people's names do not
//! belong there. Copies that others made of what was shared with them are theirs.

mod change;
mod service;

use std::time::Duration;

pub use change::{
    ForgetAccess, ForgetAliases, ForgetIdentities, ForgetNotes, ForgetProfile, ForgetRequests, NoteErased,
};

use crate::store::Kind;

/// How long after the deletion an account is looked at once more: no request is under way for so long.
pub const SETTLE: Duration = Duration::from_secs(15 * 60);

/// What becomes of the records of a kind that are about somebody whose account is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// They go.
    Erased,
    /// They stay, without what tells who it was.
    Stripped,
    /// They stay: amounts, counts, and who did what, by ids alone.
    Kept,
    /// They are about nobody.
    Nobodys,
}

/// What becomes of the records of a kind.
#[must_use]
pub const fn fate(kind: Kind) -> Fate {
    match kind {
        Kind::Conversation
        | Kind::Message
        | Kind::Lane
        | Kind::Fork
        | Kind::Run
        | Kind::RunLog
        | Kind::Identity
        | Kind::Session
        | Kind::Job
        | Kind::IdempotencyKey
        | Kind::Challenge
        | Kind::ApiKey
        | Kind::Visitor
        | Kind::RateCounter
        | Kind::Hold
        | Kind::Attachment
        | Kind::Feedback
        | Kind::Share
        | Kind::Node
        | Kind::Slot
        | Kind::ExternalId => Fate::Erased,
        Kind::User | Kind::Entitlement => Fate::Stripped,
        Kind::Sequence
        | Kind::Counter
        | Kind::Wallet
        | Kind::LedgerEntry
        | Kind::Subscription
        | Kind::PaymentEvent
        | Kind::Customer
        | Kind::PaymentObject
        | Kind::AuditEntry => Fate::Kept,
        Kind::RoleCount | Kind::StoredPlan | Kind::Blob | Kind::AuditHead => Fate::Nobodys,
    }
}
