//! The reference store: everything in memory, gone when it is dropped.
//!
//! It goes through the key-value door, so it shares every rule and every order with the other stores that do.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;

use crate::store::{DoorStore, KeyValue, KvWrite, Range, StoreError};

/// A store in memory.
pub type MemoryStore = DoorStore<MemoryMap>;

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(MemoryMap::default())
    }
}

/// An ordered map.
#[derive(Debug, Default)]
pub struct MemoryMap(RwLock<BTreeMap<Vec<u8>, Vec<u8>>>);

#[async_trait]
impl KeyValue for MemoryMap {
    async fn get_many(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Ok(keys.iter().map(|key| map.get(key).cloned()).collect())
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        Ok(range.of(&self.0.read().unwrap_or_else(PoisonError::into_inner), limit))
    }

    async fn apply(&self, writes: Vec<KvWrite>) -> Result<(), StoreError> {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for write in writes {
            match write {
                KvWrite::Put { key, value } => map.insert(key, value),
                KvWrite::Delete { key } => map.remove(&key),
            };
        }
        Ok(())
    }
}
