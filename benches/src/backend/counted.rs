//! A key-value store that is watched: how many groups it was handed, and what was in them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use chatcore::store::{KeyValue, KvWrite, Range, StoreError};

/// Groups in the order in which they came; `None` while nobody listens.
type Heard = Option<VecDeque<Vec<KvWrite>>>;

pub(super) struct Counted<K> {
    kv: K,
    groups: AtomicU64,
    heard: Mutex<Heard>,
}

impl<K> Counted<K> {
    pub(super) fn new(kv: K) -> Self {
        Self { kv, groups: AtomicU64::new(0), heard: Mutex::new(None) }
    }

    pub(super) fn inner(&self) -> &K {
        &self.kv
    }

    pub(super) fn groups(&self) -> u64 {
        self.groups.load(Ordering::Relaxed)
    }

    /// Keeps a copy of every group from now on.
    pub(super) fn listen(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(VecDeque::new());
    }

    /// The oldest group that nobody has taken yet.
    pub(super) fn take(&self) -> Option<Vec<KvWrite>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.pop_front()
    }
}

#[async_trait]
impl<K: KeyValue> KeyValue for Counted<K> {
    async fn get_many(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.kv.get_many(keys).await
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.kv.scan(range, limit).await
    }

    async fn apply(&self, writes: Vec<KvWrite>) -> Result<(), StoreError> {
        self.groups.fetch_add(1, Ordering::Relaxed);
        if let Some(heard) = self.heard.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            heard.push_back(writes.clone());
        }
        self.kv.apply(writes).await
    }

    fn is_exclusive(&self) -> bool {
        self.kv.is_exclusive()
    }
}
