//! The one secret of a server, and the keys that are derived from it, one for each use.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// A secret is at least this long.
const MIN_CHARS: usize = 32;
/// What examples in documents have in them, and random texts do not.
const EXAMPLES: [&str; 14] = [
    "change",
    "secret",
    "example",
    "your-",
    "your_",
    "password",
    "passwd",
    "insecure",
    "default",
    "placeholder",
    "replace",
    "todo",
    "1234567890",
    "abcdefgh",
];
/// A secret that only repeats something of up to this many characters is as good as that.
const LONGEST_PERIOD: usize = 16;

/// What everything that this server signs is signed with.
#[derive(Debug, Clone)]
pub struct MasterSecret(SecretString);

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It could be guessed.
    #[error(
        "the secret must have at least {MIN_CHARS} characters, and not be an example; here is a fresh one: {fresh}"
    )]
    Weak {
        /// One to copy.
        fresh: String,
    },
    /// The file beside the data cannot be used.
    #[error("failed to keep the secret in {path}")]
    File {
        /// Where.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The operating system gives no random bytes.
    #[error("failed to get random bytes from the operating system")]
    Random,
}

impl MasterSecret {
    /// The secret that the configuration names.
    ///
    /// # Errors
    /// [`SecretError::Weak`] when it is short, repeats itself, or is one that documents print.
    pub fn configured(secret: SecretString) -> Result<Self, SecretError> {
        let text = secret.expose_secret().trim();
        let lower = text.to_lowercase();
        let example = EXAMPLES.iter().any(|word| lower.contains(word));
        if text.chars().count() < MIN_CHARS || example || repeats(text) {
            return Err(SecretError::Weak { fresh: random_hex()? });
        }
        Ok(Self(secret))
    }

    /// The secret that is kept in a file beside the data; made, for nobody else to read, when there is none.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn kept(path: &Path) -> Result<Self, SecretError> {
        let failed = |source| SecretError::File { path: path.display().to_string(), source };
        match std::fs::read_to_string(path) {
            Ok(text) => Self::configured(text.trim().to_owned().into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let fresh = random_hex()?;
                create_private(path, &fresh).map_err(failed)?;
                Ok(Self(fresh.into()))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// A secret that is gone when the process ends.
    ///
    /// # Errors
    /// [`SecretError::Random`].
    pub fn ephemeral() -> Result<Self, SecretError> {
        Ok(Self(random_hex()?.into()))
    }

    /// The key for one use.
    #[must_use]
    pub fn key(&self, usage: &str) -> [u8; 32] {
        sign(self.0.expose_secret().as_bytes(), usage.as_bytes())
    }
}

/// Whether a text is a short one again and again.
fn repeats(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=LONGEST_PERIOD).any(|period| bytes.iter().zip(bytes.iter().skip(period)).all(|(one, other)| one == other))
}

/// HMAC-SHA256.
pub(super) fn sign(key: &[u8], message: &[u8]) -> [u8; 32] {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(message);
            mac.finalize().into_bytes().into()
        }
        // HMAC takes keys of any length
        Err(_) => unreachable!("HMAC takes keys of any length"),
    }
}

/// Bytes as lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn random_hex() -> Result<String, SecretError> {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| SecretError::Random)?;
    Ok(hex(&bytes))
}

fn create_private(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // whole or not at all: a crash in between leaves no half of a secret
    let draft = path.with_added_extension("new");
    let _ = std::fs::remove_file(&draft);
    let mut file = options.open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_secrets_are_refused_and_a_fresh_one_is_offered() {
        let hex = random_hex().unwrap();
        let weak = [
            "",
            "short",
            "secret",
            "changeme",
            " ",
            &" ".repeat(40),
            &hex[..31],
            &"a".repeat(64),
            &"0123456789abcdef".repeat(4),
            &hex[..8].repeat(5),
            "please-change-this-secret-please-now-1234",
            "correct-horse-PASSWORD-battery-staple-77",
            "django-insecure-9x2k4m6n8p0q1r3s5t7u9v1w3x5y7z",
            // what documents of other chat servers print
            "your-secret-key-here",
            "your-sentx-api-key",
            "your-secret-abfuscator-key",
            "your_secure_django_secret_key",
            "chatplatform_password",
            "chatplatform_redis_password",
            "admin123",
        ];
        for weak in weak {
            let refused = MasterSecret::configured(weak.to_owned().into());
            assert!(matches!(refused, Err(SecretError::Weak { fresh }) if fresh.len() == 64), "{weak}");
        }
        assert!(MasterSecret::configured(random_hex().unwrap().into()).is_ok());
    }

    #[test]
    fn a_kept_secret_stays_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/secret");
        let first = MasterSecret::kept(&path).unwrap();
        assert_eq!(first.key("x"), MasterSecret::kept(&path).unwrap().key("x"));
        assert_ne!(first.key("x"), first.key("y"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(!format!("{first:?}").contains(&std::fs::read_to_string(&path).unwrap()));
    }
}
