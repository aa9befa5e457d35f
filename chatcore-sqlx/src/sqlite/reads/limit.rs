//! Reads of limits.

use async_trait::async_trait;
use chatcore::limits::{LimitStore, RateCounter};
use chatcore::{StoreError, Timestamp};

use crate::sqlite::SqliteStore;
use crate::sqlite::row::Binder;
use crate::value::{Bind, limit as page};

#[async_trait]
impl LimitStore for SqliteStore {
    async fn rate_counter(&self, bucket: &str) -> Result<Option<RateCounter>, StoreError> {
        let mut values = Binder::default();
        values.key(&bucket.to_owned());
        self.readers.record("WHERE t.bucket = ?1", values).await
    }

    async fn expired_counters(&self, now: Timestamp, limit: usize) -> Result<Vec<RateCounter>, StoreError> {
        let mut values = Binder::default();
        values.time(now);
        values.integer(page(limit));
        self.readers.records("WHERE t.expires_at <= ?1 ORDER BY t.expires_at, t.bucket LIMIT ?2", values).await
    }
}
