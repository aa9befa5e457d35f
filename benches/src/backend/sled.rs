//! sled in a folder, and beside it a database of its own that is written the same pairs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use chatcore::ConversationId;
use chatcore::account::Caller;
use chatcore::store::{DoorStore, KvWrite, OpenKeyValue, Store};
use chatcore_sled::{SledMap, SledOptions};
use tempfile::TempDir;

use super::counted::Counted;
use super::{Backend, Raw};
use crate::data::Failure;

/// `SledStore`, watched.
type Watched = DoorStore<Counted<SledMap>>;

pub(super) struct Sled {
    store: Arc<Watched>,
    folder: TempDir,
}

impl Sled {
    pub(super) async fn open() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let map = SledMap::open(SledOptions::folder(folder.path().join("bench"))).await?;
        Ok(Self { store: Arc::new(DoorStore::new(Counted::new(map))), folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[async_trait]
impl Backend for Sled {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    fn groups(&self) -> u64 {
        self.store.inner().groups()
    }

    async fn raw(&self, _of: &Caller, _to: ConversationId) -> Result<Option<Box<dyn Raw>>, Failure> {
        let path = self.path("raw");
        let db = ::sled::Config::new().path(&path).cache_capacity(256 * 1024 * 1024).open()?;
        let file = File::options().write(true).open(path.join("db"))?;
        self.store.inner().listen();
        Ok(Some(Box::new(ByHand { store: self.store.clone(), db, file })))
    }

    async fn close(self: Box<Self>) -> Result<Option<u64>, Failure> {
        self.store.inner().inner().close().await;
        Ok(Some(size(&self.path("bench"))?))
    }
}

/// The bytes of all files.
fn size(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

struct ByHand {
    store: Arc<Watched>,
    db: ::sled::Db,
    /// sled itself does not wait for the disk on Linux.
    file: File,
}

impl ByHand {
    fn write(&self, group: Vec<KvWrite>) -> Result<(), Failure> {
        let mut batch = ::sled::Batch::default();
        for write in group {
            match write {
                KvWrite::Put { key, value } => batch.insert(key, value),
                KvWrite::Delete { key } => batch.remove(key),
            }
        }
        self.db.apply_batch(batch)?;
        self.db.flush()?;
        Ok(self.file.sync_all()?)
    }
}

#[async_trait]
impl Raw for ByHand {
    /// Writes what the store has written and this has not, one group.
    async fn append(&mut self) -> Result<(), Failure> {
        self.write(self.store.inner().take().ok_or("the store has not appended as often")?)
    }

    async fn catch_up(&mut self) -> Result<bool, Failure> {
        while let Some(group) = self.store.inner().take() {
            self.write(group)?;
        }
        Ok(true)
    }
}
