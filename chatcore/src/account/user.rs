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
    /// How many accounts at providers and wallets they can sign in with.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub links: u64,
    /// Keys of an earlier epoch are void.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub key_epoch: u64,
    /// What they want to be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The language that they read, a tag of BCP 47 such as `de-AT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// When they came.
    pub created_at: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde wants it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
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
    /// An account at a provider: who that is stands in `subject` alone, never in an address.
    #[serde(rename = "oauth")]
    OAuth {
        /// The provider.
        provider: String,
        /// The provider's own id for them.
        subject: String,
    },
    /// A wallet, by its EIP-155 address: `0x` and forty digits, in lower case.
    Wallet(String),
}

impl IdentityKey {
    /// A wallet; `None` when the text is no address of one.
    #[must_use]
    pub fn wallet(address: &str) -> Option<Self> {
        let digits = address.strip_prefix("0x").or_else(|| address.strip_prefix("0X"))?;
        let hex = digits.len() == 40 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        hex.then(|| Self::Wallet(format!("0x{}", digits.to_ascii_lowercase())))
    }

    /// The address, as an identity.
    #[must_use]
    pub fn email(address: &str) -> Self {
        Self::Email(Self::canonical(address))
    }

    /// Whether it is a way in by itself: an account at a provider, or a wallet.
    #[must_use]
    pub const fn is_link(&self) -> bool {
        matches!(self, Self::OAuth { .. } | Self::Wallet(_))
    }

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
            Self::OAuth { provider, subject } => (3_u8, provider.clone(), subject.clone()).write(out),
            Self::Wallet(address) => (4_u8, address.clone()).write(out),
        }
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        match u8::read(input)? {
            0 => String::read(input).map(Self::Username),
            1 => String::read(input).map(Self::Email),
            2 => UserId::read(input).map(Self::Password),
            3 => <(String, String)>::read(input).map(|(provider, subject)| Self::OAuth { provider, subject }),
            4 => String::read(input).map(Self::Wallet),
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
