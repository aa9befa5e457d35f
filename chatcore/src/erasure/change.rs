//! The rules of erasing. Each does nothing to an account that is in use, passes over what is gone already, and so may be
//! done again.

use crate::account::{ApiKey, Challenge, Identity, IdentityKey, Session, TokenHash, User, Visitor, deleted};
use crate::billing::Entitlement;
use crate::clock::Timestamp;
use crate::id::{JobId, SessionId, UserId, VisitorId};
use crate::job::{Job, Work};
use crate::once::{IdempotencyKey, RequestName};
use crate::store::{Change, Conflict, Stop, Stored, Tx};
use crate::subject::Subject;

/// Removes those records of one kind that are somebody's.
fn remove<R: Stored>(tx: &mut Tx<'_>, keys: &[R::Key], theirs: impl Fn(&R) -> bool) -> Result<(), Stop> {
    tx.prefetch::<R>(keys.iter().cloned())?;
    for key in keys {
        if tx.get::<R>(key)?.is_some_and(|found| theirs(&found)) {
            tx.delete::<R>(key)?;
        }
    }
    Ok(())
}

/// Ways into a deleted account go: what they were is free for whoever comes next.
#[derive(Debug, Clone)]
pub struct ForgetIdentities {
    /// Whose.
    pub user: UserId,
    /// Which.
    pub keys: Vec<IdentityKey>,
}

impl Change for ForgetIdentities {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let asked = tx.prefetch::<Identity>(self.keys.iter().cloned());
        let mut user = deleted(tx, self.user)?;
        asked?;
        for key in &self.keys {
            if tx.get::<Identity>(key)?.is_some_and(|found| found.user == self.user) {
                tx.delete::<Identity>(key)?;
                user.links = user.links.saturating_sub(u64::from(key.is_link()));
            }
        }
        tx.update(user)
    }
}

/// What somebody said of themselves goes.
#[derive(Debug, Clone)]
pub struct ForgetProfile {
    /// Who.
    pub user: UserId,
}

impl Change for ForgetProfile {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let user = deleted(tx, self.user)?;
        tx.update(User { username: None, email: None, display_name: None, locale: None, ..user })
    }
}

/// Sessions, keys and codes of a deleted account go.
#[derive(Debug, Clone)]
pub struct ForgetAccess {
    /// Whose.
    pub user: UserId,
    /// Sessions.
    pub sessions: Vec<SessionId>,
    /// Hashes of keys.
    pub keys: Vec<TokenHash>,
    /// Hashes of codes.
    pub codes: Vec<TokenHash>,
}

impl ForgetAccess {
    /// Nothing of somebody's so far.
    #[must_use]
    pub const fn of(user: UserId) -> Self {
        Self { user, sessions: Vec::new(), keys: Vec::new(), codes: Vec::new() }
    }
}

impl Change for ForgetAccess {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        deleted(tx, self.user)?;
        remove::<Session>(tx, &self.sessions, |session| session.user == self.user)?;
        remove::<ApiKey>(tx, &self.keys, |key| key.owner == self.user)?;
        remove::<Challenge>(tx, &self.codes, |code| code.user == Some(self.user))
    }
}

/// Visitors that a deleted user once was are forgotten.
#[derive(Debug, Clone)]
pub struct ForgetAliases {
    /// The user.
    pub user: UserId,
    /// The visitors.
    pub visitors: Vec<VisitorId>,
}

impl Change for ForgetAliases {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        deleted(tx, self.user)?;
        remove::<Visitor>(tx, &self.visitors, |visitor| visitor.merged_into == Some(self.user))
    }
}

/// Names that a deleted user, or a visitor that they were, gave to requests are forgotten.
#[derive(Debug, Clone)]
pub struct ForgetRequests {
    /// The user.
    pub user: UserId,
    /// Whose names: the user or the visitor.
    pub owner: Subject,
    /// The names.
    pub names: Vec<RequestName>,
}

impl Change for ForgetRequests {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        deleted(tx, self.user)?;
        let keys: Vec<_> = self.names.iter().map(|name| (self.owner, name.clone())).collect();
        remove::<IdempotencyKey>(tx, &keys, |_| true)
    }
}

/// What a deleted user is entitled to keeps what was done, and loses the words that were said of it and where they lived.
#[derive(Debug, Clone)]
pub struct ForgetNotes {
    /// The user.
    pub user: UserId,
}

impl Change for ForgetNotes {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        deleted(tx, self.user)?;
        let Some(mut found) = tx.get::<Entitlement>(&Subject::User(self.user))? else { return Ok(()) };
        found.notes.iter_mut().for_each(|note| note.reason = None);
        found.time_zone = None;
        tx.update(found)
    }
}

/// An account was looked through for the first time; the job stays for the second.
#[derive(Debug, Clone)]
pub struct NoteErased {
    /// The job.
    pub job: JobId,
    /// When.
    pub at: Timestamp,
}

impl Change for NoteErased {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Some(job) = tx.get::<Job>(&self.job)? else { return Ok(()) };
        let Work::Erase { user, .. } = job.work else {
            return Err(Conflict::Rule("only an erasure is looked at twice").into());
        };
        tx.update(Job { work: Work::Erase { user, looked_at: Some(self.at) }, ..job })
    }
}
