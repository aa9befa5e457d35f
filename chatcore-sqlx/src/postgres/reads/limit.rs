//! Reads of limits.

use async_trait::async_trait;
use chatcore::limit::{LimitStore, RateWindow};
use chatcore::{StoreError, Timestamp};

use crate::postgres::PostgresStore;
use crate::postgres::row::Binder;
use crate::value::{Bind, limit as page};

#[async_trait]
impl LimitStore for PostgresStore {
    async fn rate_window(&self, bucket: &str, start: Timestamp) -> Result<Option<RateWindow>, StoreError> {
        let mut values = Binder::default();
        values.key(&bucket.to_owned());
        values.time(start);
        self.readers.record("WHERE t.bucket = $1 AND t.start = $2", values).await
    }

    async fn expired_windows(&self, now: Timestamp, limit: usize) -> Result<Vec<RateWindow>, StoreError> {
        let mut values = Binder::default();
        values.time(now);
        values.integer(page(limit));
        self.readers.records("WHERE t.expires_at <= $1 ORDER BY t.expires_at, t.bucket, t.start LIMIT $2", values).await
    }
}
