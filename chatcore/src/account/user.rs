//! Users and the ways in which they prove who they are.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::UserId;
use crate::store::{Conflict, Entries, Index, Kind, OrderedKey, Record};

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Counted over all users, from 1.
    pub number: u64,
    /// The name they sign in with, as they wrote it.
    pub username: Option<String>,
    /// Their address, as they wrote it.
    pub email: Option<String>,
    /// What they may do.
    pub role: AccountRole,
    /// Whether they may do it.
    pub state: AccountState,
    /// Sessions of an earlier epoch are over.
    pub epoch: u64,
    /// When they came.
    pub created_at: Timestamp,
}

impl User {
    /// Refuses who is suspended or gone.
    ///
    /// # Errors
    /// [`Conflict::AccountInactive`].
    pub fn expect_active(&self) -> Result<(), Conflict> {
        match self.state {
            AccountState::Active => Ok(()),
            AccountState::Suspended | AccountState::Deleted => Err(Conflict::AccountInactive),
        }
    }
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountRole {
    /// Use the service.
    User,
    /// Help others use it.
    Staff,
    /// Run it.
    Admin,
}

/// The life of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// In use.
    Active,
    /// Shut out for now.
    Suspended,
    /// Gone; a job removes what is left.
    Deleted,
}

impl Record for User {
    type Key = UserId;
    const KIND: Kind = Kind::User;

    fn key(&self) -> UserId {
        self.id
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::UsersByNumber, &(self.number, self.id));
    }
}

/// A way to prove who one is. No two users share one: its key is unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// What it is.
    pub key: IdentityKey,
    /// Whose.
    pub user: UserId,
    /// The stored proof, a password hash in PHC form say.
    pub secret: Option<String>,
    /// When it was shown to be theirs.
    pub verified_at: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// What identifies somebody. Texts are canonical (trimmed, lower case): `Ann` and `ann` are one name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IdentityKey {
    /// A name to sign in with.
    Username(String),
    /// An address to sign in with.
    Email(String),
    /// The password of a user: one, whichever name they sign in with.
    Password(UserId),
}

impl IdentityKey {
    /// The canonical form of a name or an address.
    #[must_use]
    pub fn canonical(text: &str) -> String {
        text.trim().to_lowercase()
    }

    /// The name or address that somebody types to sign in: with an `@` it is an address.
    #[must_use]
    pub fn of_login(login: &str) -> Self {
        let canonical = Self::canonical(login);
        if canonical.contains('@') { Self::Email(canonical) } else { Self::Username(canonical) }
    }
}

impl OrderedKey for IdentityKey {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Username(name) => (0_u8, name.clone()).write(out),
            Self::Email(address) => (1_u8, address.clone()).write(out),
            Self::Password(user) => (2_u8, *user).write(out),
        }
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        match u8::read(input)? {
            0 => String::read(input).map(Self::Username),
            1 => String::read(input).map(Self::Email),
            2 => UserId::read(input).map(Self::Password),
            _ => None,
        }
    }
}

impl Record for Identity {
    type Key = IdentityKey;
    const KIND: Kind = Kind::Identity;

    fn key(&self) -> IdentityKey {
        self.key.clone()
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::IdentitiesByUser, &(self.user, self.key.clone()));
    }
}
