//! The same store's ledger.

use async_trait::async_trait;
use chatcore::billing::ledger::{Credit, LedgerEntry, LedgerStore, Wallet};
use chatcore::{Subject, Timestamp};

use crate::fault::Fault;
use crate::store::{Mutant, Result};

#[async_trait]
impl LedgerStore for Mutant {
    async fn wallet(&self, owner: Subject) -> Result<Option<Wallet>> {
        let mut found = self.inner.wallet(owner).await?;
        if let Some(wallet) = found.as_mut().filter(|_| self.is(Fault::ForgetsTrials)) {
            wallet.slices.iter_mut().for_each(|slice| slice.terms.trial = false);
        }
        Ok(found.filter(|wallet| wallet.balance() != Credit::ZERO || !self.is(Fault::HidesEmptyWallets)))
    }

    async fn ledger_entry(&self, event: &str) -> Result<Option<LedgerEntry>> {
        match self.inner.ledger_entry(event).await? {
            None if self.is(Fault::FoldsEvents) => self.inner.ledger_entry(&event.to_lowercase()).await,
            found => Ok(found),
        }
    }

    async fn ledger_entries(&self, owner: Subject, before: Option<u64>, limit: usize) -> Result<Vec<LedgerEntry>> {
        if self.is(Fault::EntriesByOffset) {
            let all = self.inner.ledger_entries(owner, None, usize::MAX).await?;
            return Ok(self.offsets.page(all, before, limit, |entry| entry.number));
        }
        let mut found = self.inner.ledger_entries(owner, before, limit).await?;
        if self.is(Fault::EntriesByEvent) {
            found.sort_by_key(|entry| entry.event.clone());
        }
        Ok(found)
    }

    async fn lapsed_wallets(&self, now: Timestamp, limit: usize) -> Result<Vec<Wallet>> {
        let mut found = self.inner.lapsed_wallets(now, limit).await?;
        if self.is(Fault::WalletsByOwner) {
            found.sort_by_key(|wallet| wallet.owner);
        }
        Ok(found)
    }
}
