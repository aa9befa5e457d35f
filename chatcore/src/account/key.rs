//! Keys with which programs act for a user.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::caller::Scope;
use super::session::TokenHash;
use super::user::User;
use crate::clock::Timestamp;
use crate::id::{ApiKeyId, UserId};
use crate::store::{Change, Conflict, Entries, Index, Kind, Record, Stop, Tx};

/// A key that a program uses in a user's name. It is shown once; only its hash is stored, and found by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The hash of the key.
    pub hash: TokenHash,
    /// What the owner calls it by to end it.
    pub id: ApiKeyId,
    /// Whose.
    pub owner: UserId,
    /// What it is for.
    pub kind: ApiKeyKind,
    /// What the owner calls it.
    pub name: String,
    /// How it begins, so that the owner knows it again.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The user's epoch of keys when it was made; when the user's has moved on, it is void.
    pub epoch: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was used last, to a minute; see [`USE_STEP`].
    pub last_used_at: Option<Timestamp>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// The use of a key is noted at most this often, so that using it costs no write.
pub const USE_STEP: Duration = Duration::from_secs(60);

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiKeyKind {
    /// Made by the user for a program.
    Key,
    /// Handed out at sign-in, instead of a session: opaque, without an end of its own, gone when the user signs out.
    Token,
}

impl ApiKey {
    /// Whether it can be used.
    #[must_use]
    pub fn is_live(&self, user: &User, at: Timestamp) -> bool {
        self.revoked_at.is_none()
            && self.expires_at.is_none_or(|end| at < end)
            && self.epoch == user.key_epoch
            && self.owner == user.id
            && user.expect_active().is_ok()
    }

    /// Whether its use now is to be noted.
    #[must_use]
    pub fn is_use_news(&self, at: Timestamp) -> bool {
        self.last_used_at.is_none_or(|last| at.since(last) >= USE_STEP)
    }
}

impl Record for ApiKey {
    type Key = TokenHash;
    const KIND: Kind = Kind::ApiKey;

    fn key(&self) -> TokenHash {
        self.hash
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::ApiKeysByOwner, &(self.owner, self.id, self.hash));
    }
}

/// A key is made. Its owner's account is active.
#[derive(Debug, Clone)]
pub struct CreateApiKey {
    /// The key; its epoch is filled in.
    pub key: ApiKey,
}

impl Change for CreateApiKey {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let user = tx.require::<User>(&self.key.owner)?;
        user.expect_active()?;
        tx.insert_fresh(ApiKey { epoch: user.key_epoch, ..self.key.clone() })
    }
}

/// A key ends. Ending it twice changes nothing. A token that was handed out at sign-in leaves nothing behind.
#[derive(Debug, Clone)]
pub struct RevokeApiKey {
    /// Its hash.
    pub hash: TokenHash,
    /// Whose it is.
    pub owner: UserId,
    /// When.
    pub at: Timestamp,
}

impl Change for RevokeApiKey {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let key = tx.require::<ApiKey>(&self.hash)?;
        if key.owner != self.owner {
            return Err(Conflict::Missing(Kind::ApiKey).into());
        }
        match (key.kind, key.revoked_at) {
            (ApiKeyKind::Token, _) => tx.delete::<ApiKey>(&self.hash),
            (ApiKeyKind::Key, Some(_)) => Ok(()),
            (ApiKeyKind::Key, None) => tx.update(ApiKey { revoked_at: Some(self.at), ..key }),
        }
    }
}

/// A key was used. Of several notes within a minute one is written.
#[derive(Debug, Clone)]
pub struct NoteApiKeyUse {
    /// Its hash.
    pub hash: TokenHash,
    /// When.
    pub at: Timestamp,
}

impl Change for NoteApiKeyUse {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        match tx.get::<ApiKey>(&self.hash)?.filter(|key| key.is_use_news(self.at)) {
            Some(key) => tx.update(ApiKey { last_used_at: Some(self.at), ..key }),
            None => Ok(()),
        }
    }
}
