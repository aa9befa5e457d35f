//! The reads of quotas, as look-ups and ranges of keys.

use async_trait::async_trait;

use super::{DoorStore, KeyValue};
use crate::billing::entitlement::Hold;
use crate::clock::Timestamp;
use crate::id::RunId;
use crate::quota::{Counter, QuotaStore, ScopeKey};
use crate::store::record::Index;
use crate::store::{OrderedKey, StoreError, prefix_range};

#[async_trait]
impl<K: KeyValue> QuotaStore for DoorStore<K> {
    async fn counters(&self, scopes: &[ScopeKey]) -> Result<Vec<Counter>, StoreError> {
        self.present(scopes.to_vec()).await
    }

    async fn hold(&self, run: RunId) -> Result<Option<Hold>, StoreError> {
        self.get(run).await
    }

    async fn expired_holds(&self, now: Timestamp, limit: usize) -> Result<Vec<Hold>, StoreError> {
        let end = prefix_range(&now.to_bytes()).1;
        let found: Vec<(Timestamp, RunId)> = self.list(Index::HoldsByExpiry, (Vec::new(), end), limit).await?;
        let holds: Vec<Hold> = self.present(found.into_iter().map(|(_, run)| run).collect()).await?;
        // one may have been put off between the two reads
        Ok(holds.into_iter().filter(|hold| hold.expires_at <= now).collect())
    }
}
