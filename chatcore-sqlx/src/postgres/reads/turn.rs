//! Reads of runs.

use async_trait::async_trait;
use chatcore::once::{IdempotencyKey, RequestName};
use chatcore::turn::{Run, RunLog, TurnStore};
use chatcore::{ConversationId, RunId, StoreError, Subject, Timestamp};

use crate::postgres::PostgresStore;
use crate::postgres::row::Binder;
use crate::value::{Bind, bound, limit as page};

#[async_trait]
impl TurnStore for PostgresStore {
    async fn run(&self, id: RunId) -> Result<Option<Run>, StoreError> {
        self.readers.by_key(&id).await
    }

    async fn active_runs(&self, conversation: ConversationId) -> Result<Vec<Run>, StoreError> {
        let mut values = Binder::default();
        values.key(&conversation);
        self.readers
            .records("WHERE t.conversation = $1 AND t.state IN ('queued', 'running') ORDER BY t.id", values)
            .await
    }

    async fn lapsed_runs(&self, before: Timestamp, limit: usize) -> Result<Vec<Run>, StoreError> {
        let mut values = Binder::default();
        values.time(before);
        values.integer(page(limit));
        self.readers
            .records(
                "WHERE t.heartbeat_at < $1 AND t.state IN ('queued', 'running') ORDER BY t.heartbeat_at, t.id LIMIT $2",
                values,
            )
            .await
    }

    async fn run_log(&self, run: RunId, after: u64, limit: usize) -> Result<Vec<RunLog>, StoreError> {
        let mut values = Binder::default();
        values.key(&run);
        values.integer(bound(after));
        values.integer(page(limit));
        // the stretch that `after` lies in, or ends, begins at or before the event behind it
        self.readers
            .records(
                "WHERE t.run = $1 AND t.first >= coalesce((
                    SELECT CASE WHEN last > $2 THEN first END FROM run_logs
                    WHERE run = $1 AND first <= $2 + 1 ORDER BY first DESC LIMIT 1
                ), $2 + 1) ORDER BY t.first LIMIT $3",
                values,
            )
            .await
    }

    async fn idempotency_key(&self, owner: Subject, name: &RequestName) -> Result<Option<IdempotencyKey>, StoreError> {
        let mut values = Binder::default();
        values.key(&owner);
        values.key(name);
        self.readers.record("WHERE t.owner = $1 AND t.name = $2", values).await
    }

    async fn expired_keys(&self, now: Timestamp, limit: usize) -> Result<Vec<IdempotencyKey>, StoreError> {
        let mut values = Binder::default();
        values.time(now);
        values.integer(page(limit));
        self.readers.records("WHERE t.expires_at <= $1 ORDER BY t.expires_at, t.owner, t.name LIMIT $2", values).await
    }
}
