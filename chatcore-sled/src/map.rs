//! The key-value door of the core, over sled.

use std::sync::Arc;

use async_trait::async_trait;
use chatcore::StoreError;
use chatcore::store::{KeyValue, KvWrite, OpenKeyValue, Range, StoreErrorKind};

use crate::committer::Committer;
use crate::options::SledOptions;
use crate::view::{Open, View};

/// Ordered bytes in sled: what [`SledStore`](crate::SledStore) is made of.
pub struct SledMap {
    committer: Committer,
    view: Arc<View>,
}

impl SledMap {
    /// Reads where the caller is: what is not in memory is a page or two of a file away.
    async fn read<T>(&self, read: impl Fn(&Open) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let try_read = || self.view.read().open().and_then(&read);
        match try_read() {
            Err(error) if *error.kind() == StoreErrorKind::Unavailable => match self.committer.recover().await {
                Ok(()) => try_read(),
                Err(_) => Err(error),
            },
            found => found,
        }
    }
}

#[async_trait]
impl KeyValue for SledMap {
    async fn get_many(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.read(|open| keys.iter().map(|key| open.value(key)).collect()).await
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.read(|open| open.scan(&range, limit)).await
    }

    async fn apply(&self, writes: Vec<KvWrite>) -> Result<(), StoreError> {
        self.committer.apply(writes).await
    }
}

#[async_trait]
impl OpenKeyValue for SledMap {
    type Options = SledOptions;

    async fn open(options: SledOptions) -> Result<Self, StoreError> {
        let (committer, view) = Committer::start(options).await?;
        Ok(Self { committer, view })
    }

    async fn close(&self) {
        self.committer.close().await;
    }
}
