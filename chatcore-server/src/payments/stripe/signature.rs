//! The header `Stripe-Signature`: `t=<seconds>,v1=<hex>,...`, where each `v1` is the HMAC-SHA256 of the time, a dot and the
//! raw body under one of the secrets of the endpoint. There are several while a secret is being rolled; schemes other than
//! `v1` prove nothing.

use chatcore::Timestamp;
use chatcore::billing::gateway::{GatewayError, Signed};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// How far the time of a signature may be from now, before or after, in seconds. Stripe's own libraries have the same, but
/// let any time to come pass, with which a message that leaks could be used for ever.
pub const TOLERANCE: u64 = 300;
/// A header has some hundred bytes; one that is much longer costs time and is none of Stripe's.
const LONGEST_HEADER: usize = 4096;
/// Of so many secrets and signatures each is tried with each.
const MOST_SIGNATURES: usize = 16;

/// There is no secret, or an empty one: whoever knew that could sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("webhooks need secrets that are not empty")]
pub struct NoSecret;

/// Tells messages of Stripe from all others. There is none without a secret, so without one no route can take webhooks.
pub struct Verifier(Vec<SecretString>);

impl Verifier {
    /// One that takes whatever is signed with any of these secrets.
    ///
    /// # Errors
    /// [`NoSecret`] when there is none, or when one is blank.
    pub fn new(secrets: Vec<SecretString>) -> Result<Self, NoSecret> {
        let is_blank = |secret: &SecretString| secret.expose_secret().trim().is_empty();
        if secrets.is_empty() || secrets.iter().any(is_blank) { Err(NoSecret) } else { Ok(Self(secrets)) }
    }

    /// Proves that a message is from Stripe, and of these minutes.
    ///
    /// # Errors
    /// [`GatewayError::NotProven`], without saying why: only somebody who forges would learn from it.
    pub fn prove(&self, message: &Signed<'_>, now: Timestamp) -> Result<(), GatewayError> {
        let header = Header::parse(message.signature).ok_or(GatewayError::NotProven)?;
        let is_recent = header.seconds.abs_diff(now.as_seconds()) <= TOLERANCE;
        // all are tried whatever the first says, each in constant time: how long it takes tells nothing about which fits
        let proven = self.0.iter().fold(false, |proven, secret| proven | header.fits(secret, message.body));
        if proven & is_recent { Ok(()) } else { Err(GatewayError::NotProven) }
    }
}

struct Header<'a> {
    /// As it was signed.
    time: &'a str,
    seconds: i64,
    signatures: Vec<[u8; 32]>,
}

impl<'a> Header<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST_HEADER {
            return None;
        }
        let (mut time, mut signatures) = (None, Vec::new());
        for part in text.split(',') {
            match part.split_once('=')? {
                // of two times one is not what was meant
                ("t", value) if time.is_none() => time = Some(value),
                ("t", _) => return None,
                ("v1", value) if signatures.len() < MOST_SIGNATURES => signatures.extend(bytes(value)),
                ("v1", _) => return None,
                _ => {}
            }
        }
        let time = time.filter(|time| !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit()))?;
        if signatures.is_empty() {
            return None;
        }
        Some(Self { time, seconds: time.parse().ok()?, signatures })
    }

    fn fits(&self, secret: &SecretString, body: &[u8]) -> bool {
        // HMAC takes keys of any length
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return false };
        mac.update(self.time.as_bytes());
        mac.update(b".");
        mac.update(body);
        self.signatures.iter().fold(false, |fits, signature| fits | mac.clone().verify_slice(signature).is_ok())
    }
}

/// The bytes of a signature, if these are the hex digits of one.
fn bytes(hex: &str) -> Option<[u8; 32]> {
    let digit = |at: usize| char::from(*hex.as_bytes().get(at)?).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = digit(2 * at)? << 4 | digit(2 * at + 1)?;
    }
    (hex.len() == 64).then_some(bytes)
}
