//! Reads of quotas.

use async_trait::async_trait;
use chatcore::billing::entitlement::Hold;
use chatcore::quota::{Counter, QuotaStore, ScopeKey};
use chatcore::{RunId, StoreError, Timestamp};

use crate::postgres::PostgresStore;
use crate::postgres::row::Binder;
use crate::value::{Bind, limit as page};

#[async_trait]
impl QuotaStore for PostgresStore {
    async fn counters(&self, scopes: &[ScopeKey]) -> Result<Vec<Counter>, StoreError> {
        // a handful: whoever asks has a few rules
        let mut found = Vec::new();
        for scope in scopes {
            found.extend(self.readers.by_key(scope).await?);
        }
        Ok(found)
    }

    async fn hold(&self, run: RunId) -> Result<Option<Hold>, StoreError> {
        self.readers.by_key(&run).await
    }

    async fn expired_holds(&self, now: Timestamp, limit: usize) -> Result<Vec<Hold>, StoreError> {
        let mut values = Binder::default();
        values.time(now);
        values.integer(page(limit));
        self.readers.records("WHERE t.expires_at <= $1 ORDER BY t.expires_at, t.run LIMIT $2", values).await
    }
}
