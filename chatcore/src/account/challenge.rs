//! Codes that are handed out and work once: in a mail, in an address, in a message that a wallet signs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::session::TokenHash;
use super::user::User;
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::store::{Change, Conflict, Entries, Index, Kind, Record, Stop, Tx};

/// A code that was handed out. It is found by its hash, works until it expires, and is gone once it was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The hash of the code.
    pub hash: TokenHash,
    /// What it is for. It works for nothing else.
    pub kind: ChallengeKind,
    /// What whoever made it wants to know again: an address, what a provider needs. No secrets of others.
    pub payload: String,
    /// Whose it is, if it is somebody's.
    pub user: Option<UserId>,
    /// The user's epoch when it was made; when the user's has moved on, it is void.
    pub epoch: Option<u64>,
    /// The hash of what only the browser that asked for it has.
    pub binding: Option<TokenHash>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is void.
    pub expires_at: Timestamp,
}

/// The largest payload, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 4096;

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChallengeKind {
    /// To set a new password without the old one.
    PasswordReset,
    /// To show that mail to an address is read.
    EmailVerification,
    /// To show that mail to a new address is read.
    EmailChange,
    /// The `state` of a sign-in at a provider.
    OauthState,
    /// The nonce of a message that a wallet signs.
    WalletNonce,
    /// What a front end gets in an address, and changes for a session.
    LoginCode,
    /// To open one stream where no header can be sent.
    StreamTicket,
    /// To make the first admin.
    SetUp,
}

impl ChallengeKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::PasswordReset,
        Self::EmailVerification,
        Self::EmailChange,
        Self::OauthState,
        Self::WalletNonce,
        Self::LoginCode,
        Self::StreamTicket,
        Self::SetUp,
    ];

    /// How long a code of this kind works: a minute where a program uses it at once, ten where a person has to do
    /// something first (OWASP ASVS 6.6.3), a day for the link that an operator opens.
    #[must_use]
    pub const fn lifetime(self) -> Duration {
        Duration::from_secs(match self {
            Self::LoginCode | Self::StreamTicket => 60,
            Self::PasswordReset
            | Self::EmailVerification
            | Self::EmailChange
            | Self::OauthState
            | Self::WalletNonce => 600,
            Self::SetUp => 24 * 3600,
        })
    }
}

impl Record for Challenge {
    type Key = TokenHash;
    const KIND: Kind = Kind::Challenge;

    fn key(&self) -> TokenHash {
        self.hash
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::ChallengesByExpiry, &(self.expires_at, self.hash));
    }
}

/// A code is handed out. If it is somebody's, their account is active, and it is void when their epoch moves on.
#[derive(Debug, Clone)]
pub struct IssueChallenge {
    /// The code; its epoch is filled in.
    pub challenge: Challenge,
}

impl Change for IssueChallenge {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let epoch = match self.challenge.user {
            Some(user) => {
                let user = tx.require::<User>(&user)?;
                user.expect_active()?;
                Some(user.epoch)
            }
            None => None,
        };
        tx.insert_fresh(Challenge { epoch, ..self.challenge.clone() })
    }
}

/// A code is used: it is there, for this, not too old, and was asked for by the same browser. It is gone then, so of
/// many that use it at once one gets through. One that is refused for its kind or its browser stays.
#[derive(Debug, Clone)]
pub struct TakeChallenge {
    /// The hash of what was presented.
    pub hash: TokenHash,
    /// What it is presented for: one of these.
    pub kinds: Vec<ChallengeKind>,
    /// The hash of what the browser has.
    pub binding: Option<TokenHash>,
    /// When.
    pub at: Timestamp,
}

impl Change for TakeChallenge {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Some(found) = tx.get::<Challenge>(&self.hash)? else { return Err(Conflict::SpentCode.into()) };
        let bound = found.binding.is_none() || found.binding == self.binding;
        if !self.kinds.contains(&found.kind) || found.expires_at <= self.at || !bound {
            return Err(Conflict::SpentCode.into());
        }
        if let Some(user) = found.user {
            let user = tx.get::<User>(&user)?;
            let theirs = |user: User| user.expect_active().is_ok() && found.epoch == Some(user.epoch);
            if !user.is_some_and(theirs) {
                return Err(Conflict::SpentCode.into());
            }
        }
        tx.delete::<Challenge>(&self.hash)
    }
}

/// Removes codes that have expired. One that was used meanwhile is passed over.
#[derive(Debug, Clone)]
pub struct ForgetChallenges {
    /// Their hashes.
    pub hashes: Vec<TokenHash>,
    /// When.
    pub at: Timestamp,
}

impl Change for ForgetChallenges {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.prefetch::<Challenge>(self.hashes.iter().copied())?;
        for hash in &self.hashes {
            if tx.get::<Challenge>(hash)?.is_some_and(|found| found.expires_at <= self.at) {
                tx.delete::<Challenge>(hash)?;
            }
        }
        Ok(())
    }
}
