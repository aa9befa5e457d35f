//! Passwords: changed by whoever knows the old one, or set anew by whoever reads the mail.

use super::{Accounts, IssuedCode, MailContent, NewCode};
use crate::account::caller::{Caller, Via};
use crate::account::challenge::ChallengeKind;
use crate::account::password::PasswordPolicy;
use crate::account::user::{IdentityKey, User};
use crate::account::ways::{SetPassword, TakeOver};
use crate::error::Error;
use crate::id::UserId;
use crate::limits::ClearAttempts;
use crate::store::Batch;

const KINDS: [ChallengeKind; 1] = [ChallengeKind::PasswordReset];

impl Accounts {
    /// Refuses a password that cannot be taken, and hashes it.
    pub(super) async fn hashed(&self, user: &User, password: &str, policy: PasswordPolicy) -> Result<String, Error> {
        let names: Vec<&str> = user.username.iter().chain(&user.email).map(String::as_str).collect();
        policy.check(password, &names)?;
        self.passwords.hash(password).await
    }

    /// Refuses a caller who does not show again that it is them: with the password, or, where there is none, by having
    /// signed in just now. For what they change about their own account outside of this service.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::RateLimited`]; [`Error::Denied`] with a key.
    pub async fn confirm(&self, caller: &Caller, password: &str) -> Result<(), Error> {
        let (user, _) = self.own(caller)?;
        self.confirm_user(caller, user, password).await
    }

    pub(super) async fn confirm_user(&self, caller: &Caller, user: UserId, password: &str) -> Result<(), Error> {
        let proof = self.store.identity(&IdentityKey::Password(user)).await?;
        let Some(secret) = proof.and_then(|proof| proof.secret) else { return self.expect_fresh(caller).await };
        let bucket = self.guess(Some(user), "").await?;
        if !self.passwords.verify(password, Some(&secret)).await? {
            return Err(Error::Unauthenticated);
        }
        self.store.commit(Batch::of(ClearAttempts { bucket })).await?;
        Ok(())
    }

    /// Sets the caller's password. Their other sessions end.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the current one is wrong; [`Error::Invalid`]; [`Error::RateLimited`];
    /// [`Error::Denied`] with a key.
    pub async fn change_password(
        &self,
        caller: &Caller,
        current: &str,
        new: &str,
        policy: PasswordPolicy,
    ) -> Result<(), Error> {
        let (id, batch) = self.own(caller)?;
        let user = self.user(id).await?;
        self.confirm_user(caller, id, current).await?;
        let secret = self.hashed(&user, new, policy).await?;
        let keep = if let Via::Session(session) = caller.via() { Some(session) } else { None };
        let set = SetPassword { user: id, secret, keep, at: self.clock.now() };
        self.store.commit(batch.and(set)).await?;
        if let Some(email) = &user.email {
            self.mail(email, MailContent::PasswordChanged).await;
        }
        Ok(())
    }

    /// Deletes the caller's own account, for good. They show with their password that it is them, or by a fresh sign-in if
    /// they have none. Nobody gets in any more, at once; what was theirs is [erased](crate::erasure) by a job.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::Subscribed`] while a subscription goes on; [`Error::LastAdmin`]; [`Error::RateLimited`]; [`Error::Denied`] with a key.
    pub async fn close_account(&self, caller: &Caller, password: &str) -> Result<(), Error> {
        let (user, batch) = self.own(caller)?;
        self.confirm_user(caller, user, password).await?;
        self.store.commit(self.deletion(batch, self.deleting(Some(user), user), user)).await?;
        Ok(())
    }

    /// Sends a mail with which somebody who forgot their password sets another one. The answer is the same for names and
    /// addresses that are nobody's, and says nothing of the code.
    ///
    /// # Errors
    /// [`Error::Store`] alone.
    pub async fn forgot(&self, login: &str) -> Result<(), Error> {
        let Some((user, email)) = self.reader_of(login).await? else {
            // the same work as for somebody: the code is nobody's, and nobody gets it
            let (issue, _) = self.code(NewCode::new(ChallengeKind::PasswordReset, ""))?;
            let counted = self.store.commit(Batch::of(self.one_more_mail(login)).and(issue)).await;
            return quietly(counted.map(drop).map_err(Error::from));
        };
        match self.code_for_mail(user, ChallengeKind::PasswordReset, &email).await {
            Ok(IssuedCode { code, expires_at }) => {
                self.mail(&email, MailContent::ResetPassword { code, expires_at }).await;
                Ok(())
            }
            Err(error) => quietly(Err(error)),
        }
    }

    /// Who gets the mail about a forgotten password, and where.
    async fn reader_of(&self, login: &str) -> Result<Option<(UserId, String)>, Error> {
        let known = self.store.identity(&IdentityKey::of_login(login)).await?;
        // somebody who does not exist is looked for all the same: that takes as long
        let id = known.map_or_else(|| UserId::mint(self.clock.now(), &*self.ids), |known| known.user);
        let user = self.store.user(id).await?;
        Ok(user.filter(|_| self.mailer.is_some()).and_then(|user| Some((user.id, user.email?))))
    }

    /// Sets a password with a code from a mail. All sessions end. Where nobody had shown before that the address is
    /// theirs, whoever made the account loses every other way into it.
    ///
    /// # Errors
    /// [`Error::InvalidCode`], whatever is wrong with the code; [`Error::Invalid`] for the password, and then the code
    /// still works.
    pub async fn reset(&self, code: &str, new: &str, policy: PasswordPolicy) -> Result<(), Error> {
        let found = self.known(&KINDS, code).await?;
        let id = found.user.ok_or(Error::InvalidCode)?;
        let user = self.store.user(id).await?.ok_or(Error::InvalidCode)?;
        // a code that no longer works costs no hash
        if found.expires_at <= self.clock.now() || found.epoch != Some(user.epoch) {
            return Err(Error::InvalidCode);
        }
        let secret = self.hashed(&user, new, policy).await?;
        loop {
            let at = self.clock.now();
            let ways = self.store.identities(id).await?;
            let links = ways.into_iter().map(|way| way.key).filter(IdentityKey::is_link).collect();
            let batch = Batch::of(self.taking(&KINDS, found.hash, None))
                .and(TakeOver { user: id, email: found.payload.clone(), links, at })
                .and(SetPassword { user: id, secret: secret.clone(), keep: None, at })
                .and(ClearAttempts { bucket: super::sign_in::bucket_of(id) });
            match self.store.commit(batch).await.map_err(Error::from) {
                // a way in was added since somebody looked
                Err(Error::StaleVersion) => {}
                // the address is another one by now
                Err(Error::NotFound(_)) => return Err(Error::InvalidCode),
                Err(error) => return Err(error),
                Ok(_) => break,
            }
        }
        self.mail(&found.payload, MailContent::PasswordChanged).await;
        Ok(())
    }
}

/// Keeps to itself whatever would tell who has an account.
fn quietly(done: Result<(), Error>) -> Result<(), Error> {
    match done {
        Err(Error::Store(error)) => Err(Error::Store(error)),
        Err(error) => {
            tracing::info!(%error, "no mail about a forgotten password");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
