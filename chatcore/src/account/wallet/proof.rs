//! From a signed text to the proof that somebody holds a wallet.

use std::error::Error as StdError;

use async_trait::async_trait;

use super::address::Address;
use super::expected::{Expected, Refusal};
use super::message::Message;
use super::parse::ParseError;

/// Somebody says that a wallet signed a text.
#[derive(Debug, Clone, Copy)]
pub struct WalletClaim<'a> {
    /// Which wallet.
    pub address: Address,
    /// Where the wallet is, should it be a contract.
    pub chain_id: u64,
    /// What it signed (EIP-191, `personal_sign`).
    pub text: &'a str,
    /// The signature: `0x` and hexadecimal digits.
    pub signature: &'a str,
}

/// What signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WalletKind {
    /// A key: the same wallet on every chain.
    Key,
    /// A contract (ERC-1271, ERC-6492): a wallet on the chain of the claim only, and only as long as it says so.
    Contract,
}

/// Why a signature proves nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// It is not written as signatures are.
    #[error("the signature {0}")]
    Malformed(&'static str),
    /// It is of another wallet, or of another text.
    #[error("the signature is not of this wallet under this text")]
    Mismatch,
    /// Only a contract could say whether it holds, and nobody asks contracts here.
    #[error("signatures of contracts are not accepted")]
    Unsupported,
    /// The chain did not answer, so nothing is known.
    #[error("failed to ask the wallet's contract")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
}

/// Computes whether a wallet signed. A port, because it needs elliptic curves and, for contracts, a chain.
#[async_trait]
pub trait WalletVerifier: Send + Sync {
    /// What kind of wallet signed, if the one of the claim did.
    ///
    /// # Behaviour
    /// * `closed`: whatever cannot be decided is an error, never a yes.
    /// * `one_signature`: of the two signatures that hold mathematically only the one with the lower `s` counts.
    async fn verify(&self, claim: &WalletClaim<'_>) -> Result<WalletKind, SignatureError>;
}

/// Somebody showed that they hold a wallet. Only [`prove`] and [`prove_text`] make one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalletProof {
    address: Address,
    chain_id: u64,
    kind: WalletKind,
}

impl WalletProof {
    /// Which wallet.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// The chain that the message was bound to.
    #[must_use]
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// What signed.
    #[must_use]
    pub const fn kind(&self) -> WalletKind {
        self.kind
    }

    /// What identifies whoever holds it. A key is the same one on every chain, so its address does. The same address on
    /// two chains may be two contracts of different people, so there the chain belongs to it (as in CAIP-10).
    #[must_use]
    pub fn subject(&self) -> String {
        match self.kind {
            WalletKind::Key => self.address.canonical(),
            WalletKind::Contract => format!("eip155:{}:{}", self.chain_id, self.address.canonical()),
        }
    }
}

/// Why somebody is not signed in by their wallet.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// The text is not a message.
    #[error(transparent)]
    Message(#[from] ParseError),
    /// The message is not for this server, not for this challenge, or not for now.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The signature proves nothing.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// Checks a signed message of EIP-4361: the grammar, then what it says, then the signature, so that no curve is computed
/// and no chain is asked for what cannot count.
///
/// # Errors
/// [`WalletError`].
pub async fn prove(
    text: &str,
    signature: &str,
    expected: &Expected<'_>,
    verifier: &dyn WalletVerifier,
) -> Result<WalletProof, WalletError> {
    let message: Message = text.parse()?;
    expected.check(&message)?;
    let claim = WalletClaim { address: message.address, chain_id: message.chain_id, text, signature };
    Ok(prove_text(&claim, verifier).await?)
}

/// Checks a signature under any text. The text must be one that only this server hands out, and only for now: unlike a
/// message, nothing in it is looked at.
///
/// # Errors
/// [`SignatureError`].
pub async fn prove_text(claim: &WalletClaim<'_>, verifier: &dyn WalletVerifier) -> Result<WalletProof, SignatureError> {
    let kind = verifier.verify(claim).await?;
    Ok(WalletProof { address: claim.address, chain_id: claim.chain_id, kind })
}
