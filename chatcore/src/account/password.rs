//! Which passwords, names and addresses are taken.

use async_trait::async_trait;

use super::user::IdentityKey;
use crate::error::Error;

/// What a password must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Characters at least.
    pub min_chars: usize,
}

impl Default for PasswordPolicy {
    /// Twelve characters, of any kind: length counts, composition does not (NIST 800-63B).
    fn default() -> Self {
        Self { min_chars: 12 }
    }
}

/// Nobody needs more, and hashing it takes time.
const MAX_CHARS: usize = 256;

/// Passwords that everybody tries first. Those that are shorter than any policy allows are left out.
const COMMON: &str = include_str!("common_passwords.txt");

impl PasswordPolicy {
    /// Refuses a password that is too short, too long, widely used, a single pattern, or one of the user's own names.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field `password`.
    pub fn check(&self, password: &str, names: &[&str]) -> Result<(), Error> {
        let refuse = |reason: String| Err(Error::invalid("password", reason));
        let chars = password.chars().count();
        if chars < self.min_chars {
            return refuse(format!("must have at least {} characters", self.min_chars));
        }
        if chars > MAX_CHARS {
            return refuse(format!("must have at most {MAX_CHARS} characters"));
        }
        let lower = password.to_lowercase();
        if COMMON.lines().any(|common| common == lower) || is_pattern(&lower) {
            return refuse("is too common".to_owned());
        }
        if names.iter().any(|name| IdentityKey::canonical(name) == lower) {
            return refuse("must not be your name or address".to_owned());
        }
        Ok(())
    }
}

/// Whether a text only repeats a few characters (`aaaaaaaaaaaa`, `abcabcabcabc`) or counts (`123456789012`).
fn is_pattern(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let repeats = (1..=4).any(|period| letters.iter().zip(letters.iter().skip(period)).all(|(a, b)| a == b));
    let steps = |step: i64| {
        letters.windows(2).all(|pair| {
            let distance = i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
            distance == step || (pair[0] == '9' && pair[1] == '0') || (pair[0] == '0' && pair[1] == '9')
        })
    };
    repeats || steps(1) || steps(-1)
}

/// A name to sign in with: 3 to 64 letters, digits, `.`, `_` or `-`.
///
/// # Errors
/// [`Error::Invalid`] with the field `username`.
pub fn check_username(name: &str) -> Result<(), Error> {
    let chars = name.chars().count();
    let allowed = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '+');
    if !(3..=64).contains(&chars) || !name.chars().all(allowed) {
        return Err(Error::invalid("username", "must have 3 to 64 letters, digits, dots, dashes or underscores"));
    }
    Ok(())
}

/// An address: something, one `@`, something; whether anybody reads it shows when they are written to.
///
/// # Errors
/// [`Error::Invalid`] with the field `email`.
pub fn check_email(address: &str) -> Result<(), Error> {
    let odd = |letter: char| letter.is_whitespace() || letter.is_control();
    let halves = address.split_once('@').filter(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !domain.starts_with('.')
    });
    if address.len() > 254 || address.chars().any(odd) || halves.is_none() {
        return Err(Error::invalid("email", "is not an e-mail address"));
    }
    Ok(())
}

/// Hashes passwords. It is slow on purpose, so it does not run on the threads that serve requests, and only so many run
/// at once.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// The hash of a new password, in PHC form.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when too many wait.
    async fn hash(&self, password: &str) -> Result<String, Error>;

    /// Whether the password has that hash. With `None` it takes as long and answers `false`, so that nobody learns from
    /// the time which names exist.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when too many wait.
    async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Error>;

    /// Whether a hash is as [`Self::hash`] makes them. One that is not came from elsewhere; whoever shows its password
    /// gets a new one.
    fn is_current(&self, _hash: &str) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_short_and_own_names_are_refused() {
        let policy = PasswordPolicy::default();
        for weak in
            ["short", "password1234", "PassWord1234", "aaaaaaaaaaaa", "abcabcabcabc", "123456789012", "ann@example.com"]
        {
            assert!(policy.check(weak, &["ann@example.com"]).is_err(), "{weak}");
        }
        for strong in ["correct horse battery", "ünïcödé is fine", "9f8a7b6c5d4e"] {
            assert!(policy.check(strong, &["ann"]).is_ok(), "{strong}");
        }
        assert!(policy.check(&"x y".repeat(200), &[]).is_err(), "too long");
    }

    #[test]
    fn names_and_addresses() {
        for good in ["ann", "Ann-Marie_2", "jürgen"] {
            assert!(check_username(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", "a b c", "a@b", &"x".repeat(65)] {
            assert!(check_username(bad).is_err(), "{bad}");
        }
        for good in ["ann@example.com", "a+b@localhost"] {
            assert!(check_email(good).is_ok(), "{good}");
        }
        for bad in ["", "ann", "@x", "ann@", "a b@x", "a@b@c", "a@.x", "a\0@b.c"] {
            assert!(check_email(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_list_is_clean() {
        for line in COMMON.lines() {
            assert_eq!(line, line.trim().to_lowercase(), "{line}");
            assert!(line.chars().count() >= 8, "{line}");
        }
    }
}
