//! The claims of an ID token, once its signature holds.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256, Sha512};

use super::secrets::LoginNonce;
use crate::clock::Timestamp;

/// What an ID token says (OpenID Connect Core, 2 and 5.1).
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "they are the names of the claims")]
pub struct IdClaims {
    pub iss: String,
    pub sub: String,
    pub aud: Audience,
    pub azp: Option<String>,
    pub exp: i64,
    pub iat: Option<i64>,
    pub nbf: Option<i64>,
    pub nonce: Option<String>,
    pub at_hash: Option<String>,
    pub email: Option<String>,
    #[serde(default, deserialize_with = "flag")]
    pub email_verified: bool,
    pub name: Option<String>,
}

/// Who a token is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "one text or a list of them")]
pub enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// `true`, or `"true"` as some providers write it. Everything else is not.
fn flag<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value == serde_json::Value::Bool(true) || value == "true")
}

/// The hash that goes with the signature of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenDigest {
    /// Of RS256 and ES256.
    Sha256,
    /// Of EdDSA with Ed25519.
    Sha512,
}

impl TokenDigest {
    /// The left half of the hash of a token.
    fn half(self, token: &str) -> String {
        match self {
            Self::Sha256 => URL_SAFE_NO_PAD.encode(&Sha256::digest(token)[..16]),
            Self::Sha512 => URL_SAFE_NO_PAD.encode(&Sha512::digest(token)[..32]),
        }
    }
}

/// What the claims must be.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedClaims<'a> {
    /// The names of the provider.
    pub issuers: &'a [String],
    /// Who this server is to the provider.
    pub client_id: &'a str,
    /// The nonce of the login; without one, a token that holds a nonce is of some other login.
    pub nonce: Option<&'a LoginNonce>,
    /// The access token that came along, and the hash that the ID token may hold of it.
    pub access_token: Option<(&'a str, TokenDigest)>,
    /// What time it is.
    pub now: Timestamp,
    /// How far the provider's clock may be off.
    pub leeway: Duration,
}

/// Why an ID token is not for this login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimRefusal {
    /// It is of somebody else.
    #[error("the token is of another issuer")]
    Issuer,
    /// It is for somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// It was handed to somebody else.
    #[error("the token was issued to another party")]
    AuthorizedParty,
    /// It is too old.
    #[error("the token has expired")]
    Expired,
    /// It is of the future.
    #[error("the token does not count yet")]
    NotYet,
    /// It is of another login.
    #[error("the token has another nonce")]
    Nonce,
    /// It goes with another access token.
    #[error("the token goes with another access token")]
    AccessToken,
    /// It names nobody.
    #[error("the token has no subject")]
    Subject,
}

impl ExpectedClaims<'_> {
    /// Whether a token is for this login.
    ///
    /// # Errors
    /// The first [`ClaimRefusal`].
    pub fn check(&self, claims: &IdClaims) -> Result<(), ClaimRefusal> {
        if !self.issuers.contains(&claims.iss) {
            return Err(ClaimRefusal::Issuer);
        }
        self.check_audience(claims)?;
        self.check_times(claims)?;
        if !self.is_of_this_login(claims) {
            return Err(ClaimRefusal::Nonce);
        }
        let access = claims.at_hash.as_ref().zip(self.access_token);
        if access.is_some_and(|(hash, (token, digest))| *hash != digest.half(token)) {
            return Err(ClaimRefusal::AccessToken);
        }
        // the bounds of OpenID Connect Core, 2
        let named = (1..=255).contains(&claims.sub.len()) && !claims.sub.chars().any(char::is_control);
        if named { Ok(()) } else { Err(ClaimRefusal::Subject) }
    }

    /// A token for several parties must have been handed to this one. Others that it is also for are not trusted with it.
    fn check_audience(&self, claims: &IdClaims) -> Result<(), ClaimRefusal> {
        let audience = claims.aud.all();
        if !audience.iter().any(|it| it == self.client_id) {
            return Err(ClaimRefusal::Audience);
        }
        let handed_here = claims.azp.as_ref().map_or(audience.len() == 1, |azp| azp == self.client_id);
        if handed_here { Ok(()) } else { Err(ClaimRefusal::AuthorizedParty) }
    }

    fn check_times(&self, claims: &IdClaims) -> Result<(), ClaimRefusal> {
        let (early, late) = (self.now.minus(self.leeway).as_seconds(), self.now.plus(self.leeway).as_seconds());
        if early >= claims.exp {
            return Err(ClaimRefusal::Expired);
        }
        let ahead = [claims.iat, claims.nbf].into_iter().flatten().any(|at| at > late);
        if ahead { Err(ClaimRefusal::NotYet) } else { Ok(()) }
    }

    fn is_of_this_login(&self, claims: &IdClaims) -> bool {
        match (self.nonce, &claims.nonce) {
            (Some(ours), Some(theirs)) => ours.is(theirs),
            (None, None) => true,
            _ => false,
        }
    }
}
