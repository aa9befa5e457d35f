//! The stores that an address can name. The only place that names a back end.

mod measured;
mod reads;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chatcore::store::{Scan, Store};
use chatcore::{MemoryStore, StoreError};
use chatcore_sled::{FolderLock, SledOptions, SledStore};
use chatcore_sqlx::{PostgresOptions, PostgresSnapshot, PostgresStore, SqliteOptions, SqliteSnapshot, SqliteStore};

use self::measured::Measured;
pub(crate) use self::measured::{COMMIT_SECONDS, CONNECTION_SECONDS, GROUP, READ_SECONDS, WAIT_SECONDS, describe};
use crate::config::StoreUrl;

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The back end says why.
    #[error("failed to open the store {url}")]
    Failed {
        /// Which.
        url: StoreUrl,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// A store of one process, which may be at work.
    #[error("failed to open the store {url}, which one process at a time can use: stop the server if it runs")]
    Exclusive {
        /// Which.
        url: StoreUrl,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// There is none.
    #[error("there is no store {0}")]
    Missing(StoreUrl),
    /// It would be gone at once.
    #[error("the store memory: holds nothing that another process could use")]
    Memory,
}

impl OpenError {
    /// Says who may have the store, if one process at a time can use it.
    #[must_use]
    pub fn or_in_use(self) -> Self {
        match self {
            Self::Failed { url: url @ (StoreUrl::Sqlite(_) | StoreUrl::Sled(_)), source } => {
                Self::Exclusive { url, source }
            }
            other => other,
        }
    }
}

/// A store, and how it is closed.
pub struct OpenStore {
    store: Arc<dyn Store>,
    backend: Backend,
}

enum Backend {
    Sqlite(Arc<SqliteStore>),
    Sled(Arc<SledStore>),
    Postgres(Arc<PostgresStore>),
    Memory,
}

impl OpenStore {
    fn new(store: Arc<dyn Store>, backend: Backend) -> Self {
        Self { store: Arc::new(Measured::new(store)), backend }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Clears what was deleted out of the files, as far as the back end can while it is in use: SQLite empties its log. sled
    /// and PostgreSQL write over it in their own time.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub async fn wipe(&self) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.wipe().await.map(drop),
            Backend::Sled(_) | Backend::Postgres(_) | Backend::Memory => Ok(()),
        }
    }

    /// Writes the files anew where that can be done in place, which is SQLite. Nothing else goes on meanwhile.
    ///
    /// # Errors
    /// When there is no room, or the files cannot be written.
    pub async fn compact(&self) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.compact().await,
            Backend::Sled(_) | Backend::Postgres(_) | Backend::Memory => Ok(()),
        }
    }

    /// Writes what was handed in, and lets go of the data.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(store) => store.close().await,
            Backend::Sled(store) => store.close().await,
            Backend::Postgres(store) => store.close().await,
            Backend::Memory => {}
        }
    }
}

/// Opens a store and brings its schema up to date; makes a new one where there is none.
///
/// # Errors
/// [`OpenError`].
pub async fn open(url: &StoreUrl) -> Result<OpenStore, OpenError> {
    let failed = |source| OpenError::Failed { url: url.clone(), source };
    match url {
        StoreUrl::Sqlite(path) => {
            let store =
                Arc::new(SqliteStore::open(SqliteOptions::file(path).on_wait(measured::waited)).await.map_err(failed)?);
            Ok(OpenStore::new(store.clone(), Backend::Sqlite(store)))
        }
        StoreUrl::Sled(path) => {
            let store = Arc::new(SledStore::open(path).await.map_err(failed)?);
            Ok(OpenStore::new(store.clone(), Backend::Sled(store)))
        }
        StoreUrl::Postgres(address) => {
            let options = PostgresOptions::url(address.expose()).map_err(failed)?.on_wait(measured::waited);
            let store = Arc::new(PostgresStore::open(options).await.map_err(failed)?);
            Ok(OpenStore::new(store.clone(), Backend::Postgres(store)))
        }
        StoreUrl::Memory => Ok(OpenStore::new(Arc::new(MemoryStore::in_memory()), Backend::Memory)),
    }
}

/// Opens a store that outlives this process.
///
/// # Errors
/// [`OpenError`].
pub async fn open_kept(url: &StoreUrl) -> Result<OpenStore, OpenError> {
    if *url == StoreUrl::Memory {
        return Err(OpenError::Memory);
    }
    open(url).await
}

/// Opens a store that must be there already.
///
/// # Errors
/// [`OpenError`].
pub async fn open_existing(url: &StoreUrl) -> Result<OpenStore, OpenError> {
    require_there(url)?;
    open_kept(url).await
}

/// A folder of sled that is this process's until this is dropped, whether or not a store is open in it.
pub struct Seized {
    path: PathBuf,
    lock: FolderLock,
}

impl Seized {
    /// Takes a folder, which need not be there.
    ///
    /// # Errors
    /// [`OpenError::Exclusive`] when somebody else has it.
    pub fn folder(path: &Path) -> Result<Self, OpenError> {
        let url = || StoreUrl::Sled(path.to_owned());
        let lock = FolderLock::take(path).map_err(|source| OpenError::Exclusive { url: url(), source })?;
        Ok(Self { path: path.to_owned(), lock })
    }

    /// Opens the store that must be in it already.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(&self) -> Result<OpenStore, OpenError> {
        let url = || StoreUrl::Sled(self.path.clone());
        let options = SledOptions::folder(&self.path).create(false).under(&self.lock);
        let store = SledStore::open(options).await.map_err(|source| OpenError::Failed { url: url(), source })?;
        let store = Arc::new(store);
        Ok(OpenStore { store: store.clone(), backend: Backend::Sled(store) })
    }
}

/// The records of a store as they are at one moment.
pub struct Snapshot {
    records: Arc<dyn Scan>,
    /// The store itself, where no snapshot can be had beside whoever uses it.
    held: Option<OpenStore>,
}

impl Snapshot {
    /// The records.
    #[must_use]
    pub fn records(&self) -> &dyn Scan {
        &*self.records
    }

    /// Lets go of the data.
    pub async fn close(&self) {
        if let Some(held) = &self.held {
            held.close().await;
        }
    }
}

/// Takes a snapshot: beside a server that uses the store if the back end allows that, and otherwise by being the one
/// that uses it.
///
/// # Errors
/// [`OpenError`].
pub async fn open_snapshot(url: &StoreUrl) -> Result<Snapshot, OpenError> {
    require_there(url)?;
    let failed = |source| OpenError::Failed { url: url.clone(), source };
    match url {
        StoreUrl::Sqlite(path) => {
            let records = Arc::new(SqliteSnapshot::open(path).await.map_err(failed)?);
            Ok(Snapshot { records, held: None })
        }
        StoreUrl::Sled(path) => {
            let failed = |source| OpenError::Exclusive { url: url.clone(), source };
            let options = SledOptions::folder(path).create(false);
            let store = Arc::new(SledStore::open(options).await.map_err(failed)?);
            let held = OpenStore::new(store.clone(), Backend::Sled(store.clone()));
            Ok(Snapshot { records: store, held: Some(held) })
        }
        StoreUrl::Postgres(address) => {
            let options = PostgresOptions::url(address.expose()).map_err(failed)?;
            let records = Arc::new(PostgresSnapshot::open(options).await.map_err(failed)?);
            Ok(Snapshot { records, held: None })
        }
        StoreUrl::Memory => Err(OpenError::Memory),
    }
}

fn require_there(url: &StoreUrl) -> Result<(), OpenError> {
    match url {
        StoreUrl::Sqlite(path) | StoreUrl::Sled(path) if !path.exists() => Err(OpenError::Missing(url.clone())),
        _ => Ok(()),
    }
}

/// Where the secret of a server is kept if it is not given one: beside the data. `None` where there is no such place.
#[must_use]
pub fn secret_path(url: &StoreUrl) -> Option<PathBuf> {
    beside(url, "secret")
}

/// What has its place beside the data: `chat.db.secret`, say.
pub(crate) fn beside(url: &StoreUrl, what: &str) -> Option<PathBuf> {
    match url {
        StoreUrl::Sqlite(path) | StoreUrl::Sled(path) => {
            let folder = path.parent().unwrap_or(Path::new("."));
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            Some(folder.join(format!("{name}.{what}")))
        }
        StoreUrl::Postgres(_) | StoreUrl::Memory => None,
    }
}
