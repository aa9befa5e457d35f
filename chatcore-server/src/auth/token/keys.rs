//! The keys of access tokens: one signs, all that are not retired for good verify.

use std::io;

use chatcore::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::auth::secret::{MasterSecret, SecretError, hex, sign};
use crate::config::{JwtAlgorithm, JwtConfig, PemSource, RetiredKey};

/// RSA keys have at least this many bits (RFC 7518, 3.3).
const MIN_RSA_BITS: usize = 2048;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read.
    #[error("failed to read {path}, a key of access tokens")]
    Read {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is none.
    #[error(
        "{0} needs a private key: set CHATCORE_JWT_PRIVATE_KEY_FILE, made with `openssl genrsa -out private.pem 2048` \
         (or `openssl genpkey -algorithm ed25519 -out private.pem`)"
    )]
    Missing(&'static str),
    /// There is one too many.
    #[error("HS256 signs with the secret of the server and takes no key pair: leave out the keys, or the algorithm")]
    NoPair,
    /// It is of no use.
    #[error("{what} is not {expected}")]
    Unusable {
        /// Which key.
        what: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The two keys do not belong together.
    #[error("the public key of access tokens does not belong to the private key")]
    Mismatch,
    /// Two keys are the same.
    #[error("a key of access tokens is there twice")]
    Twice,
    /// A secret of old days.
    #[error("the variable {0} holds no secret for a retired key")]
    NoSecret(String),
    /// It could be guessed.
    #[error(transparent)]
    Weak(#[from] SecretError),
}

/// The keys of access tokens.
pub struct KeyRing {
    signing: EncodingKey,
    /// The first is that of `signing`.
    verifying: Vec<VerifyingKey>,
}

/// A key that tokens are checked with.
pub(super) struct VerifyingKey {
    kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
    /// The key as others may see it; `None` for one that is secret.
    public: Option<Jwk>,
    until: Option<Timestamp>,
}

impl KeyRing {
    /// The keys that a configuration names, or one that comes from the server's secret.
    ///
    /// # Errors
    /// [`KeyError`]; so weak or mismatched keys keep a server from starting.
    pub fn new(config: &JwtConfig, secret: &MasterSecret) -> Result<Self, KeyError> {
        let (signing, current) = match (config.algorithm, &config.private_key) {
            (None | Some(JwtAlgorithm::Hs256), None) if config.public_key.is_none() => of_secret(secret),
            (Some(JwtAlgorithm::Hs256), _) => return Err(KeyError::NoPair),
            (None, None) => return Err(KeyError::Missing("a public key")),
            (Some(JwtAlgorithm::Rs256), None) => return Err(KeyError::Missing("RS256")),
            (Some(JwtAlgorithm::EdDsa), None) => return Err(KeyError::Missing("EdDSA")),
            (algorithm, Some(source)) => of_private(algorithm, &source.read()?)?,
        };
        if let Some(source) = &config.public_key {
            let public = of_public("the public key of access tokens", &source.read()?, None)?;
            if public.kid != current.kid {
                return Err(KeyError::Mismatch);
            }
        }
        let mut verifying = vec![current];
        for retired in &config.retired {
            let key = of_retired(retired)?;
            if verifying.iter().any(|known| known.kid == key.kid) {
                return Err(KeyError::Twice);
            }
            verifying.push(key);
        }
        Ok(Self { signing, verifying })
    }

    /// The key of that name, if tokens of it are taken now.
    pub(super) fn find(&self, kid: &str, now: Timestamp) -> Option<&VerifyingKey> {
        self.taken(now).find(|key| key.kid == kid)
    }

    /// The public keys whose tokens are taken now.
    pub(super) fn public(&self, now: Timestamp) -> JwkSet {
        JwkSet { keys: self.taken(now).filter_map(|key| key.public.clone()).collect() }
    }

    pub(super) fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, jsonwebtoken::errors::Error> {
        let current = &self.verifying[0];
        let header =
            Header { typ: Some(typ.to_owned()), kid: Some(current.kid.clone()), ..Header::new(current.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.signing)
    }

    fn taken(&self, now: Timestamp) -> impl Iterator<Item = &VerifyingKey> {
        self.verifying.iter().filter(move |key| key.until.is_none_or(|until| now < until))
    }
}

impl PemSource {
    fn read(&self) -> Result<SecretString, KeyError> {
        match self {
            // an environment variable of one line has its line ends written out
            Self::Text(text) => Ok(text.expose_secret().replace("\\n", "\n").into()),
            Self::File(path) => {
                let failed = |source| KeyError::Read { path: path.display().to_string(), source };
                std::fs::read_to_string(path).map(Into::into).map_err(failed)
            }
        }
    }
}

fn of_secret(secret: &MasterSecret) -> (EncodingKey, VerifyingKey) {
    let key = secret.key("access tokens");
    let verifying = VerifyingKey {
        kid: hex(&sign(&key, b"kid")[..8]),
        algorithm: Algorithm::HS256,
        key: DecodingKey::from_secret(&key),
        public: None,
        until: None,
    };
    (EncodingKey::from_secret(&key), verifying)
}

fn of_private(algorithm: Option<JwtAlgorithm>, pem: &SecretString) -> Result<(EncodingKey, VerifyingKey), KeyError> {
    let bytes = pem.expose_secret().as_bytes();
    let rsa = || Some((Algorithm::RS256, EncodingKey::from_rsa_pem(bytes).ok()?));
    let ed = || Some((Algorithm::EdDSA, EncodingKey::from_ed_pem(bytes).ok()?));
    let (found, expected) = match algorithm {
        Some(JwtAlgorithm::Rs256) => (rsa(), "an RSA key of at least 2048 bits as PEM"),
        Some(JwtAlgorithm::EdDsa) => (ed(), "an Ed25519 key as PEM (PKCS#8)"),
        _ => (rsa().or_else(ed), "an RSA key of at least 2048 bits or an Ed25519 key as PEM"),
    };
    let unusable = || KeyError::Unusable { what: "the private key of access tokens", expected };
    let (algorithm, signing) = found.ok_or_else(unusable)?;
    let public = Jwk::from_encoding_key(&signing, algorithm).map_err(|_| unusable())?;
    let verifying = VerifyingKey::public(algorithm, public, None).ok_or_else(unusable)?;
    Ok((signing, verifying))
}

fn of_public(what: &'static str, pem: &SecretString, until: Option<Timestamp>) -> Result<VerifyingKey, KeyError> {
    let text = pem.expose_secret();
    let expected = "a public RSA key of at least 2048 bits or a public Ed25519 key as PEM";
    let unusable = || KeyError::Unusable { what, expected };
    if text.contains("PRIVATE KEY") {
        return Err(unusable());
    }
    let rsa = || Some((Algorithm::RS256, DecodingKey::from_rsa_pem(text.as_bytes()).ok()?));
    let ed = || Some((Algorithm::EdDSA, DecodingKey::from_ed_pem(text.as_bytes()).ok()?));
    let (algorithm, key) = rsa().or_else(ed).ok_or_else(unusable)?;
    let public = Jwk::from_decoding_key(&key, Some(algorithm)).map_err(|_| unusable())?;
    VerifyingKey::public(algorithm, public, until).ok_or_else(unusable)
}

fn of_retired(key: &RetiredKey) -> Result<VerifyingKey, KeyError> {
    if let Some(name) = &key.secret_env {
        let secret = std::env::var(name).map_err(|_| KeyError::NoSecret(name.clone()))?;
        let (_, verifying) = of_secret(&MasterSecret::configured(secret.into())?);
        return Ok(VerifyingKey { until: Some(key.until), ..verifying });
    }
    let text = key.public_key.clone().map(|text| PemSource::Text(text.into()));
    let source = text.or_else(|| key.public_key_file.clone().map(PemSource::File));
    let source = source.ok_or(KeyError::Missing("a retired key"))?;
    of_public("a retired key of access tokens", &source.read()?, Some(key.until))
}

impl VerifyingKey {
    /// A key whose name is its thumbprint (RFC 7638), so that all servers with the key call it the same.
    fn public(algorithm: Algorithm, mut public: Jwk, until: Option<Timestamp>) -> Option<Self> {
        if let AlgorithmParameters::RSA(rsa) = &public.algorithm
            && bits(&rsa.n)? < MIN_RSA_BITS
        {
            return None;
        }
        let kid = public.thumbprint(ThumbprintHash::SHA256).ok()?;
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Some(Self { kid, algorithm, key: DecodingKey::from_jwk(&public).ok()?, public: Some(public), until })
    }
}

/// The length of a number that is written as in a JWK.
fn bits(number: &str) -> Option<usize> {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(number).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    let zeros = usize::try_from(bytes[first].leading_zeros()).ok()?;
    Some((bytes.len() - first) * 8 - zeros)
}
