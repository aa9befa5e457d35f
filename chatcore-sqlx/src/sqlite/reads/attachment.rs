//! Reads of attachments.

use async_trait::async_trait;
use chatcore::attachment::{Attachment, AttachmentStore, Blob, ContentHash};
use chatcore::{AttachmentId, StoreError, Subject, Timestamp};

use crate::sqlite::SqliteStore;
use crate::sqlite::row::Binder;
use crate::value::{Bind, limit as page};

#[async_trait]
impl AttachmentStore for SqliteStore {
    async fn attachment(&self, id: AttachmentId) -> Result<Option<Attachment>, StoreError> {
        self.readers.by_key(&id).await
    }

    async fn attachments(
        &self,
        owner: Subject,
        after: Option<(Timestamp, AttachmentId)>,
        limit: usize,
    ) -> Result<Vec<Attachment>, StoreError> {
        let mut values = Binder::default();
        values.key(&owner);
        // no id sorts before an empty one, so the first page starts behind the last moment and no id
        values.integer(after.map_or(i64::MAX, |(at, _)| at.as_micros()));
        match after {
            Some((_, id)) => values.key(&id),
            None => values.bytes(&[]),
        }
        values.integer(page(limit));
        self.readers
            .records(
                "WHERE t.owner = ?1 AND t.created_at <= ?2 AND (t.created_at < ?2 OR t.id > ?3) \
                 ORDER BY t.created_at DESC, t.id LIMIT ?4",
                values,
            )
            .await
    }

    async fn idle_attachments(&self, since: Timestamp, limit: usize) -> Result<Vec<Attachment>, StoreError> {
        let mut values = Binder::default();
        values.time(since);
        values.integer(page(limit));
        self.readers.records("WHERE t.idle_since <= ?1 ORDER BY t.idle_since, t.id LIMIT ?2", values).await
    }

    async fn blob(&self, hash: ContentHash) -> Result<Option<Blob>, StoreError> {
        self.readers.by_key(&hash).await
    }

    async fn idle_blobs(&self, since: Timestamp, limit: usize) -> Result<Vec<Blob>, StoreError> {
        let mut values = Binder::default();
        values.time(since);
        values.integer(page(limit));
        self.readers.records("WHERE t.idle_since <= ?1 ORDER BY t.idle_since, t.hash LIMIT ?2", values).await
    }
}
