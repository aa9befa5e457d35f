//! What a store of limits can be asked.

use async_trait::async_trait;

use super::counter::RateCounter;
use crate::clock::Timestamp;
use crate::store::StoreError;

/// Reads of limits.
#[async_trait]
pub trait LimitStore: Send + Sync {
    /// The counter of a bucket.
    ///
    /// # Behaviour
    /// * `rate_counter_by_bucket`: names are compared by their bytes; whether or not it has expired.
    async fn rate_counter(&self, bucket: &str) -> Result<Option<RateCounter>, StoreError>;

    /// Counters that have expired by a moment, or expire then.
    ///
    /// # Behaviour
    /// * `expired_counters_oldest_first`: by expiry, then bucket; at most `limit`.
    async fn expired_counters(&self, now: Timestamp, limit: usize) -> Result<Vec<RateCounter>, StoreError>;
}
