//! The certificate that the server itself shows.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

use super::ConfigError;

/// A certificate as somebody may give it; the table `[tls]` in the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsSettings {
    /// The server's certificate and those between it and a known authority, as PEM; with it the server speaks TLS itself, and
    /// reads both files again when they change [default: none; a proxy in front has it]
    #[arg(id = "tls_cert", long = "tls-cert", env = "CHATCORE_TLS_CERT", value_name = "FILE")]
    pub cert: Option<PathBuf>,

    /// The private key that belongs to it, as PEM
    #[arg(id = "tls_key", long = "tls-key", env = "CHATCORE_TLS_KEY", value_name = "FILE")]
    pub key: Option<PathBuf>,
}

/// A certificate with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// The file with the certificates.
    pub cert: PathBuf,
    /// The file with the key.
    pub key: PathBuf,
}

impl TlsSettings {
    /// The same without files that have no name.
    pub(super) fn without_blanks(mut self) -> Self {
        for file in [&mut self.cert, &mut self.key] {
            file.take_if(|file| file.as_os_str().is_empty());
        }
        self
    }

    /// These settings, or those of `other`: half a pair from here and half from there would never fit.
    pub(super) fn or(self, other: Self) -> Self {
        if self.cert.is_some() || self.key.is_some() { self } else { other }
    }

    pub(super) fn resolve(self) -> Result<Option<TlsConfig>, ConfigError> {
        match (self.cert, self.key) {
            (None, None) => Ok(None),
            (Some(cert), Some(key)) => Ok(Some(TlsConfig { cert, key })),
            (None, _) => Err(ConfigError::Value { name: "tls.cert", reason: "is needed beside tls.key" }),
            (_, None) => Err(ConfigError::Value { name: "tls.key", reason: "is needed beside tls.cert" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pair_is_refused() {
        let of = |cert: &str, key: &str| {
            TlsSettings { cert: Some(cert.into()), key: Some(key.into()) }.without_blanks().resolve()
        };
        assert_eq!(of("", "").unwrap(), None);
        assert!(of("a.pem", "a.key").unwrap().is_some());
        assert!(of("", "a.key").unwrap_err().to_string().starts_with("tls.cert"));
        assert!(of("a.pem", "").unwrap_err().to_string().starts_with("tls.key"));
    }
}
