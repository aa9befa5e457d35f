//! The service of accounts: registering, signing in, staying signed in, signing out.

use std::sync::Arc;
use std::time::Duration;

use super::caller::{Caller, Scope, Via};
use super::change::{EndAllSessions, EndSession, OpenSession, RegisterUser, RotateSession};
use super::password::{PasswordHasher, PasswordPolicy, check_email, check_username};
use super::session::{Session, SessionKind, TokenHash};
use super::user::{AccountRole, IdentityKey, User};
use crate::clock::Clock;
use crate::error::Error;
use crate::id::{IdSource, SessionId, UserId};
use crate::store::{Batch, Store};

/// Derives the tokens of sessions and hashes them. Whoever implements it holds a secret.
pub trait TokenSecrets: Send + Sync {
    /// The token of a generation of a session: always the same for the same two, and not to be guessed.
    fn token(&self, session: SessionId, generation: u64) -> String;

    /// Which session and generation a token claims to be of; `None` when it is not one of these tokens at all.
    fn parse(&self, token: &str) -> Option<(SessionId, u64)>;

    /// The hash under which a token is stored.
    fn hash(&self, token: &str) -> TokenHash;
}

/// Accounts and their sessions.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    passwords: Arc<dyn PasswordHasher>,
    tokens: Arc<dyn TokenSecrets>,
    grace: Duration,
}

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

impl Accounts {
    /// The service over a store.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        passwords: Arc<dyn PasswordHasher>,
        tokens: Arc<dyn TokenSecrets>,
    ) -> Self {
        Self { store, clock, ids, passwords, tokens, grace: Duration::from_secs(10) }
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`Error::Taken`] when the name or the address is somebody's; [`Error::Invalid`]; [`Error::Overloaded`].
    pub async fn register(&self, new: NewAccount) -> Result<User, Error> {
        let NewAccount { username, email, password, policy } = new;
        let username = username.map(|name| name.trim().to_owned());
        let email = email.map(|address| address.trim().to_owned());
        username.as_deref().map_or(Ok(()), check_username)?;
        email.as_deref().map_or(Ok(()), check_email)?;
        let names: Vec<&str> = username.iter().chain(&email).map(String::as_str).collect();
        if names.is_empty() {
            return Err(Error::invalid("email", "an e-mail address or a username is needed"));
        }
        policy.check(&password, &names)?;
        let secret = self.passwords.hash(&password).await?;
        let at = self.clock.now();
        let id = UserId::mint(at, &*self.ids);
        let change = RegisterUser { id, username, email, secret, role: AccountRole::User, at };
        let done = self.store.commit(Batch::of(change)).await.map_err(Error::from);
        let done = done.map_err(|error| match error {
            Error::Taken(_) => Error::Taken("name or address"),
            other => other,
        })?;
        done.get::<User>(&id).cloned().ok_or(Error::NotFound("user"))
    }

    /// Signs in with a name or an address and a password. All failures look and take the same.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::Overloaded`].
    pub async fn login(
        &self,
        login: &str,
        password: &str,
        kind: SessionKind,
        label: Option<String>,
    ) -> Result<SignedIn, Error> {
        let known = self.store.identity(&IdentityKey::of_login(login)).await?;
        let proof = match &known {
            Some(known) => self.store.identity(&IdentityKey::Password(known.user)).await?,
            None => None,
        };
        let secret = proof.as_ref().and_then(|proof| proof.secret.as_deref());
        let right = self.passwords.verify(password, secret).await?;
        match known.filter(|_| right) {
            Some(known) => self.open(known.user, kind, label).await,
            None => Err(Error::Unauthenticated),
        }
    }

    /// Opens a session for a user who has proved who they are.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the account is not active.
    pub async fn open(&self, user: UserId, kind: SessionKind, label: Option<String>) -> Result<SignedIn, Error> {
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
        let done = self.store.commit(Batch::of(OpenSession { session })).await?;
        let session = done.get::<Session>(&id).cloned().ok_or(Error::Unauthenticated)?;
        let user = self.store.user(user).await?.ok_or(Error::Unauthenticated)?;
        Ok(SignedIn { user, session, token })
    }

    /// Stays signed in: a token for its successor (or itself, if the session does not rotate).
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for a token that is wrong, too old, or used before; the last ends the session.
    pub async fn refresh(&self, token: &str) -> Result<SignedIn, Error> {
        let (id, generation) = self.authentic(token)?;
        let successor = self.tokens.token(id, generation.saturating_add(1));
        let change = RotateSession {
            session: id,
            generation,
            presented: self.tokens.hash(token),
            successor: self.tokens.hash(&successor),
            grace: self.grace,
            at: self.clock.now(),
        };
        let done = self.store.commit(Batch::of(change)).await.map_err(unauthenticated)?;
        let session = done.get::<Session>(&id).cloned().ok_or(Error::Unauthenticated)?;
        if session.ended_at.is_some() {
            tracing::warn!(session = %id, user = %session.user, "a refresh token was used again: session ended");
            return Err(Error::Unauthenticated);
        }
        let user = self.store.user(session.user).await?.ok_or(Error::Unauthenticated)?;
        let token = if session.kind.rotating { successor } else { token.to_owned() };
        Ok(SignedIn { user, session, token })
    }

    /// A token that this service made, with what it says.
    fn authentic(&self, token: &str) -> Result<(SessionId, u64), Error> {
        let (id, generation) = self.tokens.parse(token).ok_or(Error::Unauthenticated)?;
        // equal hashes, not equal texts: comparing them tells nobody how much was right
        let made = self.tokens.hash(&self.tokens.token(id, generation));
        if made == self.tokens.hash(token) { Ok((id, generation)) } else { Err(Error::Unauthenticated) }
    }

    /// Who holds the current token of a session that does not rotate, a cookie say.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], also for the token of a session that rotates: used here it would never be seen to be
    /// used twice.
    pub async fn by_token(&self, token: &str) -> Result<(Caller, User, Session), Error> {
        let (id, generation) = self.authentic(token)?;
        let (caller, user, session) = self.by_session(id).await?;
        let current = session.generation == generation && session.token_hash == self.tokens.hash(token);
        if session.kind.rotating || !current {
            return Err(Error::Unauthenticated);
        }
        Ok((caller, user, session))
    }

    /// Who is signed in with a session, if it has not ended. Whoever asks has checked a proof that names it.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub async fn by_session(&self, id: SessionId) -> Result<(Caller, User, Session), Error> {
        let session = self.store.session(id).await?.ok_or(Error::Unauthenticated)?;
        let user = self.store.user(session.user).await?.ok_or(Error::Unauthenticated)?;
        if !session.is_live(&user, self.clock.now()) {
            return Err(Error::Unauthenticated);
        }
        Ok((Caller::session(user.id, id, user.role), user, session))
    }

    /// Ends the session of a token. A token that is no good any more is as good as signed out.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when it never was a token of ours.
    pub async fn logout(&self, token: &str) -> Result<(), Error> {
        let (id, _) = self.authentic(token)?;
        let Some(session) = self.store.session(id).await? else { return Ok(()) };
        self.end(id, session.user).await
    }

    /// Ends the session that a caller uses.
    ///
    /// # Errors
    /// [`Error::Denied`] when the caller has none.
    pub async fn logout_caller(&self, caller: &Caller) -> Result<(), Error> {
        match (caller.via(), caller.user_id()) {
            (Via::Session(id), Some(user)) => self.end(id, user).await,
            _ => Err(Error::Denied),
        }
    }

    async fn end(&self, session: SessionId, user: UserId) -> Result<(), Error> {
        self.store.commit(Batch::of(EndSession { session, user, at: self.clock.now() })).await?;
        Ok(())
    }

    /// Ends all sessions of the caller at once.
    ///
    /// # Errors
    /// [`Error::Denied`] when the caller is not a user.
    pub async fn logout_all(&self, caller: &Caller) -> Result<(), Error> {
        caller.require(Scope::Account)?;
        let user = caller.user_id().ok_or(Error::Denied)?;
        self.store.commit(Batch::of(EndAllSessions { user })).await?;
        Ok(())
    }

    /// The caller's own account.
    ///
    /// # Errors
    /// [`Error::Denied`] when the caller is not a user.
    pub async fn me(&self, caller: &Caller) -> Result<User, Error> {
        caller.require(Scope::Read)?;
        let user = caller.user_id().ok_or(Error::Denied)?;
        self.store.user(user).await?.ok_or(Error::NotFound("user"))
    }
}

/// A token of a session that is gone is a token that is no good.
fn unauthenticated(error: crate::StoreError) -> Error {
    match Error::from(error) {
        Error::NotFound(_) => Error::Unauthenticated,
        other => other,
    }
}
