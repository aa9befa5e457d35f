//! Reads of the audit log.

use async_trait::async_trait;
use chatcore::audit::{AuditEntry, AuditHead, AuditStore};
use chatcore::{StoreError, Subject};

use crate::postgres::PostgresStore;
use crate::postgres::row::Binder;
use crate::value::{Bind, limit as page, number};

#[async_trait]
impl AuditStore for PostgresStore {
    async fn audit_entry(&self, wanted: u64) -> Result<Option<AuditEntry>, StoreError> {
        let mut values = Binder::default();
        values.number(wanted);
        self.readers.record("WHERE t.number = $1", values).await
    }

    async fn audit_head(&self) -> Result<Option<AuditHead>, StoreError> {
        let mut values = Binder::default();
        values.key(&());
        self.readers.record("WHERE t.chain = $1", values).await
    }

    async fn audit_entries(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let mut values = Binder::default();
        values.integer(page(limit));
        let filter = below(before, &mut values).map(|filter| format!("WHERE {filter}")).unwrap_or_default();
        self.readers.records(&format!("{filter} ORDER BY t.number DESC LIMIT $1"), values).await
    }

    async fn audit_about(
        &self,
        about: Subject,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let mut values = Binder::default();
        values.integer(page(limit));
        let filter = below(before, &mut values).map(|filter| format!("AND {filter}")).unwrap_or_default();
        values.key(&about);
        let about = if filter.is_empty() { "$2" } else { "$3" };
        let clause = format!("WHERE t.about = {about} {filter} ORDER BY t.number DESC LIMIT $1");
        self.readers.records(&clause, values).await
    }
}

/// What leaves out all but the entries below a number. No number is above the largest of a column, so beyond it there is
/// nothing to leave out.
fn below(before: Option<u64>, values: &mut Binder) -> Option<&'static str> {
    let before = before.filter(|before| i64::try_from(*before).is_ok())?;
    values.integer(number(before));
    Some("t.number < $2")
}
