//! Bytes of attachments in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};

use crate::attachment::{BlobError, BlobName, BlobStore, BlobStream, BlobWriter};
use crate::id::AttachmentId;

/// Keeps bytes in memory, and fails when it is told to. Clones are one store.
#[derive(Debug, Clone, Default)]
pub struct MemoryBlobs(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    staged: BTreeMap<AttachmentId, Vec<u8>>,
    kept: BTreeMap<BlobName, Vec<u8>>,
    fails: Option<&'static str>,
}

impl MemoryBlobs {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next time that this is tried it fails: `begin`, `write`, `keep`, `discard`, `read` or `remove`.
    pub fn fail_at(&self, operation: &'static str) {
        self.held().fails = Some(operation);
    }

    /// How many uploads are staged, and how many blobs are kept.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        let held = self.held();
        (held.staged.len(), held.kept.len())
    }

    fn to(&self, operation: &'static str) -> Result<MutexGuard<'_, Held>, BlobError> {
        let mut held = self.held();
        if held.fails.take_if(|fails| *fails == operation).is_some() {
            return Err(BlobError::new(operation, "it was told to fail"));
        }
        Ok(held)
    }
}

struct Writer {
    blobs: MemoryBlobs,
    upload: AttachmentId,
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        let mut held = self.blobs.to("write")?;
        held.staged.entry(self.upload).or_default().extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<(), BlobError> {
        Ok(())
    }
}

#[async_trait]
impl BlobStore for MemoryBlobs {
    async fn begin(&self, upload: AttachmentId) -> Result<Box<dyn BlobWriter>, BlobError> {
        self.to("begin")?.staged.insert(upload, Vec::new());
        Ok(Box::new(Writer { blobs: self.clone(), upload }))
    }

    async fn keep(&self, upload: AttachmentId, name: BlobName) -> Result<(), BlobError> {
        let mut held = self.to("keep")?;
        let staged = held.staged.remove(&upload);
        match staged {
            Some(bytes) => drop(held.kept.insert(name, bytes)),
            None if held.kept.contains_key(&name) => {}
            None => return Err(BlobError::missing("keep")),
        }
        Ok(())
    }

    async fn discard(&self, upload: AttachmentId) -> Result<(), BlobError> {
        self.to("discard")?.staged.remove(&upload);
        Ok(())
    }

    async fn staged(&self, limit: usize) -> Result<Vec<AttachmentId>, BlobError> {
        Ok(self.held().staged.keys().take(limit).copied().collect())
    }

    async fn read(&self, name: BlobName) -> Result<BlobStream, BlobError> {
        let found = self.to("read")?.kept.get(&name).cloned();
        let bytes = found.ok_or(BlobError::missing("read"))?;
        let pieces: Vec<_> = bytes.chunks(4096).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        Ok(stream::iter(pieces).boxed())
    }

    async fn remove(&self, name: BlobName) -> Result<(), BlobError> {
        self.to("remove")?.kept.remove(&name);
        Ok(())
    }
}
