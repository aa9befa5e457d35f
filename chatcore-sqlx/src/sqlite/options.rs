//! What can be chosen when a database is opened.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::pool::OnWait;

/// Which database, and how it is used. A path alone is enough.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    pub(super) path: Option<PathBuf>,
    pub(super) create_folder: bool,
    pub(super) readers: u32,
    pub(super) busy_timeout: Duration,
    pub(super) max_group: usize,
    pub(super) on_wait: OnWait,
}

impl SqliteOptions {
    /// The database in a file, which is created if it is not there.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { path: Some(path.into()), ..Self::in_memory() }
    }

    /// A database in memory, gone when the store is.
    #[must_use]
    pub fn in_memory() -> Self {
        let (busy_timeout, on_wait) = (Duration::from_secs(10), OnWait::default());
        Self { path: None, create_folder: true, readers: 4, busy_timeout, max_group: 256, on_wait }
    }

    /// Whether to create the folder of the file if it is missing. It is by default.
    #[must_use]
    pub fn create_folder(mut self, create: bool) -> Self {
        self.create_folder = create;
        self
    }

    /// How many reads run at the same time, at least 1; 4 by default. A database in memory has one connection for
    /// everything.
    #[must_use]
    pub fn readers(mut self, readers: u32) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// How long to wait for somebody else who has the file open, a backup say; at least 5 s, and 10 s by default.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout.max(Duration::from_secs(5));
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
}

impl From<&Path> for SqliteOptions {
    fn from(path: &Path) -> Self {
        Self::file(path)
    }
}

impl From<PathBuf> for SqliteOptions {
    fn from(path: PathBuf) -> Self {
        Self::file(path)
    }
}

impl From<&PathBuf> for SqliteOptions {
    fn from(path: &PathBuf) -> Self {
        Self::file(path)
    }
}

impl From<&str> for SqliteOptions {
    fn from(path: &str) -> Self {
        Self::file(path)
    }
}

impl From<String> for SqliteOptions {
    fn from(path: String) -> Self {
        Self::file(path)
    }
}
