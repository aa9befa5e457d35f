//! What can be chosen when a database is opened.

use std::path::{Path, PathBuf};

use crate::lock::FolderLock;

/// Which database, and how it is used. A path alone is enough.
#[derive(Debug, Clone)]
pub struct SledOptions {
    pub(crate) path: PathBuf,
    pub(crate) create: bool,
    pub(crate) cache_bytes: u64,
    pub(crate) lock: Option<FolderLock>,
}

impl SledOptions {
    /// The database in a folder, which is created if it is not there. It holds nothing else: another program's folder
    /// is refused.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), create: true, cache_bytes: 256 * 1024 * 1024, lock: None }
    }

    /// Whether to create the database if it is missing, with the folders that lead to it. It is by default.
    #[must_use]
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// How many bytes of pages to keep in memory; 256 MiB by default. sled counts them as they are on disk; in memory
    /// they take more.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Under a lock of the folder that somebody has taken already, and keeps when the store is closed. One store at a time may be
    /// open under it.
    #[must_use]
    pub fn under(mut self, lock: &FolderLock) -> Self {
        self.lock = Some(lock.clone());
        self
    }
}

impl From<&Path> for SledOptions {
    fn from(path: &Path) -> Self {
        Self::folder(path)
    }
}

impl From<PathBuf> for SledOptions {
    fn from(path: PathBuf) -> Self {
        Self::folder(path)
    }
}

impl From<&PathBuf> for SledOptions {
    fn from(path: &PathBuf) -> Self {
        Self::folder(path)
    }
}

impl From<&str> for SledOptions {
    fn from(path: &str) -> Self {
        Self::folder(path)
    }
}

impl From<String> for SledOptions {
    fn from(path: String) -> Self {
        Self::folder(path)
    }
}
