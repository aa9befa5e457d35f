//! What those who run the service do to accounts. `by` is the caller who wants it; `None` is the program itself, its
//! command line say. Who may do what is in [`crate::account::role`], and decided in the batch that does it.

use super::Accounts;
use super::sign_in::bucket_of;
use crate::account::caller::Caller;
use crate::account::change::EndAllSessions;
use crate::account::password::PasswordPolicy;
use crate::account::role::{ExpectPower, Permission, SetRole, SetState};
use crate::account::user::{AccountRole, AccountState, Identity, IdentityKey, User};
use crate::account::ways::SetPassword;
use crate::error::Error;
use crate::id::UserId;
use crate::limits::ClearAttempts;
use crate::store::Batch;

/// Who wants it, if their role allows it.
fn actor(by: Option<&Caller>, permission: Permission) -> Result<Option<UserId>, Error> {
    let Some(caller) = by else { return Ok(None) };
    caller.require_permission(permission)?;
    caller.user_id().map(Some).ok_or(Error::Denied)
}

impl Accounts {
    /// Somebody's account.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`].
    pub async fn account(&self, by: Option<&Caller>, user: UserId) -> Result<User, Error> {
        actor(by, Permission::SeeAccounts)?;
        self.user(user).await
    }

    /// The account that somebody signs in to with a name or an address.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`].
    pub async fn account_of(&self, by: Option<&Caller>, login: &str) -> Result<User, Error> {
        actor(by, Permission::SeeAccounts)?;
        let known = self.store.identity(&IdentityKey::of_login(login)).await?;
        self.user(known.ok_or(Error::NotFound("user"))?.user).await
    }

    /// The ways into somebody's account, without what proves them.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn identities_of(&self, by: Option<&Caller>, user: UserId) -> Result<Vec<Identity>, Error> {
        actor(by, Permission::SeeAccounts)?;
        let found = self.store.identities(user).await?;
        Ok(found.into_iter().map(|identity| Identity { secret: None, ..identity }).collect())
    }

    /// Shuts somebody out: their sessions, codes and keys work no more, at once.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::LastAdmin`]; [`Error::NotFound`].
    pub async fn suspend(&self, by: Option<&Caller>, user: UserId) -> Result<User, Error> {
        let by = actor(by, Permission::Suspend)?;
        self.changed(Batch::of(SetState { by, user, state: AccountState::Suspended }), user).await
    }

    /// Lets somebody in again. They sign in anew.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`]; [`Error::Unauthenticated`] when the account was deleted.
    pub async fn reinstate(&self, by: Option<&Caller>, user: UserId) -> Result<User, Error> {
        let by = actor(by, Permission::Suspend)?;
        self.changed(Batch::of(SetState { by, user, state: AccountState::Active }), user).await
    }

    /// Marks somebody's account as deleted, for good. Nobody gets in any more; what was theirs is removed later.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::LastAdmin`]; [`Error::NotFound`].
    pub async fn delete_account(&self, by: Option<&Caller>, user: UserId) -> Result<User, Error> {
        let by = actor(by, Permission::DeleteAccounts)?;
        self.changed(Batch::of(SetState { by, user, state: AccountState::Deleted }), user).await
    }

    /// Gives somebody a role. Their sessions go on, and have it at once.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::LastAdmin`]; [`Error::NotFound`].
    pub async fn set_role(&self, by: Option<&Caller>, user: UserId, role: AccountRole) -> Result<User, Error> {
        let by = actor(by, Permission::SetRoles)?;
        self.changed(Batch::of(SetRole { by, user, role }), user).await
    }

    /// Sets somebody's password. All their sessions end, and their failures to sign in are forgotten.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`]; [`Error::NotFound`].
    pub async fn set_password(
        &self,
        by: Option<&Caller>,
        user: UserId,
        password: &str,
        policy: PasswordPolicy,
    ) -> Result<(), Error> {
        let by = actor(by, Permission::SetPasswords)?;
        let secret = self.hashed(&self.user(user).await?, password, policy).await?;
        let power = ExpectPower { by, user, permission: Permission::SetPasswords };
        let set = SetPassword { user, secret, keep: None, at: self.clock.now() };
        self.store.commit(Batch::of(power).and(set).and(ClearAttempts { bucket: bucket_of(user) })).await?;
        Ok(())
    }

    /// Signs somebody out everywhere.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`].
    pub async fn end_sessions_of(&self, by: Option<&Caller>, user: UserId) -> Result<User, Error> {
        let by = actor(by, Permission::EndSessions)?;
        let power = ExpectPower { by, user, permission: Permission::EndSessions };
        self.changed(Batch::of(power).and(EndAllSessions { user }), user).await
    }

    /// What a batch left of a record, or what is there when it had nothing to change.
    async fn changed(&self, batch: Batch, user: UserId) -> Result<User, Error> {
        let done = self.store.commit(batch).await?;
        match done.get::<User>(&user) {
            Some(user) => Ok(user.clone()),
            None => self.user(user).await,
        }
    }
}
