//! Making accounts.

use super::{Accounts, NewCode};
use crate::account::challenge::ChallengeKind;
use crate::account::change::RegisterUser;
use crate::account::password::{PasswordPolicy, check_email, check_username};
use crate::account::role::ExpectNoAdmin;
use crate::account::user::{AccountRole, IdentityKey, User};
use crate::error::Error;
use crate::id::UserId;
use crate::store::Batch;

/// Who registers.
#[derive(Clone)]
pub struct NewAccount {
    /// The name to sign in with.
    pub username: Option<String>,
    /// The address to sign in with. One of the two is needed.
    pub email: Option<String>,
    /// The password.
    pub password: String,
    /// What the password must be.
    pub policy: PasswordPolicy,
}

impl NewAccount {
    /// Names without spaces around them, if they and the password can be taken.
    fn checked(mut self) -> Result<Self, Error> {
        self.username = self.username.map(|name| name.trim().to_owned());
        self.email = self.email.map(|address| address.trim().to_owned());
        self.username.as_deref().map_or(Ok(()), check_username)?;
        self.email.as_deref().map_or(Ok(()), check_email)?;
        let names: Vec<&str> = self.username.iter().chain(&self.email).map(String::as_str).collect();
        if names.is_empty() {
            return Err(Error::invalid("email", "an e-mail address or a username is needed"));
        }
        self.policy.check(&self.password, &names)?;
        Ok(self)
    }
}

impl Accounts {
    /// Makes an account. If there is a mailer, a mail asks whether the address is theirs.
    ///
    /// An address that somebody else has shown to be theirs is taken. One that somebody else has only said to be theirs
    /// is not, where mail can tell: the account begins without it, and gets it once the mail was answered.
    ///
    /// # Errors
    /// [`Error::Taken`] when the name or the address is somebody's; [`Error::Invalid`]; [`Error::Overloaded`].
    pub async fn register(&self, new: NewAccount) -> Result<User, Error> {
        let new = new.checked()?;
        let secret = self.passwords.hash(&new.password).await?;
        let NewAccount { username, email, .. } = new;
        let made =
            self.make(Batch::default(), username.clone(), email.clone(), secret.clone(), AccountRole::User).await;
        let user = match made {
            Err(Error::Taken(_)) if self.is_only_claimed(email.as_deref()).await? => {
                self.make(Batch::default(), username, None, secret, AccountRole::User).await?
            }
            made => made?,
        };
        if let Some(email) = email {
            self.ask_whose(user.id, ChallengeKind::EmailVerification, &email).await;
        }
        Ok(user)
    }

    /// A code with which whoever gets it makes the first admin; `None` when there is an admin.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn issue_set_up(&self) -> Result<Option<super::IssuedCode>, Error> {
        let (issue, code) = self.code(NewCode::new(ChallengeKind::SetUp, ""))?;
        match self.store.commit(Batch::of(ExpectNoAdmin).and(issue)).await.map_err(Error::from) {
            Err(Error::InvalidCode) => Ok(None),
            done => done.map(|_| Some(code)),
        }
    }

    /// Makes the first admin with such a code. Of several codes that were handed out, one works, once.
    ///
    /// # Errors
    /// [`Error::InvalidCode`]; as [`Self::register`].
    pub async fn set_up(&self, code: &str, new: NewAccount) -> Result<User, Error> {
        let kinds = [ChallengeKind::SetUp];
        let found = self.known(&kinds, code).await?;
        let new = new.checked()?;
        let secret = self.passwords.hash(&new.password).await?;
        let take = Batch::of(ExpectNoAdmin).and(self.taking(&kinds, found.hash, None));
        self.make(take, new.username, new.email, secret, AccountRole::Admin).await
    }

    /// Makes an account for somebody whom the program itself vouches for: the command line of the one who runs it.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub async fn create(&self, new: NewAccount, role: AccountRole) -> Result<User, Error> {
        let new = new.checked()?;
        let secret = self.passwords.hash(&new.password).await?;
        self.make(Batch::default(), new.username, new.email, secret, role).await
    }

    async fn make(
        &self,
        batch: Batch,
        username: Option<String>,
        email: Option<String>,
        secret: String,
        role: AccountRole,
    ) -> Result<User, Error> {
        let at = self.clock.now();
        let id = UserId::mint(at, &*self.ids);
        let change = RegisterUser { id, username, email, secret, role, at };
        let done = self.store.commit(batch.and(change)).await.map_err(Error::from);
        let done = done.map_err(|error| match error {
            Error::Taken(_) => Error::Taken("name or address"),
            other => other,
        })?;
        done.get::<User>(&id).cloned().ok_or(Error::NotFound("user"))
    }

    /// Whether mail can settle whose an address is: somebody has said that it is theirs, and not shown it.
    async fn is_only_claimed(&self, email: Option<&str>) -> Result<bool, Error> {
        let (Some(email), Some(_)) = (email, &self.mailer) else { return Ok(false) };
        let found = self.store.identity(&IdentityKey::email(email)).await?;
        Ok(found.is_some_and(|found| found.verified_at.is_none()))
    }
}
