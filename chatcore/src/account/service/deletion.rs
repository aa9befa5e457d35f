//! What ends an account, by whomever.

use super::Accounts;
use crate::account::deletion::DeleteUser;
use crate::billing::ExpectUnsubscribed;
use crate::id::{JobId, UserId};
use crate::store::{Batch, Change, Domain};
use crate::subject::Subject;

impl Accounts {
    /// The change that deletes an account.
    pub(super) fn deleting(&self, by: Option<UserId>, user: UserId) -> DeleteUser {
        let at = self.clock.now();
        DeleteUser { by, user, job: JobId::mint(at, &*self.ids), at }
    }

    /// The same in its batch: nobody goes on paying for an account that is gone.
    pub(super) fn deletion(&self, batch: Batch, change: impl Change + 'static, user: UserId) -> Batch {
        let batch = batch.and(change);
        match self.store.supports(Domain::Billing) {
            true => batch.and(ExpectUnsubscribed { subject: Subject::User(user) }),
            false => batch,
        }
    }
}
