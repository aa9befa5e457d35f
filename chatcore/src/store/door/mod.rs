//! The key-value door: a whole store from three methods.
//!
//! [`KeyValue`] is what a store author writes: read some keys, read a range, write some keys at once. [`DoorStore`]
//! makes a [`Store`](super::Store) of it: it owns the order of keys, the stored form, the lists, the reads and the group
//! loop, so a domain that comes later costs the author nothing.

mod attachments;
mod billing;
mod commit;
mod layout;
mod money;
mod people;
mod quota;
mod reads;
mod search;
mod social;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;

use super::error::StoreError;

/// A store of ordered bytes.
///
/// Only one [`DoorStore`] may write to it at a time: it relies on nothing changing between its reads and its `apply`.
/// [The guide](super::guide) goes through what each method has to promise.
///
/// ```
/// # use std::{collections::BTreeMap, sync::Mutex};
/// # use chatcore::store::{DoorStore, KeyValue, KvWrite, Range, StoreError};
/// /// Keeps everything in a map (and so nothing after a restart).
/// #[derive(Default)]
/// struct MyStore(Mutex<BTreeMap<Vec<u8>, Vec<u8>>>);
///
/// #[async_trait::async_trait]
/// impl KeyValue for MyStore {
///     async fn get_many(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
///         let map = self.0.lock().unwrap();
///         Ok(keys.iter().map(|key| map.get(key).cloned()).collect())
///     }
///
///     async fn scan(&self, range: Range, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
///         Ok(range.of(&self.0.lock().unwrap(), limit))
///     }
///
///     async fn apply(&self, writes: Vec<KvWrite>) -> Result<(), StoreError> {
///         let mut map = self.0.lock().unwrap();
///         for write in writes {
///             match write {
///                 KvWrite::Put { key, value } => map.insert(key, value),
///                 KvWrite::Delete { key } => map.remove(&key),
///             };
///         }
///         Ok(())
///     }
/// }
///
/// let store = DoorStore::new(MyStore::default());
/// # let _ = store;
/// ```
#[async_trait]
pub trait KeyValue: Send + Sync + 'static {
    /// The values of some keys, in the order of the keys.
    async fn get_many(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// At most `limit` pairs of a range, in its direction.
    async fn scan(&self, range: Range, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError>;

    /// Writes all of this or nothing, and returns when it is durable. No key comes twice.
    ///
    /// # Errors
    /// `NotApplied` when certainly nothing was written, `Unavailable` when that is not known.
    async fn apply(&self, writes: Vec<KvWrite>) -> Result<(), StoreError>;

    /// Whether no other process can use the same data.
    fn is_exclusive(&self) -> bool {
        true
    }
}

/// A [`KeyValue`] that is opened, and let go of at the end: on disk, or far away. [`DoorStore::open`] and
/// [`DoorStore::close`] rest on it.
#[async_trait]
pub trait OpenKeyValue: KeyValue + Sized {
    /// Where it lies and how it is used.
    type Options: Send;

    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be used; the message says why.
    async fn open(options: Self::Options) -> Result<Self, StoreError>;

    /// Waits until everything that was handed to [`KeyValue::apply`] is written, and lets go of what is held. Later
    /// writes are `NotApplied`, later reads `Unavailable`; closing again does nothing.
    async fn close(&self);
}

/// One write of [`KeyValue::apply`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KvWrite {
    /// The key has this value from now on.
    Put {
        /// The key.
        key: Vec<u8>,
        /// The value.
        value: Vec<u8>,
    },
    /// The key is gone.
    Delete {
        /// The key.
        key: Vec<u8>,
    },
}

/// A range of keys: `start` included, `end` not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The first key that belongs to it.
    pub start: Vec<u8>,
    /// The first key that does not; `None` for no end.
    pub end: Option<Vec<u8>>,
    /// From the end backwards.
    pub reverse: bool,
}

impl Range {
    /// The first `limit` pairs of this range of a map, for stores that hold (an index of) their data in one.
    #[must_use]
    pub fn of<V: Clone>(&self, map: &BTreeMap<Vec<u8>, V>, limit: usize) -> Vec<(Vec<u8>, V)> {
        let end = self.end.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        if self.end.as_ref().is_some_and(|end| *end <= self.start) {
            return Vec::new();
        }
        let pairs = map.range::<Vec<u8>, _>((Bound::Included(&self.start), end));
        let copy = |(key, value): (&Vec<u8>, &V)| (key.clone(), value.clone());
        if self.reverse { pairs.rev().take(limit).map(copy).collect() } else { pairs.take(limit).map(copy).collect() }
    }
}

/// A store of every domain over a [`KeyValue`].
pub struct DoorStore<K> {
    kv: Arc<K>,
    queue: commit::Queue,
}

impl<K: KeyValue> DoorStore<K> {
    /// A store over `kv`.
    pub fn new(kv: K) -> Self {
        Self { kv: Arc::new(kv), queue: commit::Queue::default() }
    }

    /// What lies beneath.
    #[must_use]
    pub fn inner(&self) -> &K {
        &self.kv
    }
}

impl<K: OpenKeyValue> DoorStore<K> {
    /// Opens what lies beneath, and makes a store of it.
    ///
    /// # Errors
    /// When it cannot be used; the message says why.
    pub async fn open(options: impl Into<K::Options>) -> Result<Self, StoreError> {
        K::open(options.into()).await.map(Self::new)
    }

    /// Writes what is under way, and closes what lies beneath. Whatever comes later is refused.
    pub async fn close(&self) {
        self.kv.close().await;
    }
}

impl<K: KeyValue> super::Store for DoorStore<K> {
    fn is_exclusive(&self) -> bool {
        self.kv.is_exclusive()
    }
}
