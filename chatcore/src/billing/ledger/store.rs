//! What a store of the ledger can be asked.

use async_trait::async_trait;

use super::entry::LedgerEntry;
use super::wallet::Wallet;
use crate::clock::Timestamp;
use crate::store::{Domain, StoreError};
use crate::subject::Subject;

/// Reads of the ledger. A store that keeps none implements them with an empty block: each answers that it does not.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// What somebody has.
    ///
    /// # Behaviour
    /// * `wallet_by_owner`: users and visitors, also those who have nothing.
    async fn wallet(&self, owner: Subject) -> Result<Option<Wallet>, StoreError> {
        left_out(owner)
    }

    /// The entry of an event.
    ///
    /// # Behaviour
    /// * `entry_by_event`: names are compared by their bytes.
    async fn ledger_entry(&self, event: &str) -> Result<Option<LedgerEntry>, StoreError> {
        left_out(event)
    }

    /// Entries of somebody.
    ///
    /// # Behaviour
    /// * `entries_newest_first`: by number, the highest first; those below `before`, if it is given; at most `limit`.
    /// * `entry_pages_under_writes`: what comes between two pages, with a higher number, is in neither.
    async fn ledger_entries(
        &self,
        owner: Subject,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        left_out((owner, before, limit))
    }

    /// Wallets in which credit [expires](Wallet::expires_at) by a moment, or then.
    ///
    /// # Behaviour
    /// * `lapsed_wallets_oldest_first`: by that expiry, then owner; at most `limit`.
    async fn lapsed_wallets(&self, now: Timestamp, limit: usize) -> Result<Vec<Wallet>, StoreError> {
        left_out((now, limit))
    }
}

fn left_out<T>(_asked: impl Send) -> Result<T, StoreError> {
    Err(StoreError::unsupported(Domain::Billing, "read the ledger"))
}
