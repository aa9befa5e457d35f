//! The keys of the mock. They are made of a number that everybody knows.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// How the mock signs.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Signing {
    #[default]
    EdDsa,
    Es256,
    /// With a key that is not published, under the name of one that is.
    AnotherKey,
    /// With a key that is not published, under its own name.
    UnknownKey,
    /// Under no name.
    Nameless,
    /// Not at all.
    Nothing,
    /// With the published key as if it were a secret.
    PublicKeyAsSecret,
    /// With a header that must be understood.
    Critical,
}

/// PKCS #8 around a private key of 32 bytes.
fn pkcs8(algorithm: Algorithm, seed: u8) -> Vec<u8> {
    let prefix: &[u8] = match algorithm {
        Algorithm::EdDSA => b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20",
        _ => {
            b"\x30\x41\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\
              \x04\x27\x30\x25\x02\x01\x01\x04\x20"
        }
    };
    [prefix, &[seed; 32]].concat()
}

fn key(algorithm: Algorithm, seed: u8) -> EncodingKey {
    let der = pkcs8(algorithm, seed);
    if algorithm == Algorithm::EdDSA { EncodingKey::from_ed_der(&der) } else { EncodingKey::from_ec_der(&der) }
}

fn published(algorithm: Algorithm, seed: u8, id: &str) -> Value {
    let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&key(algorithm, seed), algorithm).unwrap()).unwrap();
    jwk["kid"] = json!(id);
    jwk["use"] = json!("sig");
    jwk
}

/// What the mock publishes: a key of each kind, and kinds that nobody here knows.
pub(crate) fn keys() -> Vec<Value> {
    let (ed, ec) = (published(Algorithm::EdDSA, 1, "ed-1"), published(Algorithm::ES256, 2, "ec-1"));
    vec![json!({"kty": "AKP", "alg": "ML-DSA-44", "kid": "new", "pub": "AA"}), json!("nonsense"), ed, ec]
}

/// The key that is not published.
pub(crate) fn another_key() -> Value {
    published(Algorithm::EdDSA, 3, "ed-2")
}

/// A token with these claims.
pub(crate) fn sign(how: Signing, claims: &Value) -> String {
    let with = |algorithm, seed, id: Option<&str>| {
        let mut header = Header { kid: id.map(str::to_owned), ..Header::new(algorithm) };
        header.crit = (how == Signing::Critical).then(|| vec!["exp".to_owned()]);
        jsonwebtoken::encode(&header, claims, &key(algorithm, seed)).unwrap()
    };
    match how {
        Signing::EdDsa | Signing::Critical => with(Algorithm::EdDSA, 1, Some("ed-1")),
        Signing::Es256 => with(Algorithm::ES256, 2, Some("ec-1")),
        Signing::AnotherKey => with(Algorithm::EdDSA, 3, Some("ed-1")),
        Signing::UnknownKey => with(Algorithm::EdDSA, 3, Some("ed-2")),
        Signing::Nameless => with(Algorithm::EdDSA, 1, None),
        Signing::Nothing => {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(claims))
        }
        Signing::PublicKeyAsSecret => {
            let public = keys()[2]["x"].as_str().unwrap().to_owned();
            let header = Header { kid: Some("ed-1".to_owned()), ..Header::new(Algorithm::HS256) };
            let secret = URL_SAFE_NO_PAD.decode(public).unwrap();
            jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(&secret)).unwrap()
        }
    }
}
