//! What a store of attachments can be asked.

use async_trait::async_trait;

use super::hash::ContentHash;
use super::record::{Attachment, Blob};
use crate::clock::Timestamp;
use crate::id::AttachmentId;
use crate::store::{Domain, StoreError};
use crate::subject::Subject;

/// Reads of attachments. A store that keeps none implements them with an empty block: each answers that it does not.
#[async_trait]
pub trait AttachmentStore: Send + Sync {
    /// An attachment.
    ///
    /// # Behaviour
    /// * `attachment_by_id`: whatever its state.
    async fn attachment(&self, id: AttachmentId) -> Result<Option<Attachment>, StoreError> {
        left_out(id)
    }

    /// Attachments of an owner.
    ///
    /// # Behaviour
    /// * `attachments_newest_first`: by `created_at`, newest first, then id; at most `limit`, those behind `after` only.
    async fn attachments(
        &self,
        owner: Subject,
        after: Option<(Timestamp, AttachmentId)>,
        limit: usize,
    ) -> Result<Vec<Attachment>, StoreError> {
        left_out((owner, after, limit))
    }

    /// Attachments that no message has named since a moment, or since before.
    ///
    /// # Behaviour
    /// * `idle_attachments_oldest_first`: by `idle_since`, then id; at most `limit`.
    async fn idle_attachments(&self, since: Timestamp, limit: usize) -> Result<Vec<Attachment>, StoreError> {
        left_out((since, limit))
    }

    /// Bytes by their hash.
    ///
    /// # Behaviour
    /// * `blob_by_hash`: whatever their state.
    async fn blob(&self, hash: ContentHash) -> Result<Option<Blob>, StoreError> {
        left_out(hash)
    }

    /// Bytes that no attachment has had since a moment, or since before.
    ///
    /// # Behaviour
    /// * `idle_blobs_oldest_first`: by `idle_since`, then hash; at most `limit`.
    async fn idle_blobs(&self, since: Timestamp, limit: usize) -> Result<Vec<Blob>, StoreError> {
        left_out((since, limit))
    }
}

/// What every read of a store without attachments answers, whatever it was asked.
fn left_out<T>(_asked: impl Send) -> Result<T, StoreError> {
    Err(StoreError::unsupported(Domain::Attachments, "read attachments"))
}
