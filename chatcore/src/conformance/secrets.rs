//! Secrets that everybody can compute, and passwords that are their own hashes.

use async_trait::async_trait;

use crate::account::{PasswordHasher, TokenHash, TokenSecrets};
use crate::error::Error;
use crate::id::SessionId;
use crate::once::Fingerprint;

pub(super) struct Plain;

impl TokenSecrets for Plain {
    fn token(&self, session: SessionId, generation: u64) -> String {
        format!("{session} {generation}")
    }

    fn parse(&self, token: &str) -> Option<(SessionId, u64)> {
        let (session, generation) = token.split_once(' ')?;
        Some((session.parse().ok()?, generation.parse().ok()?))
    }

    fn hash(&self, token: &str) -> TokenHash {
        TokenHash(Fingerprint::of([token]).0)
    }

    fn derive(&self, purpose: &str, input: &[u8]) -> [u8; 32] {
        Fingerprint::of([purpose.as_bytes(), input]).0
    }
}

#[async_trait]
impl PasswordHasher for Plain {
    async fn hash(&self, password: &str) -> Result<String, Error> {
        Ok(password.to_owned())
    }

    async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Error> {
        Ok(hash == Some(password))
    }
}
