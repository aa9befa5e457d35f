//! Codes that work once: made, and used.

use std::time::Duration;

use super::{Accounts, hex};
use crate::account::challenge::{
    Challenge, ChallengeKind, ForgetChallenges, IssueChallenge, MAX_PAYLOAD_BYTES, TakeChallenge,
};
use crate::account::session::TokenHash;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::UserId;
use crate::store::{Batch, Record};

/// A code to be made.
#[derive(Debug, Clone)]
pub struct NewCode {
    /// What it is for.
    pub kind: ChallengeKind,
    /// What is to be known again when it is used: at most [`MAX_PAYLOAD_BYTES`], no secrets of others.
    pub payload: String,
    /// Whose it is, if it is somebody's. Whatever ends all their sessions makes it void.
    pub user: Option<UserId>,
    /// What only the browser that asks for it has, a cookie say. It works there alone.
    pub binding: Option<String>,
    /// How long it works; as is usual for its kind, if not said.
    pub lifetime: Option<Duration>,
    /// The code, if something that has to hold it was made before: at least 128 random bits. Made here otherwise.
    pub code: Option<String>,
}

impl NewCode {
    /// A code of a kind that is nobody's.
    #[must_use]
    pub fn new(kind: ChallengeKind, payload: impl Into<String>) -> Self {
        Self { kind, payload: payload.into(), user: None, binding: None, lifetime: None, code: None }
    }

    /// For a user.
    #[must_use]
    pub fn of(self, user: UserId) -> Self {
        Self { user: Some(user), ..self }
    }

    /// For one browser.
    #[must_use]
    pub fn bound_to(self, binding: &str) -> Self {
        Self { binding: Some(binding.to_owned()), ..self }
    }

    /// With a code that was made before, see [`Self::code`].
    #[must_use]
    pub fn named(self, code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..self }
    }
}

/// A code that was made. It is shown once, and does not print itself.
#[derive(Clone)]
pub struct IssuedCode {
    /// The code: forty hexadecimal digits, unless it was made elsewhere.
    pub code: String,
    /// When it is void.
    pub expires_at: Timestamp,
}

/// That a code was used, which happens once: evidence that whoever came had it. Only [`Accounts::take`] makes one, and it
/// cannot be copied.
#[derive(Debug)]
pub struct Taken {
    pub(super) kind: ChallengeKind,
    pub(super) payload: String,
    pub(super) user: Option<UserId>,
    pub(super) at: Timestamp,
}

impl Taken {
    /// What was to be known again.
    #[must_use]
    pub fn payload(&self) -> &str {
        &self.payload
    }

    /// Whose code it was.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        self.user
    }
}

/// Codes that are removed together.
const STEP: usize = 200;

impl Accounts {
    /// Makes a code.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the payload is too large; [`Error::Unauthenticated`] when the user is not active.
    pub async fn issue(&self, new: NewCode) -> Result<IssuedCode, Error> {
        let (change, code) = self.code(new)?;
        self.store.commit(Batch::of(change)).await?;
        Ok(code)
    }

    /// A code with the change that makes it.
    pub(super) fn code(&self, new: NewCode) -> Result<(IssueChallenge, IssuedCode), Error> {
        let NewCode { kind, payload, user, binding, lifetime, code } = new;
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(Error::invalid("payload", format!("must have at most {MAX_PAYLOAD_BYTES} bytes")));
        }
        let code = code.unwrap_or_else(|| self.secret("code", &self.ids.random()));
        let created_at = self.clock.now();
        let challenge = Challenge {
            hash: self.tokens.hash(&code),
            kind,
            payload,
            user,
            epoch: None,
            binding: binding.map(|binding| self.tokens.hash(&binding)),
            created_at,
            expires_at: created_at.plus(lifetime.unwrap_or(kind.lifetime())),
        };
        let expires_at = challenge.expires_at;
        Ok((IssueChallenge { challenge }, IssuedCode { code, expires_at }))
    }

    /// Forty digits for a purpose, 160 bits.
    pub(super) fn secret(&self, purpose: &str, input: &[u8]) -> String {
        hex(self.tokens.derive(purpose, input).split_at(20).0)
    }

    /// Uses a code. Of many that use one at once, one gets through.
    ///
    /// # Errors
    /// [`Error::InvalidCode`], whatever is wrong with it.
    pub async fn take(&self, kind: ChallengeKind, code: &str, binding: Option<&str>) -> Result<Taken, Error> {
        let found = self.known(&[kind], code).await?;
        let take = self.taking(&[kind], found.hash, binding);
        let at = take.at;
        self.store.commit(Batch::of(take)).await?;
        Ok(Taken { kind, payload: found.payload, user: found.user, at })
    }

    /// A code as it is stored. Whether it works shows when it is used.
    pub(super) async fn known(&self, kinds: &[ChallengeKind], code: &str) -> Result<Challenge, Error> {
        let found = self.store.challenge(self.tokens.hash(code)).await?;
        found.filter(|found| kinds.contains(&found.kind)).ok_or(Error::InvalidCode)
    }

    /// The change that uses a code.
    pub(super) fn taking(&self, kinds: &[ChallengeKind], hash: TokenHash, binding: Option<&str>) -> TakeChallenge {
        let binding = binding.map(|binding| self.tokens.hash(binding));
        TakeChallenge { hash, kinds: kinds.to_vec(), binding, at: self.clock.now() }
    }

    /// Removes codes that have expired, in bounded batches. Returns how many.
    ///
    /// # Errors
    /// [`Error::Store`]; the rest is done another time.
    pub async fn tidy(&self) -> Result<usize, Error> {
        let (now, mut gone) = (self.clock.now(), 0);
        loop {
            let expired = self.store.expired_challenges(now, STEP).await?;
            if expired.is_empty() {
                return Ok(gone);
            }
            gone += expired.len();
            let hashes = expired.iter().map(Challenge::key).collect();
            self.store.commit(Batch::of(ForgetChallenges { hashes, at: now })).await?;
        }
    }
}
