//! Argon2id, and what Django made; off the threads that serve requests, a few at a time.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chatcore::Error;
use chatcore::account::PasswordHasher;
use sha2::Sha256;
use tokio::sync::Semaphore;

/// Hashes with argon2id: 19 MiB, two passes, one lane, the minimum that OWASP names.
pub struct Argon2Hasher {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// What a password is compared with when there is nothing to compare it with.
    decoy: String,
}

/// How a hash of Django begins that was brought from another system.
const DJANGO: &str = "pbkdf2_sha256$";
/// More than any release of Django has; a hash with more would keep the server busy.
const MOST_ITERATIONS: u32 = 3_000_000;

/// For each hash that runs this many may wait.
const WAITING: usize = 16;

impl Argon2Hasher {
    /// A hasher that runs at most `at_once` hashes.
    ///
    /// # Errors
    /// When hashing does not work at all.
    pub fn new(at_once: usize) -> Result<Self, Error> {
        let at_once = at_once.max(1);
        let decoy = hash("nobody has this password")?;
        Ok(Self {
            running: Arc::new(Semaphore::new(at_once)),
            waiting: Arc::new(Semaphore::new(at_once * (WAITING + 1))),
            decoy,
        })
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let place = self.waiting.clone().try_acquire_owned().map_err(|_| Error::Overloaded)?;
        let turn = self.running.clone().acquire_owned().await.map_err(|_| Error::Overloaded)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            // held until the work is done, even if nobody waits for it any more
            drop((turn, place));
            done
        });
        done.await.map_err(|_| Error::Overloaded)
    }
}

fn hash(password: &str) -> Result<String, Error> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|_| Error::invalid("password", "cannot be hashed"))
}

fn is_right(password: &str, hash: &str) -> bool {
    match hash.strip_prefix(DJANGO) {
        Some(hash) => is_django(password, hash).unwrap_or(false),
        None => {
            let parsed = PasswordHash::new(hash);
            parsed.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        }
    }
}

/// Whether a password has a hash of Django: `<iterations>$<salt>$<PBKDF2-HMAC-SHA256 in base64>`.
fn is_django(password: &str, hash: &str) -> Option<bool> {
    let mut parts = hash.split('$');
    let (iterations, salt, hash) = (parts.next()?.parse::<u32>().ok()?, parts.next()?, parts.next()?);
    let hash = STANDARD.decode(hash).ok()?;
    if !(1..=MOST_ITERATIONS).contains(&iterations) || hash.len() != 32 || parts.next().is_some() {
        return Some(false);
    }
    let made = pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password.as_bytes(), salt.as_bytes(), iterations);
    // all bytes are compared whatever the first ones say
    Some(made.iter().zip(&hash).fold(0, |differ, (one, other)| differ | (one ^ other)) == 0)
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: &str) -> Result<String, Error> {
        let password = password.to_owned();
        self.run(move || hash(&password)).await?
    }

    async fn verify(&self, password: &str, known: Option<&str>) -> Result<bool, Error> {
        let password = password.to_owned();
        // an account without a password, or with a hash of nobody knows what, takes as long as one that is not there
        let known = known.filter(|hash| hash.starts_with(DJANGO) || PasswordHash::new(hash).is_ok());
        let against = known.unwrap_or(&self.decoy).to_owned();
        let known = known.is_some();
        self.run(move || is_right(&password, &against) && known).await
    }

    fn is_current(&self, hash: &str) -> bool {
        !hash.starts_with(DJANGO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let hasher = Argon2Hasher::new(2).unwrap();
        let hash = hasher.hash("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify("correct horse battery", Some(&hash)).await.unwrap());
        assert!(!hasher.verify("Correct horse battery", Some(&hash)).await.unwrap());
        assert!(!hasher.verify("nobody has this password", None).await.unwrap());
        assert!(!hasher.verify("x", Some("not a hash")).await.unwrap());
    }

    /// As Django itself made it: `make_password("testpass123", "seasalt", PBKDF2PasswordHasher)`, with few iterations.
    #[tokio::test]
    async fn hashes_of_django_are_taken_and_not_kept() {
        let hasher = Argon2Hasher::new(2).unwrap();
        let hash = "pbkdf2_sha256$1000$seasalt$Ayz7xC3X/89mRBKzids/wgkYbg5MfZElY8QNm7ghMdI=";
        assert!(hasher.verify("testpass123", Some(hash)).await.unwrap());
        assert!(!hasher.verify("testpass124", Some(hash)).await.unwrap());
        assert!(!hasher.is_current(hash) && hasher.is_current("$argon2id$v=19$m=19456,t=2,p=1$x$y"));
        for broken in
            ["pbkdf2_sha256$", "pbkdf2_sha256$0$a$", "pbkdf2_sha256$4000000000$a$b", "pbkdf2_sha256$1$a$YQ==", "!"]
        {
            assert!(!hasher.verify("testpass123", Some(broken)).await.unwrap(), "{broken}");
        }
    }

    #[tokio::test]
    async fn too_many_at_once_are_turned_away() {
        let hasher = Arc::new(Argon2Hasher::new(1).unwrap());
        let many = (0..60).map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.verify("x", None).await })
        });
        let answers = futures::future::join_all(many).await;
        let refused = answers.iter().filter(|answer| matches!(answer, Ok(Err(Error::Overloaded)))).count();
        assert_eq!(refused, 60 - WAITING - 1);
        assert!(!hasher.verify("x", None).await.unwrap(), "and room again afterwards");
    }
}
