//! What a store of quotas can be asked.

use async_trait::async_trait;

use super::counter::Counter;
use super::scope::ScopeKey;
use crate::billing::entitlement::Hold;
use crate::clock::Timestamp;
use crate::id::RunId;
use crate::store::{Domain, StoreError};

/// Reads of quotas. A store that keeps none implements them with an empty block: each answers that it does not.
#[async_trait]
pub trait QuotaStore: Send + Sync {
    /// The counters of these scopes that there are.
    ///
    /// # Behaviour
    /// * `counters_by_scope`: in the order of the scopes; names of networks, plans and models are compared by their bytes.
    async fn counters(&self, scopes: &[ScopeKey]) -> Result<Vec<Counter>, StoreError> {
        left_out(scopes)
    }

    /// What is held for a run.
    ///
    /// # Behaviour
    /// * `hold_by_run`: whether or not it has expired.
    async fn hold(&self, run: RunId) -> Result<Option<Hold>, StoreError> {
        left_out(run)
    }

    /// Holds that have expired by a moment, or expire then.
    ///
    /// # Behaviour
    /// * `expired_holds_oldest_first`: by expiry, then run; at most `limit`.
    async fn expired_holds(&self, now: Timestamp, limit: usize) -> Result<Vec<Hold>, StoreError> {
        left_out((now, limit))
    }
}

/// What every read of a store without quotas answers, whatever it was asked.
fn left_out<T>(_asked: impl Send) -> Result<T, StoreError> {
    Err(StoreError::unsupported(Domain::Quota, "read quotas"))
}
