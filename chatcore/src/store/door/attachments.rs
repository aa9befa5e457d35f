//! The reads of attachments, as look-ups and ranges of keys.

use async_trait::async_trait;

use super::reads::behind;
use super::{DoorStore, KeyValue};
use crate::attachment::{Attachment, AttachmentStore, Blob, ContentHash};
use crate::clock::Timestamp;
use crate::id::AttachmentId;
use crate::store::record::Index;
use crate::store::{Newest, OrderedKey, StoreError, prefix_range};
use crate::subject::Subject;

/// All that has a time by that moment.
fn until(moment: Timestamp) -> (Vec<u8>, Option<Vec<u8>>) {
    (Vec::new(), prefix_range(&moment.to_bytes()).1)
}

#[async_trait]
impl<K: KeyValue> AttachmentStore for DoorStore<K> {
    async fn attachment(&self, id: AttachmentId) -> Result<Option<Attachment>, StoreError> {
        self.get(id).await
    }

    async fn attachments(
        &self,
        owner: Subject,
        after: Option<(Timestamp, AttachmentId)>,
        limit: usize,
    ) -> Result<Vec<Attachment>, StoreError> {
        let range = behind(&owner, after.map(|(at, id)| (owner, Newest(at), id).to_bytes()));
        let found: Vec<(Subject, Newest, AttachmentId)> = self.list(Index::AttachmentsByOwner, range, limit).await?;
        self.present(found.into_iter().map(|(_, _, id)| id).collect()).await
    }

    async fn idle_attachments(&self, since: Timestamp, limit: usize) -> Result<Vec<Attachment>, StoreError> {
        let found: Vec<(Timestamp, AttachmentId)> = self.list(Index::IdleAttachments, until(since), limit).await?;
        let idle: Vec<Attachment> = self.present(found.into_iter().map(|(_, id)| id).collect()).await?;
        // one may have been named between the two reads
        Ok(idle.into_iter().filter(|one| one.idle_since.is_some_and(|at| at <= since)).collect())
    }

    async fn blob(&self, hash: ContentHash) -> Result<Option<Blob>, StoreError> {
        self.get(hash).await
    }

    async fn idle_blobs(&self, since: Timestamp, limit: usize) -> Result<Vec<Blob>, StoreError> {
        let found: Vec<(Timestamp, ContentHash)> = self.list(Index::IdleBlobs, until(since), limit).await?;
        let idle: Vec<Blob> = self.present(found.into_iter().map(|(_, hash)| hash).collect()).await?;
        // an attachment may have got them between the two reads
        Ok(idle.into_iter().filter(|one| one.idle_since.is_some_and(|at| at <= since)).collect())
    }
}
