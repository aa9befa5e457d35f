//! The rules of accounts.

use std::time::Duration;

use super::role::recount;
use super::session::{Session, TokenHash};
use super::user::{AccountRole, AccountState, Identity, IdentityKey, User};
use crate::clock::Timestamp;
use crate::conversation::{Numbered, next_number};
use crate::id::{SessionId, UserId};
use crate::store::{Change, Conflict, Kind, Stop, Tx};

/// A new account with a password. Nobody else has its name or its address.
#[derive(Clone)]
pub struct RegisterUser {
    /// Its id, minted for it.
    pub id: UserId,
    /// The name to sign in with.
    pub username: Option<String>,
    /// The address to sign in with; not shown to be theirs yet.
    pub email: Option<String>,
    /// The hash of the password, in PHC form.
    pub secret: String,
    /// What it may do.
    pub role: AccountRole,
    /// When.
    pub at: Timestamp,
}

impl std::fmt::Debug for RegisterUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegisterUser").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Change for RegisterUser {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let name = self.username.as_deref().map(|name| IdentityKey::Username(IdentityKey::canonical(name)));
        let address = self.email.as_deref().map(|email| IdentityKey::Email(IdentityKey::canonical(email)));
        let identity = |key, secret| Identity { key, user: self.id, secret, verified_at: None, created_at: self.at };
        let names: Vec<IdentityKey> = name.into_iter().chain(address).collect();
        let free = tx.prefetch::<Identity>(names.clone());
        let number = next_number(tx, Numbered::Users);
        free?;
        let user = User {
            id: self.id,
            number: number?,
            username: self.username.clone(),
            email: self.email.clone(),
            role: self.role,
            state: AccountState::Active,
            epoch: 1,
            links: 0,
            key_epoch: 0,
            display_name: None,
            locale: None,
            created_at: self.at,
        };
        recount(tx, None, &user)?;
        tx.insert_fresh(user)?;
        for key in names {
            tx.insert(identity(key, None))?;
        }
        tx.insert_fresh(identity(IdentityKey::Password(self.id), Some(self.secret.clone())))
    }
}

/// Somebody signs in. Their account is active.
#[derive(Debug, Clone)]
pub struct OpenSession {
    /// The session.
    pub session: Session,
}

impl Change for OpenSession {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let user = tx.require::<User>(&self.session.user)?;
        user.expect_active()?;
        tx.insert_fresh(Session { epoch: user.epoch, ..self.session.clone() })
    }
}

/// A token of a session is presented. The current one is replaced by its successor; the one before it, shortly after,
/// is answered with the same successor; any older one was stolen or lost, and ends the session. Whoever presents it has
/// been shown to hold a token of that generation.
///
/// A session that is over, and the end of one, are outcomes: look at [`Session::ended_at`].
#[derive(Debug, Clone)]
pub struct RotateSession {
    /// The session.
    pub session: SessionId,
    /// The generation of the token.
    pub generation: u64,
    /// The hash of the token.
    pub presented: TokenHash,
    /// The hash of the token of the next generation.
    pub successor: TokenHash,
    /// How long after its replacement a token still gets its successor.
    pub grace: Duration,
    /// When.
    pub at: Timestamp,
}

impl Change for RotateSession {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let session = tx.require::<Session>(&self.session)?;
        let user = tx.require::<User>(&session.user)?;
        if !session.is_live(&user, self.at) {
            return Err(Conflict::SessionEnded.into());
        }
        let current = self.generation == session.generation && self.presented == session.token_hash;
        let next = match (session.kind.rotating, current) {
            (false, true) => session,
            (true, true) => Session {
                generation: session.generation + 1,
                token_hash: self.successor,
                rotated_at: self.at,
                ..session
            },
            (true, false) if self.generation + 1 == session.generation && self.successor == session.token_hash => {
                let late = self.at.since(session.rotated_at) > self.grace;
                Session { ended_at: late.then_some(self.at), ..session }
            }
            (true, false) if self.generation < session.generation => Session { ended_at: Some(self.at), ..session },
            _ => return Err(Conflict::WrongToken.into()),
        };
        tx.update(next)
    }
}

/// A session ends. Ending it twice changes nothing.
#[derive(Debug, Clone)]
pub struct EndSession {
    /// The session.
    pub session: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
}

impl Change for EndSession {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let session = tx.require::<Session>(&self.session)?;
        if session.user != self.user {
            return Err(Conflict::Missing(Kind::Session).into());
        }
        if session.ended_at.is_some() {
            return Ok(());
        }
        tx.update(Session { ended_at: Some(self.at), ..session })
    }
}

/// All sessions of a user are over, whatever their number: the user's epoch moves on.
#[derive(Debug, Clone)]
pub struct EndAllSessions {
    /// Whose.
    pub user: UserId,
}

impl Change for EndAllSessions {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let user = tx.require::<User>(&self.user)?;
        tx.update(User { epoch: user.epoch + 1, ..user })
    }
}
