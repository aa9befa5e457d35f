//! What a store of limits can be asked.

use async_trait::async_trait;

use super::window::RateWindow;
use crate::clock::Timestamp;
use crate::store::StoreError;

/// Reads of limits.
#[async_trait]
pub trait LimitStore: Send + Sync {
    /// The counter of a bucket in the stretch that began at a moment.
    ///
    /// # Behaviour
    /// * `rate_window_by_key`: names are compared by their bytes; whether or not it has expired.
    async fn rate_window(&self, bucket: &str, start: Timestamp) -> Result<Option<RateWindow>, StoreError>;

    /// Counters that have expired by a moment, or expire then.
    ///
    /// # Behaviour
    /// * `expired_windows_oldest_first`: by expiry, then bucket and start; at most `limit`.
    async fn expired_windows(&self, now: Timestamp, limit: usize) -> Result<Vec<RateWindow>, StoreError>;
}
