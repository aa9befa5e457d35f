//! The reads of the ledger, as look-ups and ranges of keys.

use async_trait::async_trait;

use super::reads::under;
use super::{DoorStore, KeyValue};
use crate::billing::ledger::{LedgerEntry, LedgerStore, Wallet};
use crate::clock::Timestamp;
use crate::store::record::Index;
use crate::store::{OrderedKey, StoreError, prefix_range};
use crate::subject::Subject;

#[async_trait]
impl<K: KeyValue> LedgerStore for DoorStore<K> {
    async fn wallet(&self, owner: Subject) -> Result<Option<Wallet>, StoreError> {
        self.get(owner).await
    }

    async fn ledger_entry(&self, event: &str) -> Result<Option<LedgerEntry>, StoreError> {
        self.get(event.to_owned()).await
    }

    async fn ledger_entries(
        &self,
        owner: Subject,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let (start, end) = under(&owner);
        let start = match before {
            Some(number) => match prefix_range(&(owner, LedgerEntry::place(number)).to_bytes()).1 {
                Some(behind) => behind,
                None => return Ok(Vec::new()),
            },
            None => start,
        };
        let found: Vec<(Subject, u64, String)> = self.list(Index::LedgerByOwner, (start, end), limit).await?;
        self.present(found.into_iter().map(|(_, _, event)| event).collect()).await
    }

    async fn lapsed_wallets(&self, now: Timestamp, limit: usize) -> Result<Vec<Wallet>, StoreError> {
        let end = prefix_range(&now.to_bytes()).1;
        let found: Vec<(Timestamp, Subject)> = self.list(Index::WalletsByExpiry, (Vec::new(), end), limit).await?;
        let wallets: Vec<Wallet> = self.present(found.into_iter().map(|(_, owner)| owner).collect()).await?;
        // one may have been used between the two reads
        Ok(wallets.into_iter().filter(|wallet| wallet.expires_at().is_some_and(|expiry| expiry <= now)).collect())
    }
}
