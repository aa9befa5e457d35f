//! Proofs: that somebody holds an account at a provider, or a wallet, right now.

use std::time::Duration;

use super::codes::Taken;
use crate::account::challenge::ChallengeKind;
use crate::account::password::check_email;
use crate::account::user::IdentityKey;
use crate::clock::Timestamp;
use crate::error::Error;

/// A proof is good for so long.
pub const PROOF_LIFETIME: Duration = Duration::from_secs(300);

/// That somebody has just shown that an identity is theirs. It is made of the code with which they were sent away and
/// came back, so there is none without a flow that was begun here, and each flow makes one.
#[derive(Debug)]
pub struct Proof {
    pub(super) key: IdentityKey,
    pub(super) email: Option<String>,
    pub(super) at: Timestamp,
}

/// What a provider says about somebody, after whoever asks has checked that it is the provider who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderAccount {
    /// The provider: which one was asked, never what the answer says.
    pub provider: String,
    /// The provider's own id for them, which never changes hands.
    pub subject: String,
    /// Their address.
    pub email: Option<String>,
    /// Whether the provider says that it has checked the address. No word about it is no.
    pub email_verified: bool,
}

/// The longest name of a provider, and id at one.
const MAX_CHARS: usize = 255;

impl Proof {
    /// Of an account at a provider, by the `state` that came back.
    ///
    /// # Errors
    /// [`Error::InvalidCode`] when the code was none for this; [`Error::Invalid`] when the provider names nobody.
    pub fn oauth(state: Taken, account: ProviderAccount) -> Result<Self, Error> {
        if state.kind != ChallengeKind::OauthState {
            return Err(Error::InvalidCode);
        }
        let ProviderAccount { provider, subject, email, email_verified } = account;
        let sound = |text: &str| (1..=MAX_CHARS).contains(&text.chars().count()) && !text.contains('\0');
        if !sound(&provider) || !sound(&subject) {
            return Err(Error::invalid("subject", "the provider names nobody"));
        }
        let email = email.map(|email| email.trim().to_owned());
        let email = email.filter(|email| email_verified && check_email(email).is_ok());
        Ok(Self { key: IdentityKey::OAuth { provider, subject }, email, at: state.at })
    }

    /// Of a wallet, by the nonce in the message that it signed. Whoever asks has checked message and signature.
    ///
    /// # Errors
    /// [`Error::InvalidCode`] when the code was none for this; [`Error::Invalid`] when it is no address of a wallet.
    pub fn wallet(nonce: Taken, address: &str) -> Result<Self, Error> {
        if nonce.kind != ChallengeKind::WalletNonce {
            return Err(Error::InvalidCode);
        }
        let key = IdentityKey::wallet(address);
        let key = key.ok_or_else(|| Error::invalid("address", "is not 0x and forty hexadecimal digits"))?;
        Ok(Self { key, email: None, at: nonce.at })
    }

    /// What was shown.
    #[must_use]
    pub const fn key(&self) -> &IdentityKey {
        &self.key
    }

    /// Refuses one that somebody kept.
    pub(super) fn expect_fresh(&self, now: Timestamp) -> Result<(), Error> {
        if now.since(self.at) <= PROOF_LIFETIME { Ok(()) } else { Err(Error::InvalidCode) }
    }
}
