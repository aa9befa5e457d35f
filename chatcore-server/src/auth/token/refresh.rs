//! Refresh tokens: the session, the generation, and a signature over both.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chatcore::SessionId;
use chatcore::account::{TokenHash, TokenSecrets};
use sha2::{Digest, Sha256};

use crate::auth::secret::{MasterSecret, hex, sign};

/// Makes and reads refresh tokens.
pub struct RefreshTokens {
    key: [u8; 32],
}

/// What they start with, so that a leaked one is recognised.
const PREFIX: &str = "ccr_";

impl RefreshTokens {
    /// Tokens of a server.
    #[must_use]
    pub fn new(secret: &MasterSecret) -> Self {
        Self { key: secret.key("refresh tokens") }
    }
}

impl TokenSecrets for RefreshTokens {
    fn token(&self, session: SessionId, generation: u64) -> String {
        let mut bytes = session.as_uuid().as_bytes().to_vec();
        bytes.extend_from_slice(&generation.to_be_bytes());
        let signature = sign(&self.key, &bytes);
        bytes.extend_from_slice(&signature);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    fn parse(&self, token: &str) -> Option<(SessionId, u64)> {
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX)?).ok()?;
        let (session, rest) = bytes.split_first_chunk::<16>()?;
        let (generation, signature) = rest.split_first_chunk::<8>()?;
        let id = format!("{}_{}", SessionId::PREFIX, hex(session)).parse().ok()?;
        (signature.len() == 32).then_some((id, u64::from_be_bytes(*generation)))
    }

    fn derive(&self, purpose: &str, input: &[u8]) -> [u8; 32] {
        // a key for each purpose: none of them signs what `token` signs
        sign(&sign(&self.key, format!("derive {purpose}").as_bytes()), input)
    }

    fn hash(&self, token: &str) -> TokenHash {
        TokenHash(Sha256::digest(token.as_bytes()).into())
    }
}

#[cfg(test)]
mod tests {
    use chatcore::{RandomIds, Timestamp};

    use super::*;

    #[test]
    fn refresh_tokens_say_what_they_are_of() {
        let tokens = RefreshTokens::new(&MasterSecret::ephemeral().unwrap());
        let session = SessionId::mint(Timestamp::from_micros(1), &RandomIds);
        let token = tokens.token(session, 7);
        assert_eq!(tokens.parse(&token), Some((session, 7)));
        assert_eq!(tokens.token(session, 7), token);
        assert_ne!(tokens.token(session, 8), token);
        for wrong in ["", "ccr_", "ccr_!!!!", &token[4..], &format!("{token}AA")] {
            assert_eq!(tokens.parse(wrong), None, "{wrong}");
        }
    }
}
