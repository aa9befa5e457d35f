//! What a store of the audit log can be asked.

use async_trait::async_trait;

use super::chain::AuditHead;
use super::entry::AuditEntry;
use crate::store::{Domain, StoreError};
use crate::subject::Subject;

/// Reads of the audit log. A store that keeps none implements them with an empty block: each answers that it does not.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// The entry of that number.
    ///
    /// # Behaviour
    /// * `audit_entry_by_number`: or none.
    async fn audit_entry(&self, number: u64) -> Result<Option<AuditEntry>, StoreError> {
        left_out(number)
    }

    /// Where the chain ends; `None` before the first entry.
    ///
    /// # Behaviour
    /// * `audit_head_is_the_last`: as the last commit left it.
    async fn audit_head(&self) -> Result<Option<AuditHead>, StoreError> {
        left_out(())
    }

    /// Entries of the log.
    ///
    /// # Behaviour
    /// * `audit_newest_first`: by number, the highest first; those below `before`, if it is given; at most `limit`.
    async fn audit_entries(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        left_out((before, limit))
    }

    /// Entries about somebody.
    ///
    /// # Behaviour
    /// * `audit_of_one_newest_first`: in the same order, and of nobody else.
    /// * `audit_pages_under_writes`: what comes between two pages, with a higher number, is in neither.
    async fn audit_about(
        &self,
        about: Subject,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        left_out((about, before, limit))
    }
}

/// What every read of a store without an audit answers, whatever it was asked.
fn left_out<T>(_asked: impl Send) -> Result<T, StoreError> {
    Err(StoreError::unsupported(Domain::Audit, "read the audit log"))
}
