//! What those who run the service see of somebody's credit, and how they put it right by a request that may come twice.

use super::credit::Credit;
use super::entry::{LedgerEntry, event};
use super::service::{Balance, Ledger};
use super::wallet::Wallet;
use crate::account::{Caller, ExpectPower, Permission};
use crate::audit::By;
use crate::error::Error;
use crate::id::UserId;
use crate::once::Once;
use crate::page::{Page, PageRequest};
use crate::store::{Batch, Committed};
use crate::subject::Subject;

impl Ledger {
    /// What a user has now, for staff.
    ///
    /// # Errors
    /// [`Error::Denied`] when the role does not allow it; [`Error::NotFound`] without such a user.
    pub async fn balance_of(&self, by: &Caller, user: UserId) -> Result<Balance, Error> {
        self.expect_seen(by, user).await?;
        self.balance(Subject::User(user)).await
    }

    /// The entries of a user, the newest first, for staff.
    ///
    /// # Errors
    /// As [`Self::balance_of`]; [`Error::Invalid`] for a cursor of another list.
    pub async fn entries_of_user(
        &self,
        by: &Caller,
        user: UserId,
        page: &PageRequest,
    ) -> Result<Page<LedgerEntry>, Error> {
        self.expect_seen(by, user).await?;
        self.entries_of(Some(by), Subject::User(user), page).await
    }

    /// Gives a user credit, or takes some. The same request under the same name is done once, and answered with the entry
    /// of the first time; names are the caller's own, and do not expire. Without a name it is done each time.
    ///
    /// # Errors
    /// [`Error::Denied`] when the role does not allow it, or not any more; [`Error::NotFound`] without such a user;
    /// [`Error::Invalid`] for an amount of nothing, or without a reason; [`Error::InsufficientCredit`] when there is not so
    /// much; [`Error::Reused`] when something else was asked under that name.
    pub async fn adjust_user(
        &self,
        by: &Caller,
        user: UserId,
        once: Option<&Once>,
        amount: Credit,
        reason: &str,
    ) -> Result<LedgerEntry, Error> {
        let because = By::from(by).because(reason);
        let actor = because.expect(Permission::AdjustBalances)?.ok_or(Error::Denied)?;
        let (owner, named) = (Subject::User(user), once.map(|once| format!("adjustment:{actor}:{}", once.as_str())));
        let change = self.adjustment(because, owner, named.clone(), amount, reason)?;
        let reason = change.change.reason.clone();
        let power = ExpectPower { by: Some(actor), user, permission: Permission::AdjustBalances };
        let done = self.store.commit(Batch::of(power).and(change)).await.map_err(|error| match Error::from(error) {
            // the one thing here that has a name
            Error::Taken(_) => Error::Reused("Idempotency-Key"),
            other => other,
        })?;
        let entry = match named.or_else(|| booked(&done, owner)) {
            Some(event) => self.store.ledger_entry(&event).await?,
            None => None,
        };
        let entry = entry.ok_or(Error::NotFound("entry"))?;
        if entry.reason.as_deref() == Some(&*reason) { Ok(entry) } else { Err(Error::Reused("Idempotency-Key")) }
    }

    async fn expect_seen(&self, by: &Caller, user: UserId) -> Result<(), Error> {
        by.require_permission(Permission::SeeUsage)?;
        self.store.user(user).await?.map(|_| ()).ok_or(Error::NotFound("user"))
    }
}

/// The name of the adjustment that a batch has made; it is the last entry of the wallet.
fn booked(done: &Committed, owner: Subject) -> Option<String> {
    done.get::<Wallet>(&owner).map(|wallet| event::adjusted(owner, wallet.entries))
}
