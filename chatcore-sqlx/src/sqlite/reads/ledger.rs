//! Reads of the ledger.

use async_trait::async_trait;
use chatcore::billing::ledger::{LedgerEntry, LedgerStore, Wallet};
use chatcore::{StoreError, Subject, Timestamp};

use crate::sqlite::SqliteStore;
use crate::sqlite::row::Binder;
use crate::value::{Bind, limit as page, number};

#[async_trait]
impl LedgerStore for SqliteStore {
    async fn wallet(&self, owner: Subject) -> Result<Option<Wallet>, StoreError> {
        let mut values = Binder::default();
        values.key(&owner);
        self.readers.record("WHERE t.owner = ?1", values).await
    }

    async fn ledger_entry(&self, event: &str) -> Result<Option<LedgerEntry>, StoreError> {
        let mut values = Binder::default();
        values.key(&event.to_owned());
        self.readers.record("WHERE t.event = ?1", values).await
    }

    async fn ledger_entries(
        &self,
        owner: Subject,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let mut values = Binder::default();
        values.key(&owner);
        values.integer(page(limit));
        let mut filter = "WHERE t.owner = ?1".to_owned();
        // no number is above the largest of a column, so beyond it there is nothing to leave out
        if let Some(before) = before.filter(|before| i64::try_from(*before).is_ok()) {
            values.integer(number(before));
            filter.push_str(" AND t.number < ?3");
        }
        self.readers.records(&format!("{filter} ORDER BY t.number DESC, t.event LIMIT ?2"), values).await
    }

    async fn lapsed_wallets(&self, now: Timestamp, limit: usize) -> Result<Vec<Wallet>, StoreError> {
        let mut values = Binder::default();
        values.time(now);
        values.integer(page(limit));
        self.readers.records("WHERE t.expires_at <= ?1 ORDER BY t.expires_at, t.owner LIMIT ?2", values).await
    }
}
