//! Texts that nobody may guess. They do not print themselves.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::account::TokenHash;

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text of 256 random bits.
            #[must_use]
            pub fn from_random(bytes: [u8; 32]) -> Self {
                Self(URL_SAFE_NO_PAD.encode(bytes))
            }

            /// It as text, for whom it is meant.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// Whether somebody knows it. How long that takes says nothing about how much was right.
            #[must_use]
            pub fn is(&self, text: &str) -> bool {
                Sha256::digest(&self.0) == Sha256::digest(text)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

secret! {
    /// What the provider sends back with the browser, so that a callback belongs to a login that began here.
    State
}
secret! {
    /// What the provider writes into the ID token, so that a token belongs to one login.
    LoginNonce
}
secret! {
    /// What only whoever began the login can show when the code is redeemed (PKCE, RFC 7636).
    CodeVerifier
}

impl CodeVerifier {
    /// What the provider is told beforehand: the method `S256`.
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.0))
    }
}

/// What is stored of the secret that a browser holds while it is away at the provider.
#[must_use]
pub fn browser_hash(secret: &str) -> TokenHash {
    TokenHash(Sha256::digest(secret).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_of_the_rfc() {
        let verifier = CodeVerifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn secrets_are_long_enough_and_do_not_print() {
        let verifier = CodeVerifier::from_random([7; 32]);
        assert!((43..=128).contains(&verifier.expose().len()), "RFC 7636, 4.1");
        assert!(verifier.is(verifier.expose()) && !verifier.is(""));
        assert_eq!(format!("{verifier:?}"), "CodeVerifier(..)");
        let stored = serde_json::to_string(&verifier).unwrap();
        assert_eq!(serde_json::from_str::<CodeVerifier>(&stored).unwrap(), verifier);
    }
}
