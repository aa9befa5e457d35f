//! Addresses: whose they are shows when mail to them is answered.

use std::time::Duration;

use super::{Accounts, IssuedCode, MailContent, NewCode};
use crate::account::caller::Caller;
use crate::account::challenge::ChallengeKind;
use crate::account::password::check_email;
use crate::account::user::{IdentityKey, User};
use crate::account::ways::{ClaimEmail, ProveEmail};
use crate::error::Error;
use crate::id::UserId;
use crate::limits::{Bucket, Rule, TakeUnits};
use crate::once::Fingerprint;
use crate::store::Batch;

/// Mails with codes that go to one address: five at once, then one every twelve minutes. So nobody's mailbox is flooded
/// from here.
const MAILS: Rule = Rule::new(5, Duration::from_secs(3600));

const KINDS: [ChallengeKind; 2] = [ChallengeKind::EmailVerification, ChallengeKind::EmailChange];

impl Accounts {
    /// One more mail to an address, if there were not too many.
    pub(super) fn one_more_mail(&self, email: &str) -> TakeUnits {
        let whose = Fingerprint::of([IdentityKey::canonical(email)]);
        TakeUnits { bucket: Bucket::new("mail", format!("{whose:?}")), cost: 1, rule: MAILS, at: self.clock.now() }
    }

    /// Makes a code for a mail to an address.
    pub(super) async fn code_for_mail(
        &self,
        user: UserId,
        kind: ChallengeKind,
        email: &str,
    ) -> Result<IssuedCode, Error> {
        let (issue, code) = self.code(NewCode::new(kind, email).of(user))?;
        self.store.commit(Batch::of(self.one_more_mail(email)).and(issue)).await?;
        Ok(code)
    }

    /// Asks by mail whether an address is a user's. That it cannot be asked is no reason to fail.
    pub(super) async fn ask_whose(&self, user: UserId, kind: ChallengeKind, email: &str) {
        if self.mailer.is_none() {
            return;
        }
        match self.code_for_mail(user, kind, email).await {
            Ok(IssuedCode { code, expires_at }) => {
                self.mail(email, MailContent::VerifyEmail { code, expires_at }).await;
            }
            Err(error) => tracing::warn!(%user, %error, "an address was not asked for"),
        }
    }

    /// Sends the caller another mail that asks whether their address is theirs.
    ///
    /// # Errors
    /// [`Error::NotFound`] when they have none, or it was shown already; [`Error::RateLimited`]; [`Error::Denied`].
    pub async fn verify_again(&self, caller: &Caller) -> Result<(), Error> {
        let (user, _) = self.own(caller)?;
        let email = self.user(user).await?.email.ok_or(Error::NotFound("address"))?;
        let known = self.store.identity(&IdentityKey::email(&email)).await?;
        if known.is_none_or(|known| known.verified_at.is_some()) {
            return Err(Error::NotFound("address"));
        }
        let code = self.code_for_mail(user, ChallengeKind::EmailVerification, &email).await?;
        let IssuedCode { code, expires_at } = code;
        self.mail(&email, MailContent::VerifyEmail { code, expires_at }).await;
        Ok(())
    }

    /// Asks by mail whether another address is the caller's. They show with their password that it is them, or by a fresh
    /// sign-in if they have none. The address becomes theirs with [`Self::verify_email`].
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::Invalid`]; [`Error::RateLimited`]; [`Error::Denied`] with a key.
    pub async fn change_email(&self, caller: &Caller, password: &str, email: &str) -> Result<(), Error> {
        let (user, _) = self.own(caller)?;
        let email = email.trim();
        check_email(email)?;
        if self.mailer.is_none() {
            return Err(Error::invalid("email", "cannot be changed where no mail is sent"));
        }
        self.confirm_user(caller, user, password).await?;
        let IssuedCode { code, expires_at } = self.code_for_mail(user, ChallengeKind::EmailChange, email).await?;
        self.mail(email, MailContent::VerifyEmail { code, expires_at }).await;
        Ok(())
    }

    /// Adds an address to the caller's account, which has none; they have signed in just now. Where mail is sent it becomes
    /// theirs with [`Self::verify_email`]; where none is, their word has to do, as when they register. Returns their account
    /// as it is then.
    ///
    /// # Errors
    /// [`Error::Taken`] when they have one, or it is somebody's; [`Error::Unauthenticated`] when their sign-in is not fresh;
    /// [`Error::Invalid`]; [`Error::RateLimited`]; [`Error::Denied`] with a key.
    pub async fn add_email(&self, caller: &Caller, email: &str) -> Result<User, Error> {
        let (id, batch) = self.own(caller)?;
        let email = email.trim();
        check_email(email)?;
        self.expect_fresh(caller).await?;
        let user = self.user(id).await?;
        let known = self.store.identity(&IdentityKey::email(email)).await?;
        if user.email.is_some() || known.is_some_and(|known| known.verified_at.is_some() || self.mailer.is_none()) {
            return Err(Error::Taken("address"));
        }
        if self.mailer.is_some() {
            let IssuedCode { code, expires_at } = self.code_for_mail(id, ChallengeKind::EmailChange, email).await?;
            self.mail(email, MailContent::VerifyEmail { code, expires_at }).await;
            return Ok(user);
        }
        let claim = ClaimEmail { user: id, email: email.to_owned(), at: self.clock.now() };
        let done = self.store.commit(batch.and(claim)).await.map_err(Error::from).map_err(|error| match error {
            Error::Taken(_) => Error::Taken("address"),
            other => other,
        })?;
        done.get::<User>(&id).cloned().ok_or(Error::NotFound("user"))
    }

    /// A mail was answered: its address is the user's who asked, whoever else said so before without showing it.
    ///
    /// # Errors
    /// [`Error::InvalidCode`]; [`Error::Taken`] when somebody else has shown meanwhile that it is theirs.
    pub async fn verify_email(&self, code: &str) -> Result<User, Error> {
        let found = self.known(&KINDS, code).await?;
        let user = found.user.ok_or(Error::InvalidCode)?;
        let before = self.user(user).await?.email;
        let prove = ProveEmail { user, email: found.payload.clone(), at: self.clock.now() };
        let batch = Batch::of(self.taking(&KINDS, found.hash, None)).and(prove);
        let done = self.store.commit(batch).await.map_err(Error::from).map_err(|error| match error {
            Error::Taken(_) => Error::Taken("address"),
            other => other,
        })?;
        if let Some(before) = before.filter(|before| *before != found.payload) {
            self.mail(&before, MailContent::EmailChanged).await;
        }
        done.get::<User>(&user).cloned().ok_or(Error::NotFound("user"))
    }
}
