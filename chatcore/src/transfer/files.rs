//! The bytes of attachments, from one place to another: those that the records name, each checked by its hash.

use futures::StreamExt;
use sha2::{Digest as _, Sha256};

use super::error::TransferError;
use super::records::Records;
use crate::attachment::{Blob, BlobError, BlobState, BlobStore, BlobStream, ContentHash};
use crate::store::{AnyRecord, Kind, Scan};

/// What became of the bytes that records name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilesSummary {
    /// Files that were copied.
    pub copied: u64,
    /// Files that were there already, whole.
    pub present: u64,
    /// Bytes that attachments have, and that are not there, or are not these. The rest is done.
    pub lost: Vec<ContentHash>,
}

/// How many files the records name.
///
/// # Errors
/// [`TransferError::Source`].
pub async fn count(records: &dyn Scan) -> Result<u64, TransferError> {
    let (mut blobs, mut count) = (Blobs::of(records), 0);
    while let Some(blob) = blobs.next().await? {
        count += u64::from(is_owed(&blob));
    }
    Ok(count)
}

/// Copies the files that the records name and that are not in the other place yet. May be done again, which goes on
/// where it broke off: a file that is there whole is read, and not copied.
///
/// # Errors
/// [`TransferError::Source`] and [`TransferError::Files`]. A file that is missing or damaged is no error: it is in the
/// summary, and the others are copied.
pub async fn copy(records: &dyn Scan, from: &dyn BlobStore, to: &dyn BlobStore) -> Result<FilesSummary, TransferError> {
    let (mut blobs, mut summary) = (Blobs::of(records), FilesSummary::default());
    while let Some(blob) = blobs.next().await? {
        if is_whole(to, &blob).await? {
            summary.present += 1;
        } else if copy_one(from, to, &blob).await? {
            summary.copied += 1;
        } else if is_owed(&blob) {
            summary.lost.push(blob.hash);
        }
    }
    Ok(summary)
}

/// Reads every file that the records name.
///
/// # Errors
/// As [`copy`].
pub async fn verify(records: &dyn Scan, at: &dyn BlobStore) -> Result<FilesSummary, TransferError> {
    let (mut blobs, mut summary) = (Blobs::of(records), FilesSummary::default());
    while let Some(blob) = blobs.next().await? {
        if is_whole(at, &blob).await? {
            summary.present += 1;
        } else if is_owed(&blob) {
            summary.lost.push(blob.hash);
        }
    }
    Ok(summary)
}

/// Whether there must be bytes: they came, and somebody has them. What nobody has goes at any moment.
fn is_owed(blob: &Blob) -> bool {
    blob.state == BlobState::Kept && blob.links > 0
}

struct Blobs<'a>(Records<'a>);

impl<'a> Blobs<'a> {
    fn of(records: &'a dyn Scan) -> Self {
        Self(Records::new(records))
    }

    async fn next(&mut self) -> Result<Option<Blob>, TransferError> {
        let found = self.0.next(Kind::Blob).await.map_err(TransferError::Source)?;
        Ok(found.and_then(|entry| match entry.record {
            AnyRecord::Blob(blob) => Some(blob),
            _ => None,
        }))
    }
}

/// The bytes; nothing if there are none.
async fn open(at: &dyn BlobStore, blob: &Blob) -> Result<Option<BlobStream>, BlobError> {
    match at.read(blob.name()).await {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if error.missing => Ok(None),
        Err(error) => Err(error),
    }
}

async fn is_whole(at: &dyn BlobStore, blob: &Blob) -> Result<bool, TransferError> {
    let Some(mut bytes) = open(at, blob).await? else { return Ok(false) };
    let mut hash = Sha256::new();
    while let Some(piece) = bytes.next().await {
        hash.update(&piece?);
    }
    Ok(blob.hash.0 == <[u8; 32]>::from(hash.finalize()))
}

/// Whether they were there, and the right ones. What is staged under the name of the upload is nobody's but ours: in
/// the place of a backup, or of a store that is not served yet.
async fn copy_one(from: &dyn BlobStore, to: &dyn BlobStore, blob: &Blob) -> Result<bool, TransferError> {
    let Some(mut bytes) = open(from, blob).await? else { return Ok(false) };
    let (mut writer, mut hash) = (to.begin(blob.upload).await?, Sha256::new());
    while let Some(piece) = bytes.next().await {
        let piece = piece?;
        hash.update(&piece);
        writer.write(piece).await?;
    }
    writer.finish().await?;
    let is_right = blob.hash.0 == <[u8; 32]>::from(hash.finalize());
    if is_right {
        to.keep(blob.upload, blob.name()).await?;
    } else {
        to.discard(blob.upload).await?;
    }
    Ok(is_right)
}
