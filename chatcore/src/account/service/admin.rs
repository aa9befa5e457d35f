//! What those who run the service do to accounts. `by` is the caller who wants it, and why; `None` is the program itself, its
//! command line say. Who may do what is in [`crate::account::role`], and decided in the batch that does it, which also
//! writes what was done into the [audit log](crate::audit).

use super::Accounts;
use super::sign_in::bucket_of;
use crate::account::change::{EndAllSessions, EndSession};
use crate::account::password::PasswordPolicy;
use crate::account::role::{ExpectPower, Permission, SetRole, SetState};
use crate::account::session::Session;
use crate::account::user::{AccountRole, AccountState, Identity, IdentityKey, User};
use crate::account::ways::SetPassword;
use crate::audit::{Act, Audited, By, Object, ObjectKind};
use crate::error::Error;
use crate::id::{SessionId, UserId};
use crate::limits::ClearAttempts;
use crate::page::{Page, PageRequest};
use crate::store::{Batch, Change};
use crate::subject::Subject;

impl Accounts {
    /// Somebody's account.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`].
    pub async fn account<'a>(&self, by: impl Into<By<'a>>, user: UserId) -> Result<User, Error> {
        by.into().expect(Permission::SeeAccounts)?;
        self.user(user).await
    }

    /// The account that somebody signs in to with a name or an address.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`].
    pub async fn account_of<'a>(&self, by: impl Into<By<'a>>, login: &str) -> Result<User, Error> {
        by.into().expect(Permission::SeeAccounts)?;
        let known = self.store.identity(&IdentityKey::of_login(login)).await?;
        self.user(known.ok_or(Error::NotFound("user"))?.user).await
    }

    /// The ways into somebody's account, without what proves them.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn identities_of<'a>(&self, by: impl Into<By<'a>>, user: UserId) -> Result<Vec<Identity>, Error> {
        by.into().expect(Permission::SeeAccounts)?;
        let found = self.store.identities(user).await?;
        Ok(found.into_iter().map(|identity| Identity { secret: None, ..identity }).collect())
    }

    /// Shuts somebody out: their sessions, codes and keys work no more, at once.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::LastAdmin`]; [`Error::NotFound`].
    pub async fn suspend<'a>(&self, by: impl Into<By<'a>>, user: UserId) -> Result<User, Error> {
        let by = by.into();
        let change = SetState { by: by.expect(Permission::Suspend)?, user, state: AccountState::Suspended };
        self.changed(Batch::of(self.audited(by, Act::Suspend, user, change)?), user).await
    }

    /// Lets somebody in again. They sign in anew.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`]; [`Error::Unauthenticated`] when the account was deleted.
    pub async fn reinstate<'a>(&self, by: impl Into<By<'a>>, user: UserId) -> Result<User, Error> {
        let by = by.into();
        let change = SetState { by: by.expect(Permission::Suspend)?, user, state: AccountState::Active };
        self.changed(Batch::of(self.audited(by, Act::Reinstate, user, change)?), user).await
    }

    /// Deletes somebody's account, for good. Nobody gets in any more, at once; what was theirs is [erased](crate::erasure) by
    /// a job. Somebody who does that says why; the program itself need not.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`] without a reason; [`Error::Subscribed`] while a subscription goes on; [`Error::LastAdmin`]; [`Error::NotFound`].
    pub async fn delete_account<'a>(&self, by: impl Into<By<'a>>, user: UserId) -> Result<User, Error> {
        let by = by.into();
        let change = self.deleting(by.expect(Permission::DeleteAccounts)?, user);
        by.expect_reason()?;
        let change = self.audited(by, Act::DeleteAccount, user, change)?;
        self.changed(self.deletion(Batch::default(), change, user), user).await
    }

    /// Gives somebody a role. Their sessions go on, and have it at once.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::LastAdmin`]; [`Error::NotFound`].
    pub async fn set_role<'a>(&self, by: impl Into<By<'a>>, user: UserId, role: AccountRole) -> Result<User, Error> {
        let by = by.into();
        let change = SetRole { by: by.expect(Permission::SetRoles)?, user, role };
        let mut audited = self.audited(by, Act::SetRole, user, change)?;
        audited.draft = audited.draft.map(|draft| draft.detail(role.name()));
        self.changed(Batch::of(audited), user).await
    }

    /// Sets somebody's password. All their sessions end, and their failures to sign in are forgotten.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`]; [`Error::NotFound`].
    pub async fn set_password<'a>(
        &self,
        by: impl Into<By<'a>>,
        user: UserId,
        password: &str,
        policy: PasswordPolicy,
    ) -> Result<(), Error> {
        let by = by.into();
        let power =
            ExpectPower { by: by.expect(Permission::SetPasswords)?, user, permission: Permission::SetPasswords };
        let secret = self.hashed(&self.user(user).await?, password, policy).await?;
        let set = SetPassword { user, secret, keep: None, at: self.clock.now() };
        let set = self.audited(by, Act::SetPassword, user, set)?;
        self.store.commit(Batch::of(power).and(set).and(ClearAttempts { bucket: bucket_of(user) })).await?;
        Ok(())
    }

    /// Signs somebody out everywhere.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`].
    pub async fn end_sessions_of<'a>(&self, by: impl Into<By<'a>>, user: UserId) -> Result<User, Error> {
        let by = by.into();
        let power = ExpectPower { by: by.expect(Permission::EndSessions)?, user, permission: Permission::EndSessions };
        let end = self.audited(by, Act::EndSessions, user, EndAllSessions { user })?;
        self.changed(Batch::of(power).and(end), user).await
    }

    /// Where somebody is signed in, the oldest sign-in first; sessions that are over included, as long as they are kept.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`]; [`Error::Invalid`] for a cursor of another list.
    pub async fn sessions_of<'a>(
        &self,
        by: impl Into<By<'a>>,
        user: UserId,
        page: &PageRequest,
    ) -> Result<Page<Session>, Error> {
        by.into().expect(Permission::SeeAccounts)?;
        self.user(user).await?;
        self.session_page(user, page).await
    }

    /// Signs somebody out in one place.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`] for a session that is not theirs.
    pub async fn end_session_of<'a>(
        &self,
        by: impl Into<By<'a>>,
        user: UserId,
        session: SessionId,
    ) -> Result<(), Error> {
        let (by, at) = (by.into(), self.clock.now());
        let power = ExpectPower { by: by.expect(Permission::EndSessions)?, user, permission: Permission::EndSessions };
        let draft = by.draft(Act::EndSession, Object::new(ObjectKind::Session, session), at)?;
        let draft = draft.about(Subject::User(user));
        let end = Audited::new(&*self.store, EndSession { session, user, at }, draft);
        self.store.commit(Batch::of(power).and(end)).await?;
        Ok(())
    }

    /// Something that is done to an account, with its entry in the audit log.
    fn audited<C: Change>(&self, by: By<'_>, act: Act, user: UserId, change: C) -> Result<Audited<C>, Error> {
        let subject = Subject::User(user);
        let draft = by.draft(act, subject, self.clock.now())?.about(subject);
        Ok(Audited::new(&*self.store, change, draft))
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
