//! The rules of the ways in: which account a name, an address, a provider or a wallet leads to.

use super::session::Session;
use super::user::{AccountRole, AccountState, Identity, IdentityKey, User};
use crate::clock::Timestamp;
use crate::conversation::{Numbered, next_number};
use crate::id::{SessionId, UserId};
use crate::store::{Change, Conflict, Kind, Stop, Tx};

/// Refuses the batch unless a session is still good: what it is asked to do is for its user alone.
#[derive(Debug, Clone)]
pub struct ExpectSession {
    /// The session.
    pub session: SessionId,
    /// When.
    pub at: Timestamp,
}

impl Change for ExpectSession {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let session = tx.require::<Session>(&self.session)?;
        let user = tx.require::<User>(&session.user)?;
        if session.is_live(&user, self.at) { Ok(()) } else { Err(Conflict::SessionEnded.into()) }
    }
}

/// A new account for somebody who came by a provider or with a wallet, and has no password.
#[derive(Debug, Clone)]
pub struct AdmitUser {
    /// Its id, minted for it.
    pub id: UserId,
    /// How they came. Nobody has come this way before.
    pub key: IdentityKey,
    /// An address that was shown to be theirs, and is nobody else's.
    pub email: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Change for AdmitUser {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        if !self.key.is_link() {
            return Err(Conflict::Rule("only a provider or a wallet brings a new user").into());
        }
        let keys: Vec<IdentityKey> =
            [self.key.clone()].into_iter().chain(self.email.as_deref().map(IdentityKey::email)).collect();
        let free = tx.prefetch::<Identity>(keys.clone());
        let number = next_number(tx, Numbered::Users);
        free?;
        tx.insert_fresh(User {
            id: self.id,
            number: number?,
            username: None,
            email: self.email.clone(),
            role: AccountRole::User,
            state: AccountState::Active,
            epoch: 1,
            links: 1,
            key_epoch: 0,
            display_name: None,
            locale: None,
            created_at: self.at,
        })?;
        for key in keys {
            tx.insert(Identity { key, user: self.id, secret: None, verified_at: Some(self.at), created_at: self.at })?;
        }
        Ok(())
    }
}

/// A provider's account or a wallet becomes a way into an account. It is nobody else's; linking it again changes nothing.
#[derive(Debug, Clone)]
pub struct LinkIdentity {
    /// Whose account.
    pub user: UserId,
    /// What was shown to be theirs.
    pub key: IdentityKey,
    /// When.
    pub at: Timestamp,
}

impl Change for LinkIdentity {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (user, found) = (tx.require::<User>(&self.user), tx.get::<Identity>(&self.key));
        let user = user?;
        user.expect_active()?;
        if !self.key.is_link() {
            return Err(Conflict::Rule("only a provider's account or a wallet is linked").into());
        }
        match found? {
            Some(own) if own.user == self.user => Ok(()),
            Some(_) => Err(Conflict::Exists(Kind::Identity).into()),
            None => {
                tx.insert(Identity {
                    key: self.key.clone(),
                    user: self.user,
                    secret: None,
                    verified_at: Some(self.at),
                    created_at: self.at,
                })?;
                tx.update(User { links: user.links + 1, ..user })
            }
        }
    }
}

/// A way into an account goes. Another one is left: a link, or a password together with a name or an address.
#[derive(Debug, Clone)]
pub struct UnlinkIdentity {
    /// Whose account.
    pub user: UserId,
    /// What goes.
    pub key: IdentityKey,
}

impl Change for UnlinkIdentity {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let asked = tx.prefetch::<Identity>([self.key.clone(), IdentityKey::Password(self.user)]);
        let mut user = tx.require::<User>(&self.user)?;
        asked?;
        if tx.require::<Identity>(&self.key)?.user != self.user {
            return Err(Conflict::Missing(Kind::Identity).into());
        }
        tx.delete::<Identity>(&self.key)?;
        match &self.key {
            IdentityKey::Username(_) => user.username = None,
            IdentityKey::Email(_) => user.email = None,
            IdentityKey::Password(_) => {}
            IdentityKey::OAuth { .. } | IdentityKey::Wallet(_) => user.links = user.links.saturating_sub(1),
        }
        let named = user.username.is_some() || user.email.is_some();
        let password = tx.get::<Identity>(&IdentityKey::Password(self.user))?.is_some();
        if user.links == 0 && !(named && password) {
            return Err(Conflict::LastWayIn.into());
        }
        tx.update(user)
    }
}

/// Somebody without an address says that one is theirs, as whoever registers does. It is nobody's, and not shown to be
/// theirs.
#[derive(Debug, Clone)]
pub struct ClaimEmail {
    /// Who.
    pub user: UserId,
    /// The address, as they wrote it.
    pub email: String,
    /// When.
    pub at: Timestamp,
}

impl Change for ClaimEmail {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let key = IdentityKey::email(&self.email);
        let asked = tx.prefetch::<Identity>([key.clone()]);
        let user = tx.require::<User>(&self.user)?;
        asked?;
        user.expect_active()?;
        if user.email.is_some() {
            return Err(Conflict::Exists(Kind::Identity).into());
        }
        tx.insert(Identity { key, user: self.user, secret: None, verified_at: None, created_at: self.at })?;
        tx.update(User { email: Some(self.email.clone()), ..user })
    }
}

/// Somebody has shown that they read mail to an address: it is theirs now. Whoever said before that it was theirs, and
/// never showed it, loses it, so nobody can keep an address from its owner. Their earlier address goes.
#[derive(Debug, Clone)]
pub struct ProveEmail {
    /// Who.
    pub user: UserId,
    /// The address, as they wrote it.
    pub email: String,
    /// When.
    pub at: Timestamp,
}

impl Change for ProveEmail {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let key = IdentityKey::email(&self.email);
        let found = tx.get::<Identity>(&key);
        let user = tx.require::<User>(&self.user)?;
        user.expect_active()?;
        let proven = |created_at| Identity {
            key: key.clone(),
            user: self.user,
            secret: None,
            verified_at: Some(self.at),
            created_at,
        };
        match found? {
            None => tx.insert(proven(self.at))?,
            Some(own) if own.user == self.user => tx.update(proven(own.created_at))?,
            Some(other) if other.verified_at.is_some() => return Err(Conflict::Exists(Kind::Identity).into()),
            Some(other) => {
                if let Some(other) = tx.get::<User>(&other.user)? {
                    tx.update(User { email: None, ..other })?;
                }
                tx.update(proven(self.at))?;
            }
        }
        if let Some(old) = user.email.as_deref().map(IdentityKey::email).filter(|old| *old != key)
            && tx.get::<Identity>(&old)?.is_some_and(|old| old.user == self.user)
        {
            tx.delete::<Identity>(&old)?;
        }
        tx.update(User { email: Some(self.email.clone()), ..user })
    }
}

/// A user gets a new password. Their sessions and codes are over, but for the session that asked for it.
#[derive(Clone)]
pub struct SetPassword {
    /// Whose.
    pub user: UserId,
    /// The hash of the password, in PHC form.
    pub secret: String,
    /// The session that goes on.
    pub keep: Option<SessionId>,
    /// When.
    pub at: Timestamp,
}

impl std::fmt::Debug for SetPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetPassword").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Change for SetPassword {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let key = IdentityKey::Password(self.user);
        let found = tx.get::<Identity>(&key);
        let kept = self.keep.map(|session| tx.get::<Session>(&session)).transpose();
        let user = tx.require::<User>(&self.user)?;
        let secret = Some(self.secret.clone());
        match found? {
            Some(found) => tx.update(Identity { secret, ..found })?,
            None => {
                tx.insert(Identity { key, user: self.user, secret, verified_at: None, created_at: self.at })?;
            }
        }
        let epoch = user.epoch + 1;
        if let Some(session) = kept?.flatten().filter(|session| session.is_live(&user, self.at)) {
            tx.update(Session { epoch, ..session })?;
        }
        tx.update(User { epoch, ..user })
    }
}

/// Somebody who was let in by a mail to an address that nobody had shown to be theirs takes the account over from
/// whoever made it: what that one may have left to come back by goes, which is every link and every key.
#[derive(Debug, Clone)]
pub struct TakeOver {
    /// The account.
    pub user: UserId,
    /// Its address.
    pub email: String,
    /// All its links.
    pub links: Vec<IdentityKey>,
    /// When.
    pub at: Timestamp,
}

impl Change for TakeOver {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let email = IdentityKey::email(&self.email);
        let asked = tx.prefetch::<Identity>(self.links.iter().cloned().chain([email.clone()]));
        let mut user = tx.require::<User>(&self.user)?;
        asked?;
        let address = tx.require::<Identity>(&email)?;
        if address.user != self.user {
            return Err(Conflict::SpentCode.into());
        }
        if address.verified_at.is_some() {
            return Ok(());
        }
        tx.update(Identity { verified_at: Some(self.at), ..address })?;
        for key in &self.links {
            if tx.get::<Identity>(key)?.is_some_and(|found| found.user == self.user && key.is_link()) {
                tx.delete::<Identity>(key)?;
                user.links = user.links.saturating_sub(1);
            }
        }
        // one that was linked since somebody looked would stay
        if user.links > 0 {
            return Err(Conflict::StaleVersion.into());
        }
        tx.update(User { key_epoch: user.key_epoch + 1, ..user })
    }
}
