//! What a server is told: flags before environment variables before `.env` before `chatcore.toml`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use secrecy::SecretString;
use serde::Deserialize;

/// The settings as somebody may give them.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address to listen on [default: 127.0.0.1:8000]
    #[arg(long, env = "CHATCORE_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<String>,

    /// Where everything is kept: `sqlite:<path>` or `memory:` [default: sqlite:chatcore-data/chatcore.db]
    #[arg(long, env = "CHATCORE_STORE", value_name = "URL")]
    pub store: Option<String>,

    /// The same, as other programs call it
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide = true)]
    pub database_url: Option<String>,

    /// What tokens are signed with: at least 32 characters; generated and kept beside the data if not given
    #[arg(long, env = "CHATCORE_SECRET", value_name = "TEXT", hide_env_values = true)]
    pub secret: Option<SecretString>,

    /// How browsers reach the server; with https:// cookies are bound to it
    #[arg(long, env = "CHATCORE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Key of the OpenAI API, or of a server that speaks it
    #[arg(long, env = "OPENAI_API_KEY", value_name = "KEY", hide_env_values = true)]
    pub openai_api_key: Option<SecretString>,

    /// Address of the OpenAI API, or of a server that speaks it (Ollama, vLLM, ...)
    #[arg(long, env = "OPENAI_BASE_URL", value_name = "URL")]
    pub openai_base_url: Option<String>,

    /// The model that answers; if not given, all that the server offers
    #[arg(long, env = "OPENAI_DEFAULT_MODEL", value_name = "NAME")]
    pub openai_default_model: Option<String>,

    /// Pause of the offline models between two words, in milliseconds [default: 15]
    #[arg(long, env = "CHATCORE_OFFLINE_DELAY_MS", value_name = "MS")]
    pub offline_delay_ms: Option<u64>,

    /// How long an access token lasts, in seconds [default: 900]
    #[arg(long, env = "CHATCORE_ACCESS_TOKEN_SECONDS", value_name = "SECONDS")]
    pub access_token_seconds: Option<u64>,

    /// Largest request body in bytes [default: 2097152]
    #[arg(long, env = "CHATCORE_MAX_BODY_BYTES", value_name = "BYTES")]
    pub max_body_bytes: Option<usize>,

    /// How long a request may take to send its headers, in seconds [default: 10]
    #[arg(long, env = "CHATCORE_HEADER_SECONDS", value_name = "SECONDS")]
    pub header_seconds: Option<u64>,

    /// Connections at once [default: 10000]
    #[arg(long, env = "CHATCORE_MAX_CONNECTIONS", value_name = "COUNT")]
    pub max_connections: Option<usize>,

    /// How long answers may go on when the server is asked to end, in seconds [default: 10]
    #[arg(long, env = "CHATCORE_DRAIN_SECONDS", value_name = "SECONDS")]
    pub drain_seconds: Option<u64>,
}

/// The settings as they are.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address to listen on.
    pub listen: String,
    /// Where everything is kept.
    pub store: StoreUrl,
    /// What tokens are signed with.
    pub secret: Option<SecretString>,
    /// How browsers reach the server.
    pub public_url: Option<String>,
    /// The OpenAI-compatible server.
    pub openai: Option<OpenAiConfig>,
    /// Pause of the offline models between two words.
    pub offline_delay: Duration,
    /// How long an access token lasts.
    pub access_token_lifetime: Duration,
    /// Largest request body in bytes.
    pub max_body_bytes: usize,
    /// How long a request may take to send its headers.
    pub header_timeout: Duration,
    /// Connections at once.
    pub max_connections: usize,
    /// How long answers may go on when the server is asked to end.
    pub drain: Duration,
}

/// An OpenAI-compatible server.
#[derive(Debug, Clone)]
pub struct OpenAiConfig {
    /// Its key.
    pub api_key: Option<SecretString>,
    /// Its address.
    pub base_url: String,
    /// The model that answers.
    pub default_model: Option<String>,
}

/// A kind of store and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A file.
    Sqlite(PathBuf),
    /// Nothing: it is gone when the process ends.
    Memory,
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Memory => f.write_str("memory:"),
        }
    }
}

/// Settings that make no sense.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("failed to read {path}")]
    Read {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{path} is not a valid configuration: {reason}")]
    File {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// A value makes no sense.
    #[error("{name} {reason}")]
    Value {
        /// Which setting.
        name: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The store is of no known kind.
    #[error("`{0}` is not a store: use sqlite:<path> or memory:")]
    Store(String),
}

impl std::str::FromStr for StoreUrl {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        // what follows the scheme may hold a password
        let unknown = || ConfigError::Store(text.split("//").next().unwrap_or_default().to_owned());
        if text == "memory:" || text == "memory" {
            return Ok(Self::Memory);
        }
        let path = text.strip_prefix("sqlite:").ok_or_else(unknown)?;
        // sqlite:///data.db is relative and sqlite:////data.db absolute, as others write it
        let path = path.strip_prefix("///").unwrap_or_else(|| path.strip_prefix("//").unwrap_or(path));
        match path {
            "" => Err(unknown()),
            ":memory:" => Ok(Self::Memory),
            path => Ok(Self::Sqlite(PathBuf::from(path))),
        }
    }
}

impl Settings {
    /// The settings in a file.
    ///
    /// # Errors
    /// [`ConfigError`] when there is no such file or it is not valid.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: name.clone(), source })?;
        // the parser's own message quotes the line, which may hold a secret
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start].lines().count().max(1));
            ConfigError::File { path: name, reason: format!("{} (near line {line})", error.message()) }
        })
    }

    /// These settings, and those of `other` where these say nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            listen: self.listen.or(other.listen),
            store: self.store.or(other.store),
            database_url: self.database_url.or(other.database_url),
            secret: self.secret.or(other.secret),
            public_url: self.public_url.or(other.public_url),
            openai_api_key: self.openai_api_key.or(other.openai_api_key),
            openai_base_url: self.openai_base_url.or(other.openai_base_url),
            openai_default_model: self.openai_default_model.or(other.openai_default_model),
            offline_delay_ms: self.offline_delay_ms.or(other.offline_delay_ms),
            access_token_seconds: self.access_token_seconds.or(other.access_token_seconds),
            max_body_bytes: self.max_body_bytes.or(other.max_body_bytes),
            header_seconds: self.header_seconds.or(other.header_seconds),
            max_connections: self.max_connections.or(other.max_connections),
            drain_seconds: self.drain_seconds.or(other.drain_seconds),
        }
    }

    /// The configuration, with defaults for what nobody said.
    ///
    /// # Errors
    /// [`ConfigError`] when something makes no sense.
    pub fn resolve(self) -> Result<Config, ConfigError> {
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let positive = |name, value: Option<u64>| match value {
            Some(0) => Err(ConfigError::Value { name, reason: "must be at least 1" }),
            _ => Ok(()),
        };
        positive("header_seconds", self.header_seconds)?;
        positive("max_body_bytes", self.max_body_bytes.map(|bytes| u64::try_from(bytes).unwrap_or(u64::MAX)))?;
        positive("max_connections", self.max_connections.map(|count| u64::try_from(count).unwrap_or(u64::MAX)))?;
        let url = given(self.public_url.clone());
        if url.is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            return Err(ConfigError::Value { name: "public_url", reason: "must begin with http:// or https://" });
        }
        let store = given(self.store).or(given(self.database_url));
        let base_url = given(self.openai_base_url);
        let openai = (base_url.is_some() || self.openai_api_key.is_some()).then(|| OpenAiConfig {
            api_key: self.openai_api_key,
            base_url: base_url.unwrap_or_else(|| "https://api.openai.com/v1".to_owned()),
            default_model: given(self.openai_default_model),
        });
        Ok(Config {
            listen: given(self.listen).unwrap_or_else(|| "127.0.0.1:8000".to_owned()),
            store: store.as_deref().unwrap_or("sqlite:chatcore-data/chatcore.db").parse()?,
            secret: self.secret,
            public_url: given(self.public_url),
            openai,
            offline_delay: Duration::from_millis(self.offline_delay_ms.unwrap_or(15)),
            access_token_lifetime: Duration::from_secs(self.access_token_seconds.unwrap_or(900)),
            max_body_bytes: self.max_body_bytes.unwrap_or(2 * 1024 * 1024),
            header_timeout: Duration::from_secs(self.header_seconds.unwrap_or(10)),
            max_connections: self.max_connections.unwrap_or(10_000),
            drain: Duration::from_secs(self.drain_seconds.unwrap_or(10)),
        })
    }
}

impl Config {
    /// Whether browsers reach the server by HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_urls() {
        let sqlite = |path: &str| StoreUrl::Sqlite(path.into());
        for (text, url) in [
            ("sqlite:chat.db", sqlite("chat.db")),
            ("sqlite:/var/chat.db", sqlite("/var/chat.db")),
            ("sqlite:///chat.db", sqlite("chat.db")),
            ("sqlite:////var/chat.db", sqlite("/var/chat.db")),
            ("sqlite::memory:", StoreUrl::Memory),
            ("memory:", StoreUrl::Memory),
        ] {
            assert_eq!(text.parse::<StoreUrl>().unwrap(), url, "{text}");
        }
        for wrong in ["", "sqlite:", "mysql://x", "chat.db"] {
            assert!(wrong.parse::<StoreUrl>().is_err(), "{wrong}");
        }
        let error = "mysql://user:hunter2@host/db".parse::<StoreUrl>().unwrap_err();
        assert!(!error.to_string().contains("@host"), "{error}");
    }

    #[test]
    fn what_comes_first_counts_and_empty_is_nothing() {
        let flag = Settings { listen: Some("127.0.0.1:1".into()), store: Some(String::new()), ..Settings::default() };
        let file = Settings { listen: Some("127.0.0.1:2".into()), drain_seconds: Some(3), ..Settings::default() };
        let config = flag.or(file).resolve().unwrap();
        assert_eq!(config.listen, "127.0.0.1:1");
        assert_eq!(config.drain, Duration::from_secs(3));
        assert_eq!(config.store, StoreUrl::Sqlite("chatcore-data/chatcore.db".into()));
        assert!(config.openai.is_none());
    }

    #[test]
    fn values_that_make_no_sense_are_refused_by_name() {
        for (wrong, name) in [
            (Settings { max_body_bytes: Some(0), ..Settings::default() }, "max_body_bytes"),
            (Settings { max_connections: Some(0), ..Settings::default() }, "max_connections"),
            (Settings { header_seconds: Some(0), ..Settings::default() }, "header_seconds"),
            (Settings { public_url: Some("example.org".into()), ..Settings::default() }, "public_url"),
        ] {
            assert!(wrong.resolve().unwrap_err().to_string().starts_with(name), "{name}");
        }
        let fine = Settings { public_url: Some("https://example.org".into()), ..Settings::default() };
        assert!(fine.resolve().unwrap().is_https());
    }

    #[test]
    fn a_broken_file_is_told_without_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatcore.toml");
        std::fs::write(&path, "listen = \"x\"\nsecret = hunter2hunter2\n").unwrap();
        let error = Settings::from_file(&path).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
        std::fs::write(&path, "listne = \"x\"\n").unwrap();
        assert!(Settings::from_file(&path).unwrap_err().to_string().contains("listne"));
    }
}
