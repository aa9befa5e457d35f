//! What access tokens are signed with.

use std::path::PathBuf;

use chatcore::Timestamp;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::ConfigError;

/// The settings of access tokens as somebody may give them; the table `[jwt]` in the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JwtSettings {
    /// How access tokens are signed: `HS256`, `RS256` or `EdDSA` [default: as the private key is; HS256 without one]
    #[arg(id = "jwt_alg", long = "jwt-alg", env = "CHATCORE_JWT_ALG", value_name = "NAME")]
    pub alg: Option<String>,

    /// The private key that signs access tokens, as PEM (PKCS#8, or PKCS#1 for RSA)
    #[arg(
        id = "jwt_private_key",
        long = "jwt-private-key",
        env = "CHATCORE_JWT_PRIVATE_KEY",
        value_name = "PEM",
        hide_env_values = true
    )]
    pub private_key: Option<SecretString>,

    /// The same in a file
    #[arg(
        id = "jwt_private_key_file",
        long = "jwt-private-key-file",
        env = "CHATCORE_JWT_PRIVATE_KEY_FILE",
        value_name = "FILE"
    )]
    pub private_key_file: Option<PathBuf>,

    /// The public key that belongs to it, as PEM; not needed, but compared if given
    #[arg(id = "jwt_public_key", long = "jwt-public-key", env = "CHATCORE_JWT_PUBLIC_KEY", value_name = "PEM")]
    pub public_key: Option<String>,

    /// The same in a file
    #[arg(
        id = "jwt_public_key_file",
        long = "jwt-public-key-file",
        env = "CHATCORE_JWT_PUBLIC_KEY_FILE",
        value_name = "FILE"
    )]
    pub public_key_file: Option<PathBuf>,

    /// `alg`, as other programs call it
    #[arg(id = "jwt_algorithm", long = "jwt-algorithm", env = "JWT_ALGORITHM", value_name = "NAME", hide = true)]
    #[serde(skip)]
    pub other_alg: Option<String>,

    /// `private_key_file`, as other programs call it
    #[arg(
        id = "jwt_private_key_path",
        long = "jwt-private-key-path",
        env = "JWT_PRIVATE_KEY_PATH",
        value_name = "FILE",
        hide = true
    )]
    #[serde(skip)]
    pub other_private_key_file: Option<PathBuf>,

    /// `public_key_file`, as other programs call it
    #[arg(
        id = "jwt_public_key_path",
        long = "jwt-public-key-path",
        env = "JWT_PUBLIC_KEY_PATH",
        value_name = "FILE",
        hide = true
    )]
    #[serde(skip)]
    pub other_public_key_file: Option<PathBuf>,

    /// Keys that sign no more, but whose tokens are taken for a while; in the file alone
    #[arg(skip)]
    pub retired: Vec<RetiredKey>,
}

/// A key that signs no more: one row of the table `[[jwt.retired]]`, with one of the three.
///
/// ```toml
/// [[jwt.retired]]
/// public_key_file = "keys/2025.pem"     # RSA or Ed25519
/// until = "2026-01-31T00:00:00Z"        # a little more than the lifetime of an access token is enough
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetiredKey {
    /// The public key as PEM.
    pub public_key: Option<String>,
    /// The file with the public key.
    pub public_key_file: Option<PathBuf>,
    /// The environment variable that holds the secret that HS256 tokens came from.
    pub secret_env: Option<String>,
    /// Until when its tokens are taken.
    pub until: Timestamp,
}

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256, with a key that comes from the server's secret.
    Hs256,
    /// RSA (PKCS#1 v1.5) with SHA-256.
    Rs256,
    /// Ed25519.
    EdDsa,
}

/// A key as PEM, here or in a file.
#[derive(Debug, Clone)]
pub enum PemSource {
    /// Here.
    Text(SecretString),
    /// In a file.
    File(PathBuf),
}

/// What access tokens are signed with.
#[derive(Debug, Clone, Default)]
pub struct JwtConfig {
    /// How; as the key is, if nobody says.
    pub algorithm: Option<JwtAlgorithm>,
    /// The key that signs, unless that is the server's secret.
    pub private_key: Option<PemSource>,
    /// The key that must belong to it.
    pub public_key: Option<PemSource>,
    /// Keys that sign no more.
    pub retired: Vec<RetiredKey>,
}

impl JwtSettings {
    /// The same without texts in which there is nothing.
    pub(super) fn without_blanks(mut self) -> Self {
        for text in [&mut self.alg, &mut self.other_alg, &mut self.public_key] {
            text.take_if(|text| text.trim().is_empty());
        }
        self.private_key.take_if(|key| key.expose_secret().trim().is_empty());
        let files = [
            &mut self.private_key_file,
            &mut self.public_key_file,
            &mut self.other_private_key_file,
            &mut self.other_public_key_file,
        ];
        for file in files {
            file.take_if(|file| file.as_os_str().is_empty());
        }
        self
    }

    /// These settings, and those of `other` where these say nothing. Keys come from one of the two, whole: half a pair
    /// from here and half from there would never fit.
    pub(super) fn or(self, other: Self) -> Self {
        let names_a_key = self.private_source().is_some() || self.public_source().is_some();
        let keys = if names_a_key { self.clone() } else { other.clone() };
        Self {
            alg: self.alg.or(self.other_alg).or(other.alg).or(other.other_alg),
            other_alg: None,
            retired: if self.retired.is_empty() { other.retired } else { self.retired },
            ..keys
        }
    }

    fn private_source(&self) -> Option<PemSource> {
        let file = || self.private_key_file.clone().or_else(|| self.other_private_key_file.clone());
        self.private_key.clone().map(PemSource::Text).or_else(|| file().map(PemSource::File))
    }

    fn public_source(&self) -> Option<PemSource> {
        let file = || self.public_key_file.clone().or_else(|| self.other_public_key_file.clone());
        let text = self.public_key.clone().map(|text| PemSource::Text(text.into()));
        text.or_else(|| file().map(PemSource::File))
    }

    pub(super) fn resolve(self) -> Result<JwtConfig, ConfigError> {
        let algorithm = match self.alg.as_ref().or(self.other_alg.as_ref()).map(|name| name.trim()) {
            None => None,
            Some("HS256") => Some(JwtAlgorithm::Hs256),
            Some("RS256") => Some(JwtAlgorithm::Rs256),
            Some("EdDSA") => Some(JwtAlgorithm::EdDsa),
            Some(_) => return Err(ConfigError::Value { name: "jwt.alg", reason: "must be HS256, RS256 or EdDSA" }),
        };
        if self.retired.iter().any(|key| key.sources() != 1) {
            let reason = "needs public_key, public_key_file or secret_env, and one of them only";
            return Err(ConfigError::Value { name: "jwt.retired", reason });
        }
        let (private_key, public_key) = (self.private_source(), self.public_source());
        Ok(JwtConfig { algorithm, private_key, public_key, retired: self.retired })
    }
}

impl RetiredKey {
    fn sources(&self) -> usize {
        [self.public_key.is_some(), self.public_key_file.is_some(), self.secret_env.is_some()]
            .into_iter()
            .filter(|given| *given)
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_from_one_place_whole() {
        let flags = JwtSettings { private_key_file: Some("new.pem".into()), ..JwtSettings::default() };
        let file = JwtSettings {
            alg: Some("EdDSA".into()),
            private_key: Some("old".to_owned().into()),
            public_key_file: Some("old.pub".into()),
            ..JwtSettings::default()
        };
        let config = flags.or(file).resolve().unwrap();
        assert!(matches!(config.private_key, Some(PemSource::File(path)) if path.ends_with("new.pem")));
        assert!(config.public_key.is_none());
        assert_eq!(config.algorithm, Some(JwtAlgorithm::EdDsa));
    }

    #[test]
    fn the_names_of_other_programs_are_understood() {
        let settings = JwtSettings {
            other_alg: Some("RS256".into()),
            other_private_key_file: Some("./keys/private.pem".into()),
            other_public_key_file: Some("./keys/public.pem".into()),
            ..JwtSettings::default()
        };
        let config = settings.without_blanks().or(JwtSettings::default()).resolve().unwrap();
        assert_eq!(config.algorithm, Some(JwtAlgorithm::Rs256));
        assert!(matches!(config.private_key, Some(PemSource::File(_))));
        assert!(matches!(config.public_key, Some(PemSource::File(_))));
    }

    #[test]
    fn other_algorithms_and_half_retired_keys_are_refused() {
        for wrong in ["none", "hs256", "HS512", "ES256", "RS256,HS256"] {
            let settings = JwtSettings { alg: Some(wrong.into()), ..JwtSettings::default() };
            assert!(settings.resolve().unwrap_err().to_string().starts_with("jwt.alg"), "{wrong}");
        }
        let key: RetiredKey = toml::from_str("until = '2026-01-31T00:00:00Z'").unwrap();
        let settings = JwtSettings { retired: vec![key], ..JwtSettings::default() };
        assert!(settings.resolve().unwrap_err().to_string().starts_with("jwt.retired"));
    }
}
