//! People without an account, and what becomes of them when they get one.

use serde::{Deserialize, Serialize};

use super::user::User;
use crate::clock::Timestamp;
use crate::id::{JobId, UserId, VisitorId};
use crate::job::{Job, Work};
use crate::store::{Change, Conflict, Kind, Record, Stop, Tx};
use crate::subject::Subject;

/// Somebody without an account. The server signs what they show; they do not choose who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// Their id.
    pub id: VisitorId,
    /// When they came.
    pub created_at: Timestamp,
    /// Where from: the prefix of an address or a hash of it, whichever limits are counted by.
    pub network: String,
    /// The user that they have become: what was theirs is that user's. What counts for the visitor follows this.
    pub merged_into: Option<UserId>,
    /// When.
    pub merged_at: Option<Timestamp>,
}

impl Visitor {
    /// Whether a text looks like the token of a visitor. Whether it is one is for [`super::Accounts::by_visitor`] to say.
    #[must_use]
    pub fn is_token(text: &str) -> bool {
        text.split_once('.').is_some_and(|(id, _)| id.parse::<VisitorId>().is_ok())
    }
}

impl Record for Visitor {
    type Key = VisitorId;
    const KIND: Kind = Kind::Visitor;

    fn key(&self) -> VisitorId {
        self.id
    }
}

/// A visitor comes.
#[derive(Debug, Clone)]
pub struct OpenVisitor {
    /// Their id, minted for it.
    pub id: VisitorId,
    /// Where from.
    pub network: String,
    /// When.
    pub at: Timestamp,
}

impl Change for OpenVisitor {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let network = self.network.clone();
        tx.insert_fresh(Visitor { id: self.id, created_at: self.at, network, merged_into: None, merged_at: None })
    }
}

/// A visitor comes who is known by something that they send: the first time as [`OpenVisitor`], later nothing changes.
#[derive(Debug, Clone)]
pub struct MeetVisitor {
    /// Their id, made of what they send.
    pub id: VisitorId,
    /// Where from.
    pub network: String,
    /// When.
    pub at: Timestamp,
}

impl Change for MeetVisitor {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        if tx.get::<Visitor>(&self.id)?.is_some() {
            return Ok(());
        }
        let network = self.network.clone();
        tx.insert(Visitor { id: self.id, created_at: self.at, network, merged_into: None, merged_at: None })
    }
}

/// A visitor has become a user. That is said once, in one record; a job moves what was theirs. Saying it again changes
/// nothing, and nobody becomes two users.
#[derive(Debug, Clone)]
pub struct MergeVisitor {
    /// The visitor.
    pub visitor: VisitorId,
    /// The user, whose account is active.
    pub user: UserId,
    /// The job that moves what was theirs.
    pub job: JobId,
    /// When.
    pub at: Timestamp,
}

impl Change for MergeVisitor {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (visitor, user) = (tx.require::<Visitor>(&self.visitor), tx.require::<User>(&self.user));
        let visitor = visitor?;
        user?.expect_active()?;
        match visitor.merged_into {
            Some(user) if user == self.user => Ok(()),
            Some(_) => Err(Conflict::MergedElsewhere.into()),
            None => {
                tx.update(Visitor { merged_into: Some(self.user), merged_at: Some(self.at), ..visitor })?;
                let work = Work::Adopt { from: Subject::Visitor(self.visitor), to: Subject::User(self.user) };
                tx.insert_fresh(Job { id: self.job, work, created_at: self.at })
            }
        }
    }
}
