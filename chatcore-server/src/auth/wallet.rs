//! Who signed with a wallet: the key behind a signature, and the port that asks a wallet that is a contract.
//!
//! Keys are computed here, offline. Contracts (ERC-1271, ERC-6492) live on a chain, which this server does not talk to: it
//! refuses their signatures unless whoever embeds it brings [`ContractWallets`].

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chatcore::account::wallet::{Address, SignatureError, WalletClaim, WalletKind, WalletVerifier, personal_hash};
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

/// Longer signatures are of no wallet.
const MAX_SIGNATURE_BYTES: usize = 8 * 1024;
/// How long a chain may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a signature of a contract that is not deployed yet ends with (ERC-6492): these two bytes, sixteen times.
const UNDEPLOYED: [u8; 2] = [0x64, 0x92];

/// Asks contracts whether a signature is theirs.
#[async_trait]
pub trait ContractWallets: Send + Sync {
    /// Whether the contract at that address, on that chain, says that the signature under the hash is its own.
    ///
    /// # Behaviour
    /// * The answer of `isValidSignature(bytes32,bytes)` is yes only if it is exactly `0x1626ba7e`.
    /// * An address without code is no contract: no, unless the signature says how to deploy it (ERC-6492).
    /// * A chain that is not known is an error, not another chain.
    async fn is_signed(
        &self,
        address: Address,
        chain_id: u64,
        hash: &[u8; 32],
        signature: &[u8],
    ) -> Result<bool, Box<dyn StdError + Send + Sync>>;
}

/// Checks signatures of wallets.
#[derive(Clone)]
pub struct Wallets {
    contracts: Option<Arc<dyn ContractWallets>>,
    patience: Duration,
}

impl Default for Wallets {
    /// Takes signatures of keys alone.
    fn default() -> Self {
        Self { contracts: None, patience: PATIENCE }
    }
}

impl Wallets {
    /// Takes signatures of contracts, too.
    #[must_use]
    pub fn with_contracts(contracts: impl ContractWallets + 'static) -> Self {
        Self { contracts: Some(Arc::new(contracts)), ..Self::default() }
    }

    /// How long a chain may take; five seconds if nobody says.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    async fn ask(&self, claim: &WalletClaim<'_>, signature: &[u8]) -> Result<WalletKind, SignatureError> {
        let Some(contracts) = &self.contracts else { return Err(SignatureError::Unsupported) };
        let hash = personal_hash(claim.text);
        let answer = contracts.is_signed(claim.address, claim.chain_id, &hash, signature);
        match tokio::time::timeout(self.patience, answer).await {
            Ok(Ok(true)) => Ok(WalletKind::Contract),
            Ok(Ok(false)) => Err(SignatureError::Mismatch),
            Ok(Err(error)) => Err(SignatureError::Unavailable(error)),
            Err(late) => Err(SignatureError::Unavailable(late.into())),
        }
    }
}

impl fmt::Debug for Wallets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wallets").field("contracts", &self.contracts.is_some()).finish()
    }
}

#[async_trait]
impl WalletVerifier for Wallets {
    async fn verify(&self, claim: &WalletClaim<'_>) -> Result<WalletKind, SignatureError> {
        let signature = bytes(claim.signature)?;
        let refused = match signer(claim.text, &signature) {
            Ok(address) if address == claim.address => return Ok(WalletKind::Key),
            Ok(_) => SignatureError::Mismatch,
            Err(error) => error,
        };
        let undeployed = signature.len() > 32 && signature.ends_with(&UNDEPLOYED.repeat(16));
        if undeployed || self.contracts.is_some() { self.ask(claim, &signature).await } else { Err(refused) }
    }
}

/// Which key signed a text (EIP-191, `personal_sign`). Some key always did, unless the signature is none: compare it.
///
/// A signature is `0x` and 65 bytes: `r`, `s` and `v`, which is 27 or 28, or 0 or 1 as some wallets write it. Of the two
/// signatures that everybody can make of one, only that with the lower `s` is taken (EIP-2).
///
/// # Errors
/// [`SignatureError::Malformed`].
pub fn recover(text: &str, signature: &str) -> Result<Address, SignatureError> {
    signer(text, &bytes(signature)?)
}

fn signer(text: &str, signature: &[u8]) -> Result<Address, SignatureError> {
    let malformed = SignatureError::Malformed;
    let Some((r_s, [v])) = signature.split_first_chunk::<64>() else { return Err(malformed("must have 65 bytes")) };
    let id = match v {
        0 | 27 => RecoveryId::new(false, false),
        1 | 28 => RecoveryId::new(true, false),
        _ => return Err(malformed("must end with 0, 1, 27 or 28")),
    };
    let signature = Signature::from_slice(r_s).map_err(|_| malformed("has a number that the curve does not have"))?;
    if signature.normalize_s() != signature {
        return Err(malformed("must have the lower s of the two"));
    }
    let key = VerifyingKey::recover_from_prehash(&personal_hash(text), &signature, id);
    let point = key.map_err(|_| malformed("is of no key"))?.to_sec1_point(false);
    // behind the byte that says that both coordinates follow
    let coordinates = point.as_bytes().get(1..).and_then(|rest| rest.try_into().ok());
    Ok(Address::of_public_key(coordinates.ok_or(malformed("is of no key"))?))
}

fn bytes(text: &str) -> Result<Vec<u8>, SignatureError> {
    let digits = text.strip_prefix("0x").ok_or(SignatureError::Malformed("must begin with 0x"))?;
    if digits.len() > 2 * MAX_SIGNATURE_BYTES {
        return Err(SignatureError::Malformed("is too long"));
    }
    let (pairs, odd) = digits.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect::<Option<_>>();
    bytes.filter(|_| odd.is_empty()).ok_or(SignatureError::Malformed("must be pairs of hexadecimal digits"))
}
