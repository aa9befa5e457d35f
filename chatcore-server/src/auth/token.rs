//! Access tokens (JWT, short-lived) and refresh tokens (derived, one a generation).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chatcore::account::{SignedIn, TokenHash, TokenSecrets};
use chatcore::{SessionId, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::secret::{MasterSecret, sign};

/// Who the tokens are from and for.
const ISSUER: &str = "chatcore";
/// The `typ` of an access token (RFC 9068), so that nothing else that is signed passes for one.
const TYPE: &str = "at+jwt";

/// Makes and reads access tokens.
pub struct AccessTokens {
    encode: EncodingKey,
    decode: DecodingKey,
    lifetime: Duration,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: SessionId,
    iat: i64,
    exp: i64,
}

impl AccessTokens {
    /// Tokens that last for `lifetime`.
    #[must_use]
    pub fn new(secret: &MasterSecret, lifetime: Duration) -> Self {
        let key = secret.key("access tokens");
        Self { encode: EncodingKey::from_secret(&key), decode: DecodingKey::from_secret(&key), lifetime }
    }

    /// How long a token lasts.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// A token for a session.
    ///
    /// # Errors
    /// When signing fails.
    pub fn issue(&self, of: &SignedIn, now: Timestamp) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: of.user.id.to_string(),
            sid: of.session.id,
            iat: now.as_seconds(),
            exp: now.plus(self.lifetime).as_seconds(),
        };
        let header = Header { typ: Some(TYPE.to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &self.encode)
    }

    /// The session that a token is of, if the token is ours and not too old.
    #[must_use]
    pub fn session(&self, token: &str, now: Timestamp) -> Option<SessionId> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[ISSUER]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        // compared below with the server's own clock
        validation.validate_exp = false;
        let token = jsonwebtoken::decode::<Claims>(token, &self.decode, &validation).ok()?;
        let fresh = now.as_seconds() < token.claims.exp;
        (fresh && token.header.typ.as_deref() == Some(TYPE)).then_some(token.claims.sid)
    }
}

/// Makes and reads refresh tokens: the session, the generation, and a signature over both.
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
        let id = format!("{}_{}", SessionId::PREFIX, super::secret::hex(session)).parse().ok()?;
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
    use chatcore::RandomIds;

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
