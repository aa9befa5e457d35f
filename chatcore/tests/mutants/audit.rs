//! The same store's audit log.

use async_trait::async_trait;
use chatcore::Subject;
use chatcore::audit::{AuditEntry, AuditHead, AuditStore};

use crate::fault::Fault;
use crate::store::{Mutant, Result};

#[async_trait]
impl AuditStore for Mutant {
    async fn audit_entry(&self, number: u64) -> Result<Option<AuditEntry>> {
        let last = self.inner.audit_head().await?.map_or(0, |head| head.number);
        let found = self.inner.audit_entry(number).await?;
        Ok(found.filter(|entry| entry.number + 10 > last || !self.is(Fault::HidesOldActs)))
    }

    async fn audit_head(&self) -> Result<Option<AuditHead>> {
        let found = self.inner.audit_head().await?;
        if self.is(Fault::FirstHead) {
            return Ok(*self.head.lock().unwrap().get_or_insert(found));
        }
        Ok(found)
    }

    async fn audit_entries(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>> {
        let mut found = self.inner.audit_entries(before, limit).await?;
        if self.is(Fault::ActsOldestFirst) {
            found.reverse();
        }
        Ok(found)
    }

    async fn audit_about(&self, about: Subject, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>> {
        if self.is(Fault::ActsByOffset) {
            let all = self.inner.audit_about(about, None, usize::MAX).await?;
            return Ok(self.offsets.page(all, before, limit, |entry| entry.number));
        }
        if self.is(Fault::ActsOfAnybody) {
            return self.inner.audit_entries(before, limit).await;
        }
        self.inner.audit_about(about, before, limit).await
    }
}
