//! The reads of the audit log, as look-ups and ranges of keys.

use async_trait::async_trait;

use super::reads::under;
use super::{DoorStore, KeyValue};
use crate::audit::{AuditEntry, AuditHead, AuditStore};
use crate::store::record::Index;
use crate::store::{OrderedKey, StoreError, prefix_range};
use crate::subject::Subject;

#[async_trait]
impl<K: KeyValue> AuditStore for DoorStore<K> {
    async fn audit_entry(&self, number: u64) -> Result<Option<AuditEntry>, StoreError> {
        self.get(number).await
    }

    async fn audit_head(&self) -> Result<Option<AuditHead>, StoreError> {
        self.get(()).await
    }

    async fn audit_entries(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        self.records((Vec::new(), before.map(|number| number.to_bytes())), limit, true).await
    }

    async fn audit_about(
        &self,
        about: Subject,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let (start, end) = under(&about);
        let start = match before {
            Some(number) => match prefix_range(&(about, AuditEntry::place(number)).to_bytes()).1 {
                Some(behind) => behind,
                None => return Ok(Vec::new()),
            },
            None => start,
        };
        let found: Vec<(Subject, u64)> = self.list(Index::AuditByAbout, (start, end), limit).await?;
        self.present(found.into_iter().map(|(_, place)| AuditEntry::place(place)).collect()).await
    }
}
