//! What can be chosen when a database is opened.

use std::str::FromStr;
use std::time::Duration;

use chatcore::StoreError;
use sqlx::postgres::PgConnectOptions;
use url::form_urlencoded;

use crate::error::unopened;
use crate::pool::OnWait;

/// Which database, and how it is used. A URL alone is enough.
#[derive(Clone)]
pub struct PostgresOptions {
    pub(super) connect: PgConnectOptions,
    pub(super) schema: Option<String>,
    pub(super) migrate: bool,
    pub(super) readers: u32,
    pub(super) max_group: usize,
    pub(super) lock_timeout: Duration,
    pub(super) on_wait: OnWait,
}

impl PostgresOptions {
    /// The database of a URL: `postgres://user:password@host:port/database`, with `sslmode`, `sslrootcert`, `host` (the
    /// folder of a Unix socket) and the other parameters of libpq, and with `schema`, which is [`Self::schema`]. What it
    /// leaves out comes from where libpq takes it: `PGHOST` and its like, and `~/.pgpass`.
    ///
    /// # Errors
    /// When it is not such a URL. The message does not repeat it: it may hold a password.
    pub fn url(url: &str) -> Result<Self, StoreError> {
        let (url, schema) = without_schema(url);
        let connect = PgConnectOptions::from_str(&url);
        let options = Self::new(connect.map_err(|error| unopened("the URL cannot be understood").caused_by(error))?);
        Ok(Self { schema, ..options })
    }

    /// The database that the driver's own options name.
    #[must_use]
    pub fn new(connect: PgConnectOptions) -> Self {
        let (lock_timeout, on_wait) = (Duration::from_secs(10), OnWait::default());
        Self { connect, schema: None, migrate: true, readers: 8, max_group: 256, lock_timeout, on_wait }
    }

    /// Keeps the tables in a schema of that name, which is created if it is not there: one for each tenant, say. Without
    /// one they are where the connection's `search_path` leads.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = Some(name.into());
        self
    }

    /// Whether to bring the tables up to date when the database is opened. It is by default; without it a database whose
    /// tables are older than this program is refused.
    #[must_use]
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// How many reads run at the same time, each over a connection of its own, at least 1; 8 by default. One more
    /// connection writes.
    #[must_use]
    pub fn readers(mut self, readers: u32) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// `tell` hears, for each read, how long it waited for a connection. It is called often, so it had better be quick.
    #[must_use]
    pub fn on_wait(mut self, tell: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.on_wait = OnWait::new(tell);
        self
    }

    /// How many batches are committed together at most, at least 1; 256 by default.
    #[must_use]
    pub fn max_group(mut self, batches: usize) -> Self {
        self.max_group = batches.max(1);
        self
    }

    /// How long to wait for rows that another program is about to change; at least 100 ms, and 10 s by default.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout.max(Duration::from_millis(100));
        self
    }
}

/// The URL that the driver understands, and the parameter that it does not. The others stay as they were written.
fn without_schema(url: &str) -> (String, Option<String>) {
    let Some((address, parameters)) = url.split_once('?') else { return (url.to_owned(), None) };
    let (mut schema, mut theirs) = (None, Vec::new());
    for parameter in parameters.split('&') {
        match form_urlencoded::parse(parameter.as_bytes()).next() {
            Some((name, value)) if name == "schema" => schema = Some(value.into_owned()),
            _ => theirs.push(parameter),
        }
    }
    let join = if theirs.is_empty() { "" } else { "?" };
    (format!("{address}{join}{}", theirs.join("&")), schema.filter(|name| !name.is_empty()))
}

impl From<PgConnectOptions> for PostgresOptions {
    fn from(connect: PgConnectOptions) -> Self {
        Self::new(connect)
    }
}

/// Without the password.
impl std::fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("host", &self.connect.get_host())
            .field("port", &self.connect.get_port())
            .field("database", &self.connect.get_database())
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_a_url_is_ours() {
        for (url, theirs, schema) in [
            ("postgres://a@b/c", "postgres://a@b/c", None),
            ("postgres://a@b/c?schema=x", "postgres://a@b/c", Some("x")),
            (
                "postgres://a@b/c?host=/tmp&schema=x&sslmode=disable",
                "postgres://a@b/c?host=/tmp&sslmode=disable",
                Some("x"),
            ),
            ("postgres://a@b/c?schema=", "postgres://a@b/c", None),
            ("postgres://a@b/c?schema=my%20tenant%2F%C3%A9", "postgres://a@b/c", Some("my tenant/\u{e9}")),
            ("postgres://a@b/c?sche%6Da=x&options=a%26b", "postgres://a@b/c?options=a%26b", Some("x")),
        ] {
            assert_eq!(without_schema(url), (theirs.to_owned(), schema.map(str::to_owned)));
        }
    }
}
