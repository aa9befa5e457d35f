//! Reads of jobs.

use async_trait::async_trait;
use chatcore::job::{Job, JobStore};
use chatcore::{JobId, StoreError};

use crate::postgres::PostgresStore;
use crate::postgres::row::Binder;
use crate::value::{Bind, limit as page};

#[async_trait]
impl JobStore for PostgresStore {
    async fn jobs(&self, after: Option<JobId>, limit: usize) -> Result<Vec<Job>, StoreError> {
        let mut values = Binder::default();
        match after {
            Some(id) => values.key(&id),
            None => values.bytes(&[]),
        }
        values.integer(page(limit));
        self.readers.records("WHERE t.id > $1 ORDER BY t.id LIMIT $2", values).await
    }
}
