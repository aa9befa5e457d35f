//! Whether an ID token is signed by its provider. What it says is judged in the core.

use chatcore::account::oauth::{IdClaims, TokenDigest};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::{Deserialize, Deserializer};

use super::error::OAuthError;

/// The keys of a provider. Those that cannot be read are none: providers publish keys of new kinds beside the old.
pub(super) struct KeySet(Vec<Jwk>);

impl<'de> Deserialize<'de> for KeySet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Published {
            keys: Vec<serde_json::Value>,
        }
        let published = Published::deserialize(deserializer)?;
        Ok(Self(published.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect()))
    }
}

/// A token whose header is one that could be taken.
pub(super) struct SignedToken<'a> {
    text: &'a str,
    header: Header,
    digest: TokenDigest,
}

impl<'a> SignedToken<'a> {
    /// Reads the header. Only signatures with a public key are taken: with `none` there is no signature, and with `HS256`
    /// anybody could sign who knows the public key.
    pub(super) fn read(text: &'a str) -> Result<Self, OAuthError> {
        let header = jsonwebtoken::decode_header(text).map_err(|_| OAuthError::Token("cannot be read"))?;
        let digest = match header.alg {
            Algorithm::RS256 | Algorithm::ES256 => TokenDigest::Sha256,
            Algorithm::EdDSA => TokenDigest::Sha512,
            _ => return Err(OAuthError::Token("is not signed as it should be")),
        };
        if header.crit.is_some() {
            return Err(OAuthError::Token("asks for what is not known here"));
        }
        Ok(Self { text, header, digest })
    }

    /// The hash that goes with its signature.
    pub(super) const fn digest(&self) -> TokenDigest {
        self.digest
    }

    /// The key that it says it is signed with; without a name, the only one that it can be.
    pub(super) fn key<'k>(&self, keys: &'k KeySet) -> Option<&'k Jwk> {
        let mut fitting = keys.0.iter().filter(|key| fits(key, self.header.alg));
        match &self.header.kid {
            Some(id) => fitting.find(|key| key.common.key_id.as_ref() == Some(id)),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        }
    }

    /// What it says, if that key signed it.
    pub(super) fn claims(&self, key: &Jwk) -> Result<IdClaims, OAuthError> {
        let key = DecodingKey::from_jwk(key).map_err(|_| OAuthError::Token("is signed with a broken key"))?;
        let mut validation = Validation::new(self.header.alg);
        // compared in the core, with the server's own clock
        (validation.validate_exp, validation.validate_aud) = (false, false);
        validation.required_spec_claims.clear();
        let token = jsonwebtoken::decode(self.text, &key, &validation);
        token.map(|token| token.claims).map_err(|_| OAuthError::Token("is not signed by the provider"))
    }
}

/// Whether a key is for signatures of that kind.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let of_kind = match &key.algorithm {
        AlgorithmParameters::RSA(_) => algorithm == Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) => {
            algorithm == Algorithm::ES256 && curve.curve == EllipticCurve::P256
        }
        AlgorithmParameters::OctetKeyPair(pair) => {
            algorithm == Algorithm::EdDSA && pair.curve == EllipticCurve::Ed25519
        }
        _ => false,
    };
    let says = key.common.key_algorithm.is_none_or(|says| says == algorithm.into());
    let is_for = key.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    of_kind && says && is_for
}
