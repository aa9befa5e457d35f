//! Sessions: a family of refresh tokens of which one is current.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::user::User;
use crate::clock::Timestamp;
use crate::id::{SessionId, UserId};
use crate::store::{Entries, Index, Kind, Record};

/// Somebody is signed in somewhere.
///
/// The token of each generation is derived from the session's id and the generation by whoever holds the secret, so it
/// can be handed out again to the loser of a race, while only its hash is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who is signed in.
    pub user: UserId,
    /// What it is for.
    pub kind: SessionKind,
    /// Which token is current, from 1.
    pub generation: u64,
    /// The hash of the current token.
    pub token_hash: TokenHash,
    /// When the current token was made.
    pub rotated_at: Timestamp,
    /// The user's epoch at sign-in; when the user's has moved on, this session is over.
    pub epoch: u64,
    /// What the user calls it: the program they signed in with.
    pub label: Option<String>,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
}

impl Session {
    /// Whether it can be used.
    #[must_use]
    pub fn is_live(&self, user: &User, at: Timestamp) -> bool {
        self.ended_at.is_none()
            && at < self.expires_at
            && self.epoch == user.epoch
            && self.user == user.id
            && user.expect_active().is_ok()
    }
}

/// What a session is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionKind {
    /// Its name: `api`, `web`.
    pub name: String,
    /// Whether each refresh hands out a new token and ends the old one.
    pub rotating: bool,
    /// How long it lasts, in seconds.
    pub lifetime_seconds: u64,
    /// Which claims its access tokens carry.
    pub claims: String,
}

impl SessionKind {
    /// A program: rotating, 30 days.
    #[must_use]
    pub fn api() -> Self {
        Self { name: "api".into(), rotating: true, lifetime_seconds: 30 * 24 * 3600, claims: "native".into() }
    }

    /// A browser with a cookie: one token, 30 days.
    #[must_use]
    pub fn web() -> Self {
        Self { name: "web".into(), rotating: false, ..Self::api() }
    }

    /// How long it lasts.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        Duration::from_secs(self.lifetime_seconds)
    }
}

/// The hash of a token: SHA-256, which suffices for a random text of 128 bits or more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

impl Serialize for TokenHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hex: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&hex)
    }
}

impl<'de> Deserialize<'de> for TokenHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hex = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let mut bytes = [0; 32];
        let pairs = hex.as_bytes().as_chunks::<2>().0;
        if hex.len() != 64 {
            return Err(serde::de::Error::custom("a token hash has 64 digits"));
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            let text = std::str::from_utf8(pair).map_err(serde::de::Error::custom)?;
            *byte = u8::from_str_radix(text, 16).map_err(serde::de::Error::custom)?;
        }
        Ok(Self(bytes))
    }
}

impl Record for Session {
    type Key = SessionId;
    const KIND: Kind = Kind::Session;

    fn key(&self) -> SessionId {
        self.id
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::SessionsByUser, &(self.user, self.id));
    }
}
