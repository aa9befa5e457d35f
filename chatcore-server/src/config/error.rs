//! What makes no sense about settings.

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
    /// A text cannot be read.
    #[error("{name}: {reason}")]
    Text {
        /// Which setting.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A model of the table makes no sense.
    #[error("model `{id}` {reason}")]
    Model {
        /// Which.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A provider at which people may sign in makes no sense.
    #[error("oauth provider `{name}` {reason}")]
    OAuth {
        /// Which.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The store is of no known kind.
    #[error("`{0}` is not a store: use sqlite:<path>, sled:<path>, postgres://<user>@<host>/<database> or memory:")]
    Store(String),
    /// The address of a database is not a URL. It is not repeated, because it may hold a password.
    #[error("the address of the PostgreSQL database is not a URL: {0}")]
    Database(#[source] url::ParseError),
}
