//! Wallets that are keys which everybody knows.

use chatcore::account::wallet::{Address, personal_hash};
use k256::ecdsa::SigningKey;

/// A wallet.
pub(crate) struct Wallet(SigningKey);

impl Wallet {
    /// The wallet whose key is this byte, again and again.
    pub(crate) fn new(seed: u8) -> Self {
        Self(SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    /// Its address, with the checksum of EIP-55.
    pub(crate) fn address(&self) -> String {
        let point = self.0.verifying_key().to_sec1_point(false);
        Address::of_public_key(point.as_bytes()[1..].try_into().unwrap()).to_string()
    }

    /// What `personal_sign` makes of a text.
    pub(crate) fn sign(&self, text: &str) -> String {
        let (signature, id) = self.0.sign_prehash_recoverable(&personal_hash(text));
        let bytes = signature.to_bytes().into_iter().chain([27 + id.to_byte()]);
        bytes.fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
    }
}
