//! A store in memory that is still there when it is opened again.

use std::sync::Arc;

use async_trait::async_trait;
use chatcore::conformance::Harness;
use chatcore::memory::MemoryMap;
use chatcore::store::{DoorStore, KeyValue, KvWrite, Range, Store, StoreError};

/// A map that several stores may be opened over.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    pub(crate) map: Arc<MemoryMap>,
    /// Whether the stores say that other processes may use it too.
    pub(crate) shared: bool,
}

#[async_trait]
impl KeyValue for Kept {
    async fn get_many(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.map.get_many(keys).await
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.map.scan(range, limit).await
    }

    async fn apply(&self, writes: Vec<KvWrite>) -> Result<(), StoreError> {
        self.map.apply(writes).await
    }

    fn is_exclusive(&self) -> bool {
        !self.shared
    }
}

#[async_trait]
impl Harness for Kept {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(DoorStore::new(self.clone()))
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
        drop(store);
        Some(self.open().await)
    }
}
