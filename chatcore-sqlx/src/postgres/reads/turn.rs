//! Reads of runs.

use async_trait::async_trait;
use chatcore::once::{IdempotencyKey, RequestName};
use chatcore::turn::{Run, RunLog, TurnStore};
use chatcore::{ConversationId, RunId, StoreError, Subject, Timestamp};

use crate::error::unread;
use crate::postgres::PostgresStore;
use crate::postgres::row::{Binder, Columns};
use crate::table::Mapped;
use crate::value::{Bind, Take, bound, limit as page};

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

    async fn runs_of(&self, owner: Subject, after: Option<RunId>, limit: usize) -> Result<Vec<Run>, StoreError> {
        let mut values = Binder::default();
        values.key(&owner);
        behind(after, &mut values);
        values.integer(page(limit));
        self.readers.records("WHERE t.owner = $1 AND t.id > $2 ORDER BY t.id LIMIT $3", values).await
    }

    async fn logged_runs(&self, after: Option<RunId>, limit: usize) -> Result<Vec<RunId>, StoreError> {
        // from run to run along the key, one look-up each
        let text = "WITH RECURSIVE logged (run, n) AS (
                SELECT (SELECT run FROM run_logs WHERE run > $1 ORDER BY run LIMIT 1), 1
                UNION ALL
                SELECT (SELECT l.run FROM run_logs AS l WHERE l.run > logged.run ORDER BY l.run LIMIT 1), n + 1
                FROM logged WHERE logged.run IS NOT NULL AND n < $2
            ) SELECT run FROM logged WHERE run IS NOT NULL ORDER BY n LIMIT $2";
        let mut values = Binder::default();
        behind(after, &mut values);
        values.integer(page(limit));
        let rows = self.readers.rows(RunLog::TABLE, text.to_owned(), values).await?;
        rows.iter().map(|row| Columns::of(row).key().map_err(|error| unread(RunLog::TABLE, error))).collect()
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

/// The id that a page begins behind; no bytes sort before every id.
fn behind(after: Option<RunId>, values: &mut Binder) {
    match after {
        Some(id) => values.key(&id),
        None => values.bytes(&[]),
    }
}
