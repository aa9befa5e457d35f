//! Addresses of stores.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use super::ConfigError;

/// A kind of store and where it is. It is shown without passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A folder.
    Sled(PathBuf),
    /// A database of a server.
    Postgres(DatabaseUrl),
    /// Nothing: it is gone when the process ends.
    Memory,
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Sled(path) => write!(f, "sled:{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
            Self::Memory => f.write_str("memory:"),
        }
    }
}

impl FromStr for StoreUrl {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        // what follows the scheme may hold a password
        let unknown = || ConfigError::Store(text.find(':').map_or(text, |colon| &text[..=colon]).to_owned());
        let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
        match (scheme, path_of(rest)) {
            ("memory", "") | ("sqlite", ":memory:") => Ok(Self::Memory),
            ("sqlite", path) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            ("sled", path) if !path.is_empty() => Ok(Self::Sled(path.into())),
            ("postgres" | "postgresql", _) => Ok(Self::Postgres(text.parse()?)),
            _ => Err(unknown()),
        }
    }
}

/// `sqlite:///data.db` is relative and `sqlite:////data.db` absolute, as others write it.
fn path_of(rest: &str) -> &str {
    rest.strip_prefix("///").or_else(|| rest.strip_prefix("//")).unwrap_or(rest)
}

/// The address of a PostgreSQL database, which may hold a password and shows none.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Box<Url>);

impl DatabaseUrl {
    /// The address with everything that it holds.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for DatabaseUrl {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        text.parse().map(Box::new).map(Self).map_err(ConfigError::Database)
    }
}

/// The server and the database. The user and the parameters, either of which may bring a password, are left out.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme(), self.0.host_str().unwrap_or_default())?;
        if let Some(port) = self.0.port() {
            write!(f, ":{port}")?;
        }
        match self.0.cannot_be_a_base() {
            true => Ok(()),
            false => f.write_str(self.0.path()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_urls() {
        let sqlite = |path: &str| StoreUrl::Sqlite(path.into());
        let sled = |path: &str| StoreUrl::Sled(path.into());
        for (text, url) in [
            ("sqlite:chat.db", sqlite("chat.db")),
            ("sqlite:/var/chat.db", sqlite("/var/chat.db")),
            ("sqlite:///chat.db", sqlite("chat.db")),
            ("sqlite:////var/chat.db", sqlite("/var/chat.db")),
            ("sqlite::memory:", StoreUrl::Memory),
            ("memory:", StoreUrl::Memory),
            ("memory", StoreUrl::Memory),
            ("sled:chat", sled("chat")),
            ("sled:////var/chat", sled("/var/chat")),
        ] {
            assert_eq!(text.parse::<StoreUrl>().unwrap(), url, "{text}");
        }
        for wrong in ["", "sqlite:", "sqlite", "sled:", "sled://", "mysql://x", "chat.db", "postgres:", "postgres://"] {
            let parsed = wrong.parse::<StoreUrl>();
            assert!(parsed.is_err() || wrong.starts_with("postgres"), "{wrong}");
        }
    }

    #[test]
    fn no_password_is_shown() {
        for (text, shown) in [
            ("postgres://ada:hunter2@db.example:5433/chat", "postgres://db.example:5433/chat"),
            ("postgresql://ada:hunter2@db.example/chat?sslmode=require", "postgresql://db.example/chat"),
            ("postgres:///chat?host=/run/postgresql&password=hunter2", "postgres:///chat"),
            ("postgres://ada:hu/nter2@db.example/chat", ""),
            ("postgres:ada:hunter2", "postgres://"),
            ("mysql://ada:hunter2@db.example/chat", ""),
            ("mysql:ada:hunter2", ""),
        ] {
            let all = match text.parse::<StoreUrl>() {
                Ok(url) => {
                    assert_eq!(url.to_string(), shown);
                    format!("{url:?}")
                }
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!all.contains("nter2") && !all.contains("ada"), "{all}");
        }
    }

    #[test]
    fn the_address_of_a_database_is_handed_on_as_it_is() {
        let text = "postgres://ada:hunter2@db.example:5433/chat?sslmode=require";
        assert!(matches!(text.parse::<StoreUrl>().unwrap(), StoreUrl::Postgres(url) if url.expose() == text));
    }
}
