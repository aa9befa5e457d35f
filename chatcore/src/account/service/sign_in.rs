//! Signing in with a password, and opening sessions.

use std::time::Duration;

use super::{Accounts, NewSecret, unauthenticated};
use crate::account::challenge::ChallengeKind;
use crate::account::change::OpenSession;
use crate::account::renew::RenewSecret;
use crate::account::session::{Session, SessionKind};
use crate::account::user::{IdentityKey, User};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::{SessionId, UserId};
use crate::limits::{Bucket, ClearAttempts, Limits, MAX_ATTEMPTS, Rule, SharedLimits, TakeAttempt};
use crate::once::Fingerprint;
use crate::store::Batch;

/// Somebody who has just proved who they are.
#[derive(Clone)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// Where.
    pub session: Session,
    /// The token with which they stay signed in. Handed out, never stored.
    pub token: String,
}

/// Somebody signs in with a password.
#[derive(Clone)]
pub struct Attempt {
    /// The name or the address.
    pub login: String,
    /// The password.
    pub password: String,
    /// Where they come from: the address or its prefix, if that is known. Failures are counted by it too.
    pub network: Option<String>,
    /// What the session is for.
    pub kind: SessionKind,
    /// What the user calls it.
    pub label: Option<String>,
}

/// Failures from one place, whatever the names: so many at once, then one every nine seconds.
const FAILURES: Rule = Rule::new(100, Duration::from_secs(900));

/// Failures at names that are nobody's are forgotten after a day; those of users stay until one succeeds.
const NOBODY: Duration = Duration::from_secs(24 * 3600);

/// Where failures to sign in as a user are counted.
pub(crate) fn bucket_of(user: UserId) -> Bucket {
    Bucket::new("password", user.to_string())
}

impl Accounts {
    /// Signs in with a name or an address and a password. All failures look and take the same.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::RateLimited`] after failures, see [`crate::limits::delay`];
    /// [`Error::Overloaded`].
    pub async fn login(
        &self,
        login: &str,
        password: &str,
        kind: SessionKind,
        label: Option<String>,
    ) -> Result<SignedIn, Error> {
        let (login, password) = (login.to_owned(), password.to_owned());
        self.sign_in(Attempt { login, password, network: None, kind, label }).await
    }

    /// Signs in as [`Self::login`] does, and counts failures by where they come from too.
    ///
    /// A guess is counted before it is looked at, so any number of them at once is as slow as one after the other. Each
    /// one that is looked at costs one hash, whether there is such a user or not; one that came too soon costs none,
    /// for names that are nobody's too.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub async fn sign_in(&self, attempt: Attempt) -> Result<SignedIn, Error> {
        let Attempt { login, password, network, kind, label } = attempt;
        let (user, forget) = self.prove(&login, &password, network).await?;
        self.open_in(Batch::of(forget), user, kind, label).await
    }

    /// Signs in as [`Self::sign_in`] does, for an [opaque token](Self::opaque_token) in place of a session.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub async fn token_by_password(
        &self,
        login: &str,
        password: &str,
        network: Option<String>,
        name: &str,
    ) -> Result<(User, NewSecret), Error> {
        let (user, forget) = self.prove(login, password, network).await?;
        let token = self.opaque_token(user, name).await?;
        self.store.commit(Batch::of(forget)).await?;
        Ok((self.user(user).await?, token))
    }

    /// Whose name and password these are. The failures before are to be forgotten once they are in.
    async fn prove(
        &self,
        login: &str,
        password: &str,
        network: Option<String>,
    ) -> Result<(UserId, ClearAttempts), Error> {
        let network = network.map(|network| Bucket::new("failures", network));
        let limits = Limits::new(self.store.clone(), self.clock.clone());
        if let Some(network) = &network {
            let verdict = limits.look(network, 1, FAILURES).await?;
            if !verdict.allowed {
                let (until, retry_after) = (verdict.until(self.clock.now()), verdict.retry_after);
                return Err(Error::RateLimited { until, retry_after });
            }
        }
        let known = self.store.identity(&IdentityKey::of_login(login)).await?;
        let proof = match &known {
            Some(known) => self.store.identity(&IdentityKey::Password(known.user)).await?,
            None => None,
        };
        let bucket = self.guess(known.as_ref().map(|known| known.user), login).await?;
        let secret = proof.as_ref().and_then(|proof| proof.secret.as_deref());
        let right = self.passwords.verify(password, secret).await?;
        let Some(known) = known.filter(|_| right) else {
            if let Some(network) = &network {
                limits.take(network, 1, FAILURES).await?;
            }
            return Err(Error::Unauthenticated);
        };
        if let Some(old) = secret.filter(|secret| !self.passwords.is_current(secret)) {
            self.renew(known.user, old, password).await;
        }
        Ok((known.user, ClearAttempts { bucket }))
    }

    /// Keeps a password that is right under a hash of now. It is tried again the next time if that fails.
    async fn renew(&self, user: UserId, old: &str, password: &str) {
        let renewed = async {
            let new = self.passwords.hash(password).await?;
            self.store.commit(Batch::of(RenewSecret { user, old: old.to_owned(), new })).await?;
            Ok::<_, Error>(())
        };
        if let Err(error) = renewed.await {
            tracing::warn!(%error, "failed to renew the hash of a password");
        }
    }

    /// Counts a guess at a password, and says where, so that it can be forgotten if it is right.
    pub(super) async fn guess(&self, user: Option<UserId>, login: &str) -> Result<Bucket, Error> {
        let at = self.clock.now();
        let (bucket, expires_at) = match user {
            Some(user) => (bucket_of(user), Timestamp::MAX),
            None => {
                let name = Fingerprint::of([IdentityKey::canonical(login)]);
                (Bucket::new("password", format!("{name:?}")), at.plus(NOBODY))
            }
        };
        let guess = TakeAttempt { bucket: bucket.clone(), most: MAX_ATTEMPTS, expires_at, at };
        self.store.commit(Batch::of(guess)).await?;
        Ok(bucket)
    }

    /// Opens a session for a user who has proved who they are.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the account is not active.
    pub async fn open(&self, user: UserId, kind: SessionKind, label: Option<String>) -> Result<SignedIn, Error> {
        self.open_in(Batch::default(), user, kind, label).await
    }

    /// Opens a session in the batch that makes it possible.
    pub(super) async fn open_in(
        &self,
        batch: Batch,
        user: UserId,
        kind: SessionKind,
        label: Option<String>,
    ) -> Result<SignedIn, Error> {
        let at = self.clock.now();
        let id = SessionId::mint(at, &*self.ids);
        let token = self.tokens.token(id, 1);
        let session = Session {
            id,
            user,
            expires_at: at.plus(kind.lifetime()),
            kind,
            generation: 1,
            token_hash: self.tokens.hash(&token),
            rotated_at: at,
            epoch: 0,
            label,
            created_at: at,
            ended_at: None,
        };
        let done = self.store.commit(batch.and(OpenSession { session })).await.map_err(unauthenticated)?;
        let session = done.get::<Session>(&id).cloned().ok_or(Error::Unauthenticated)?;
        let user = match done.get::<User>(&user) {
            Some(user) => user.clone(),
            None => self.store.user(user).await?.ok_or(Error::Unauthenticated)?,
        };
        Ok(SignedIn { user, session, token })
    }

    /// Changes a code that a front end got in an address for a session, once. So no token stands in an address.
    ///
    /// # Errors
    /// [`Error::InvalidCode`]; [`Error::Unauthenticated`] when the account is not active.
    pub async fn sign_in_with_code(
        &self,
        code: &str,
        binding: Option<&str>,
        kind: SessionKind,
        label: Option<String>,
    ) -> Result<SignedIn, Error> {
        let kinds = [ChallengeKind::LoginCode];
        let found = self.known(&kinds, code).await?;
        let user = found.user.ok_or(Error::InvalidCode)?;
        let take = self.taking(&kinds, found.hash, binding);
        self.open_in(Batch::of(take), user, kind, label).await
    }
}
