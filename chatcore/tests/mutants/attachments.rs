//! The same store's attachments.

use async_trait::async_trait;
use chatcore::attachment::{Attachment, AttachmentState, AttachmentStore, Blob, BlobState, ContentHash};
use chatcore::{AttachmentId, Subject, Timestamp};

use crate::fault::Fault;
use crate::store::{Mutant, Result};

#[async_trait]
impl AttachmentStore for Mutant {
    async fn attachment(&self, id: AttachmentId) -> Result<Option<Attachment>> {
        let found = self.inner.attachment(id).await?;
        Ok(found.filter(|one| one.state == AttachmentState::Ready || !self.is(Fault::HidesArriving)))
    }

    async fn attachments(
        &self,
        owner: Subject,
        after: Option<(Timestamp, AttachmentId)>,
        limit: usize,
    ) -> Result<Vec<Attachment>> {
        let mut found = self.inner.attachments(owner, after, limit).await?;
        if self.is(Fault::AttachmentsById) {
            found.sort_by_key(|one| one.id);
        }
        Ok(found)
    }

    async fn idle_attachments(&self, since: Timestamp, limit: usize) -> Result<Vec<Attachment>> {
        let mut found = self.inner.idle_attachments(since, limit).await?;
        if self.is(Fault::IdleById) {
            found.sort_by_key(|one| one.id);
        }
        Ok(found)
    }

    async fn blob(&self, hash: ContentHash) -> Result<Option<Blob>> {
        let found = self.inner.blob(hash).await?;
        Ok(found.filter(|one| one.state != BlobState::Leaving || !self.is(Fault::HidesLeaving)))
    }

    async fn idle_blobs(&self, since: Timestamp, limit: usize) -> Result<Vec<Blob>> {
        let mut found = self.inner.idle_blobs(since, limit).await?;
        if self.is(Fault::IdleByHash) {
            found.sort_by_key(|one| one.hash);
        }
        Ok(found)
    }
}
