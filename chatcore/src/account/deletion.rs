//! The end of an account: a mark that works at once, and the job that erases what is left.

use super::role::{Permission, expect_power, recount};
use super::user::{AccountState, User};
use crate::clock::Timestamp;
use crate::id::{JobId, UserId};
use crate::job::{Job, Work};
use crate::store::{Change, Conflict, Stop, Tx};

/// An account is deleted, by its owner or by somebody with the power to, for good: sessions, keys and codes work no more.
/// What was theirs is [erased](crate::erasure) by a job. Deleting it again changes nothing.
#[derive(Debug, Clone)]
pub struct DeleteUser {
    /// Who says so; `None` is the program itself.
    pub by: Option<UserId>,
    /// Who.
    pub user: UserId,
    /// The job that will erase what is left.
    pub job: JobId,
    /// When.
    pub at: Timestamp,
}

impl Change for DeleteUser {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let user = tx.require::<User>(&self.user)?;
        if self.by != Some(self.user) {
            expect_power(tx, self.by, &user, Permission::DeleteAccounts)?;
        }
        if user.state == AccountState::Deleted {
            return Ok(());
        }
        let after = User { state: AccountState::Deleted, epoch: user.epoch + 1, ..user.clone() };
        recount(tx, Some(&user), &after)?;
        tx.update(after)?;
        let work = Work::Erase { user: self.user, looked_at: None };
        tx.insert_fresh(Job { id: self.job, work, created_at: self.at })
    }
}

/// The account of somebody whose traces are about to be removed: nothing of one that is in use is.
pub(crate) fn deleted(tx: &mut Tx<'_>, id: UserId) -> Result<User, Stop> {
    let user = tx.require::<User>(&id)?;
    match user.state {
        AccountState::Deleted => Ok(user),
        AccountState::Active | AccountState::Suspended => {
            Err(Conflict::Rule("what is not deleted is not erased").into())
        }
    }
}
