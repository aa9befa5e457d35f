//! Where bytes lie: a folder, memory, or a service that keeps objects.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use super::hash::ContentHash;
use crate::id::AttachmentId;

/// The bytes of a file, piece by piece.
pub type BlobStream = BoxStream<'static, Result<Bytes, BlobError>>;

/// Bytes could not be written, read or removed.
#[derive(Debug, thiserror::Error)]
#[error("failed to {operation} the bytes of an attachment")]
pub struct BlobError {
    /// What was tried, as a verb.
    pub operation: &'static str,
    /// Whether there are none.
    pub missing: bool,
    /// Why.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl BlobError {
    /// It was tried, and failed.
    pub fn new(operation: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { operation, missing: false, source: Some(source.into()) }
    }

    /// There are no such bytes.
    #[must_use]
    pub const fn missing(operation: &'static str) -> Self {
        Self { operation, missing: true, source: None }
    }
}

/// The name under which bytes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobName {
    /// Their hash.
    pub hash: ContentHash,
    /// The upload that brought them first. The same bytes get another name when they come again after they were removed, so
    /// somebody who removes them late removes nothing else.
    pub upload: AttachmentId,
}

/// Where bytes lie. All names are ours: the id of an upload until its hash is known, then [`BlobName`].
///
/// Everything may be done again: whoever calls does not always know what became of the first time.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Begins to stage an upload. What was staged under that id before is replaced.
    async fn begin(&self, upload: AttachmentId) -> Result<Box<dyn BlobWriter>, BlobError>;

    /// What was staged is kept under that name from now on, and durably so; nothing is staged under the id any more. If these
    /// bytes are kept already they stay as they are, or are replaced by the same.
    async fn keep(&self, upload: AttachmentId, name: BlobName) -> Result<(), BlobError>;

    /// Nothing is staged under that id any more, whether or not something was.
    async fn discard(&self, upload: AttachmentId) -> Result<(), BlobError>;

    /// Ids under which something is staged, at most `limit`, in no order.
    async fn staged(&self, limit: usize) -> Result<Vec<AttachmentId>, BlobError>;

    /// The bytes of that name.
    ///
    /// # Errors
    /// [`BlobError::missing`] when there are none.
    async fn read(&self, name: BlobName) -> Result<BlobStream, BlobError>;

    /// Removes the bytes of that name, whether or not there are some.
    async fn remove(&self, name: BlobName) -> Result<(), BlobError>;
}

/// Takes the bytes of one upload. One that is dropped before its end leaves nothing, or something that is
/// [staged](BlobStore::staged).
#[async_trait]
pub trait BlobWriter: Send {
    /// Takes more bytes; returns when there is room for the next, so that whoever sends waits.
    async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError>;

    /// That was all.
    async fn finish(self: Box<Self>) -> Result<(), BlobError>;
}
