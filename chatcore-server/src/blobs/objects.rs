//! Bytes in any `object_store`: `staged/<id>` while they come, `kept/<2 digits>/<hash>.<id>` from then on. No part of a name is
//! anybody's but ours.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chatcore::AttachmentId;
use chatcore::attachment::{BlobError, BlobName, BlobStore, BlobStream, BlobWriter};
use futures::StreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, WriteMultipart};

/// Bytes that are handed on at once to a folder or to memory.
const PIECE: usize = 256 * 1024;

/// Pieces that are under way at the same time, of one upload.
const UNDER_WAY: usize = 2;

/// Bytes in an object store.
pub struct ObjectBlobs {
    objects: Arc<dyn ObjectStore>,
    /// The folder, if it is one: what a process that was killed leaves there shows in no list.
    folder: Option<PathBuf>,
    piece: usize,
}

impl ObjectBlobs {
    /// Over any object store that takes pieces of a quarter of a megabyte.
    #[must_use]
    pub fn new(objects: Arc<dyn ObjectStore>) -> Self {
        Self { objects, folder: None, piece: PIECE }
    }

    /// In a folder that is there. What is kept is synced.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn folder(path: &FilePath) -> Result<Self, Error> {
        let objects = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
        Ok(Self { folder: Some(path.to_owned()), ..Self::new(Arc::new(objects)) })
    }

    /// In S3: the bucket and the prefix of an address `s3://<bucket>/<prefix>`, with the credentials, the region and the
    /// endpoint of the environment (`AWS_...`).
    ///
    /// # Errors
    /// When it cannot be used.
    #[cfg(feature = "s3")]
    pub fn s3(address: &str) -> Result<Self, Error> {
        use object_store::aws::AmazonS3Builder;
        use object_store::prefix::PrefixStore;

        /// S3 takes no smaller pieces, but for the last one.
        const LEAST: usize = 5 * 1024 * 1024;

        let prefix = address.trim_start_matches("s3://").split_once('/').map_or("", |(_, prefix)| prefix);
        let bucket = AmazonS3Builder::from_env().with_url(address).build()?;
        let objects = PrefixStore::new(bucket, Path::parse(prefix.trim_end_matches('/'))?);
        Ok(Self { piece: LEAST, ..Self::new(Arc::new(objects)) })
    }

    /// The file in which an upload to a folder is until it ends.
    fn unfinished(&self, upload: AttachmentId) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        Some(folder.join("staged").join(format!("{}#1", upload.as_uuid().as_simple())))
    }
}

fn staged(upload: AttachmentId) -> Path {
    Path::from_iter(["staged".to_owned(), upload.as_uuid().as_simple().to_string()])
}

fn kept(name: BlobName) -> Path {
    let hash = name.hash.to_string();
    let first = hash[..2].to_owned();
    Path::from_iter(["kept".to_owned(), first, format!("{hash}.{}", name.upload.as_uuid().as_simple())])
}

/// The upload that is staged under a file name.
fn upload_of(file: &str) -> Option<AttachmentId> {
    format!("{}_{}", AttachmentId::PREFIX, file.split('#').next()?).parse().ok()
}

fn failed(operation: &'static str) -> impl FnOnce(Error) -> BlobError {
    move |error| match error {
        Error::NotFound { .. } => BlobError::missing(operation),
        other => BlobError::new(operation, other),
    }
}

/// What is gone already is gone.
fn or_gone(result: Result<(), Error>, operation: &'static str) -> Result<(), BlobError> {
    match result {
        Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
        Err(other) => Err(BlobError::new(operation, other)),
    }
}

struct Writer {
    /// `None` when it is finished.
    upload: Option<WriteMultipart>,
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        let Some(upload) = &mut self.upload else { return Ok(()) };
        upload.wait_for_capacity(UNDER_WAY).await.map_err(failed("stage"))?;
        upload.put(bytes);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), BlobError> {
        match self.upload.take() {
            Some(upload) => upload.finish().await.map(drop).map_err(failed("stage")),
            None => Ok(()),
        }
    }
}

impl Drop for Writer {
    /// Parts of an upload that did not come to its end would be paid for where objects lie in a service.
    fn drop(&mut self) {
        if let (Some(upload), Ok(runtime)) = (self.upload.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(upload.abort());
        }
    }
}

#[async_trait]
impl BlobStore for ObjectBlobs {
    async fn begin(&self, upload: AttachmentId) -> Result<Box<dyn BlobWriter>, BlobError> {
        let begun = self.objects.put_multipart(&staged(upload)).await.map_err(failed("stage"))?;
        Ok(Box::new(Writer { upload: Some(WriteMultipart::new_with_chunk_size(begun, self.piece)) }))
    }

    async fn keep(&self, upload: AttachmentId, name: BlobName) -> Result<(), BlobError> {
        match self.objects.rename(&staged(upload), &kept(name)).await {
            // an earlier try came further than it knew
            Err(Error::NotFound { .. }) => self.objects.head(&kept(name)).await.map(drop).map_err(failed("keep")),
            done => done.map_err(failed("keep")),
        }
    }

    async fn discard(&self, upload: AttachmentId) -> Result<(), BlobError> {
        if let Some(path) = self.unfinished(upload) {
            // it is there only if a process was killed
            let _ = tokio::fs::remove_file(path).await;
        }
        or_gone(self.objects.delete(&staged(upload)).await, "discard")
    }

    async fn staged(&self, limit: usize) -> Result<Vec<AttachmentId>, BlobError> {
        let mut found = Vec::new();
        let mut listed = self.objects.list(Some(&Path::from("staged"))).take(limit);
        while let Some(object) = listed.next().await {
            found.extend(object.map_err(failed("list"))?.location.filename().and_then(upload_of));
        }
        if let Some(folder) = &self.folder
            && let Ok(mut files) = tokio::fs::read_dir(folder.join("staged")).await
        {
            while let (Ok(Some(file)), true) = (files.next_entry().await, found.len() < limit) {
                found.extend(file.file_name().to_str().filter(|name| name.contains('#')).and_then(upload_of));
            }
        }
        Ok(found)
    }

    async fn read(&self, name: BlobName) -> Result<BlobStream, BlobError> {
        let found = self.objects.get(&kept(name)).await.map_err(failed("read"))?;
        Ok(found.into_stream().map(|piece| piece.map_err(failed("read"))).boxed())
    }

    async fn remove(&self, name: BlobName) -> Result<(), BlobError> {
        or_gone(self.objects.delete(&kept(name)).await, "remove")
    }
}

#[cfg(test)]
mod tests {
    use chatcore::attachment::ContentHash;
    use chatcore::testing::CountingIds;
    use chatcore::{RandomIds, Timestamp};
    use futures::TryStreamExt;
    use object_store::memory::InMemory;

    use super::*;

    /// What every place has to do.
    async fn keeps_its_word(blobs: &dyn BlobStore) {
        let ids = CountingIds::default();
        let mint = || AttachmentId::mint(Timestamp::from_micros(1), &ids);
        let (one, two) = (mint(), mint());
        let name = BlobName { hash: ContentHash([0xab; 32]), upload: one };
        assert!(blobs.read(name).await.is_err_and(|error| error.missing));
        for upload in [one, two] {
            let mut writer = blobs.begin(upload).await.unwrap();
            for _ in 0..5 {
                writer.write(Bytes::from(vec![b'x'; 200_000])).await.unwrap();
            }
            writer.finish().await.unwrap();
        }
        assert_eq!(blobs.staged(9).await.unwrap().len(), 2);
        // again after a crash, and by somebody with the same bytes
        for upload in [one, one, two] {
            blobs.keep(upload, name).await.unwrap();
        }
        assert_eq!(blobs.staged(9).await.unwrap(), []);
        let read: Vec<Bytes> = blobs.read(name).await.unwrap().try_collect().await.unwrap();
        assert_eq!(read.iter().map(Bytes::len).sum::<usize>(), 1_000_000);
        for _ in 0..2 {
            blobs.remove(name).await.unwrap();
            blobs.discard(one).await.unwrap();
        }
        assert!(blobs.keep(two, name).await.is_err_and(|error| error.missing), "there is nothing to keep");
    }

    #[tokio::test]
    async fn memory_and_folders_keep_their_word() {
        keeps_its_word(&ObjectBlobs::new(Arc::new(InMemory::new()))).await;
        let folder = tempfile::tempdir().unwrap();
        keeps_its_word(&ObjectBlobs::folder(folder.path()).unwrap()).await;
    }

    #[tokio::test]
    async fn what_a_killed_process_left_is_found_and_goes() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = ObjectBlobs::folder(folder.path()).unwrap();
        let upload = AttachmentId::mint(Timestamp::from_micros(1), &RandomIds);
        std::fs::create_dir(folder.path().join("staged")).unwrap();
        std::fs::write(blobs.unfinished(upload).unwrap(), b"half").unwrap();
        assert_eq!(blobs.staged(9).await.unwrap(), [upload]);
        blobs.discard(upload).await.unwrap();
        assert_eq!(blobs.staged(9).await.unwrap(), []);
    }

    #[tokio::test]
    async fn an_upload_that_is_dropped_leaves_nothing_for_long() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = ObjectBlobs::folder(folder.path()).unwrap();
        let upload = AttachmentId::mint(Timestamp::from_micros(1), &RandomIds);
        let mut writer = blobs.begin(upload).await.unwrap();
        writer.write(Bytes::from_static(b"half")).await.unwrap();
        drop(writer);
        while !blobs.staged(9).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    }
}
