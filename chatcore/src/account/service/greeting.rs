//! Sign-in with a wallet whose client sends back nothing but an address and a signature: no nonce, and not the text.
//!
//! The text then changes with time alone. A signature is good for the window in which the text was handed out and the one
//! after it, so whoever gets hold of one can use it for minutes, not for ever. Where a client can send the text back, a
//! [challenge](Accounts::wallet_challenge) is better: it counts once.

use std::time::Duration;

use super::{Accounts, Proof};
use crate::account::user::IdentityKey;
use crate::account::wallet::{Address, SignatureError, WalletClaim, WalletVerifier, prove_text};
use crate::clock::Timestamp;
use crate::error::Error;

/// How long a text stays the same.
const WINDOW: Duration = Duration::from_secs(300);

/// What a wallet is to sign, but for the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// The first lines.
    pub text: String,
    /// Where it is signed, so that nobody signs for one place what is shown by another.
    pub site: Option<String>,
}

impl Greeting {
    /// The text of the window in which a moment lies.
    fn at(&self, at: Timestamp) -> String {
        let window = i64::try_from(WINDOW.as_micros()).unwrap_or(i64::MAX);
        let began = Timestamp::from_micros(at.as_micros() - at.as_micros().rem_euclid(window));
        let site = self.site.as_ref().map(|site| format!("Site: {site}\n")).unwrap_or_default();
        format!("{}\n\n{site}Time: {began}", self.text)
    }
}

impl Accounts {
    /// The text that a wallet is to sign now.
    #[must_use]
    pub fn wallet_greeting(&self, greeting: &Greeting) -> String {
        greeting.at(self.clock.now())
    }

    /// The proof that whoever signed the text of now, or of just before, holds a wallet.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when another wallet signed, or another text; [`Error::Invalid`] for what is no signature;
    /// [`Error::Overloaded`] when a contract could not be asked.
    pub async fn greeting_proof(
        &self,
        greeting: &Greeting,
        address: Address,
        signature: &str,
        verifier: &dyn WalletVerifier,
    ) -> Result<Proof, Error> {
        let now = self.clock.now();
        for at in [now, now.minus(WINDOW)] {
            let text = greeting.at(at);
            let claim = WalletClaim { address, chain_id: 1, text: &text, signature };
            match prove_text(&claim, verifier).await {
                Ok(proof) => {
                    let key = IdentityKey::wallet(&proof.subject());
                    let key = key.ok_or_else(|| Error::invalid("signature", "is of a wallet of one chain"))?;
                    return Ok(Proof { key, email: None, at: now });
                }
                Err(SignatureError::Mismatch) => {}
                Err(SignatureError::Unavailable(cause)) => {
                    tracing::warn!(%cause, "failed to ask a wallet's contract");
                    return Err(Error::Overloaded);
                }
                Err(error) => return Err(Error::invalid("signature", error.to_string())),
            }
        }
        Err(Error::Unauthenticated)
    }
}
