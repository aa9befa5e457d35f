//! Sign-in with a wallet: a message that is signed once, and the proof that comes of it.

use serde::{Deserialize, Serialize};

use super::{Accounts, NewCode, Proof};
use crate::account::challenge::ChallengeKind;
use crate::account::wallet::{
    Address, Expected, Message, Nonce, ParseError, PartError, SignatureError, Site, Statement, WalletError,
    WalletVerifier, prove,
};
use crate::clock::Timestamp;
use crate::error::Error;

/// What the person reads above the signature.
const STATEMENT: &str = "Sign in with this wallet. This costs nothing.";

/// How far ahead the clock of a page may be that writes the message itself.
const LEEWAY: std::time::Duration = std::time::Duration::from_secs(60);

/// A message to be signed.
#[derive(Debug, Clone)]
pub struct WalletChallenge {
    /// The message. A page may write its own instead, with the same nonce.
    pub message: Message,
    /// What makes it count once.
    pub nonce: Nonce,
    /// When it is void.
    pub expires_at: Timestamp,
}

/// What is known again of a challenge.
#[derive(Serialize, Deserialize)]
struct Asked {
    address: Address,
    chain_id: u64,
}

fn unfit(error: PartError) -> Error {
    Error::invalid("message", error.to_string())
}

impl Accounts {
    /// A message that the wallet at an address is to sign, for one of the places where people sign in.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a chain that there cannot be; [`Error::Store`].
    pub async fn wallet_challenge(
        &self,
        site: &Site,
        address: Address,
        chain_id: u64,
    ) -> Result<WalletChallenge, Error> {
        if chain_id == 0 {
            return Err(Error::invalid("chain_id", "must be at least 1"));
        }
        let asked = serde_json::to_string(&Asked { address, chain_id });
        let asked = asked.map_err(|error| Error::invalid("address", error.to_string()))?;
        let issued_at = self.clock.now();
        let code = self.issue(NewCode::new(ChallengeKind::WalletNonce, asked)).await?;
        let nonce: Nonce = code.code.parse().map_err(unfit)?;
        let message = Message {
            scheme: None,
            domain: site.domain.clone(),
            address,
            statement: Some(STATEMENT.parse::<Statement>().map_err(unfit)?),
            uri: site.uri().map_err(unfit)?,
            chain_id,
            nonce: nonce.clone(),
            issued_at: issued_at.into(),
            expiration_time: Some(code.expires_at.into()),
            not_before: None,
            request_id: None,
            resources: None,
        };
        Ok(WalletChallenge { message, nonce, expires_at: code.expires_at })
    }

    /// The proof that whoever signed a message holds its wallet. The nonce is taken first, so it counts once, whatever
    /// becomes of it; of many that use one at once, one gets through.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a message that is none, or not for one of these sites, this challenge, or now;
    /// [`Error::Unauthenticated`] when another wallet signed, or another text; [`Error::Overloaded`] when a contract could
    /// not be asked.
    pub async fn wallet_proof(
        &self,
        text: &str,
        signature: &str,
        sites: &[Site],
        verifier: &dyn WalletVerifier,
    ) -> Result<Proof, Error> {
        let message: Message =
            text.parse().map_err(|error: ParseError| Error::invalid("message", error.to_string()))?;
        let spent = || Error::invalid("message", "its nonce is not valid, or not any more");
        let taken = self.take(ChallengeKind::WalletNonce, message.nonce.as_str(), None).await;
        let taken = taken.map_err(|error| if matches!(error, Error::InvalidCode) { spent() } else { error })?;
        let asked: Asked = serde_json::from_str(taken.payload()).map_err(|_| spent())?;
        let uris: Vec<_> = sites.iter().filter_map(|site| site.uri().ok()).collect();
        let expected = Expected {
            sites,
            uris: &uris,
            chain_ids: &[asked.chain_id],
            nonce: &message.nonce,
            address: Some(asked.address),
            request_id: None,
            now: taken.at,
            max_age: ChallengeKind::WalletNonce.lifetime(),
            leeway: LEEWAY,
        };
        let proof = prove(text, signature, &expected, verifier).await.map_err(refusal)?;
        Proof::wallet(taken, &proof.subject())
    }
}

fn refusal(error: WalletError) -> Error {
    match error {
        WalletError::Signature(SignatureError::Mismatch) => Error::Unauthenticated,
        WalletError::Signature(SignatureError::Unavailable(cause)) => {
            tracing::warn!(%cause, "failed to ask a wallet's contract");
            Error::Overloaded
        }
        WalletError::Signature(error) => Error::invalid("signature", error.to_string()),
        error @ (WalletError::Message(_) | WalletError::Refused(_)) => Error::invalid("message", error.to_string()),
    }
}
