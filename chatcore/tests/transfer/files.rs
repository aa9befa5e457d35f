//! The bytes of attachments on the move.

use bytes::Bytes;
use chatcore::attachment::{Blob, BlobName, BlobState, BlobStore, ContentHash};
use chatcore::store::{Batch, Commit};
use chatcore::testing::{CountingIds, MemoryBlobs};
use chatcore::transfer::files::{FilesSummary, copy, count, verify};
use chatcore::transfer::{InsertRecord, TransferError};
use chatcore::{AttachmentId, MemoryStore, Timestamp};
use futures::executor::block_on;
use sha2::{Digest, Sha256};

const NOW: Timestamp = Timestamp::from_micros(1);

/// Bytes that somebody has.
fn blob(ids: &CountingIds, bytes: &[u8]) -> Blob {
    let (hash, size) = (ContentHash(Sha256::digest(bytes).into()), bytes.len() as u64);
    Blob { hash, upload: AttachmentId::mint(NOW, ids), size, state: BlobState::Kept, links: 1, idle_since: None }
}

async fn keep(at: &MemoryBlobs, name: BlobName, bytes: &[u8]) {
    let mut writer = at.begin(name.upload).await.unwrap();
    writer.write(Bytes::copy_from_slice(bytes)).await.unwrap();
    writer.finish().await.unwrap();
    at.keep(name.upload, name).await.unwrap();
}

async fn store(blobs: &[&Blob]) -> MemoryStore {
    let store = MemoryStore::in_memory();
    for blob in blobs {
        store.commit(Batch::of(InsertRecord((*blob).clone().into()))).await.unwrap();
    }
    store
}

#[test]
fn whole_files_arrive_once_and_the_rest_is_named() {
    block_on(async {
        let ids = CountingIds::default();
        let (one, two, gone, other) =
            (blob(&ids, b"one"), blob(&ids, b"two"), blob(&ids, b"gone"), blob(&ids, b"right"));
        let left = Blob { links: 0, idle_since: Some(NOW), ..blob(&ids, b"left by all") };
        let coming = Blob { state: BlobState::Arriving, ..blob(&ids, b"still coming") };
        let records = store(&[&one, &two, &gone, &other, &left, &coming]).await;
        let (from, to) = (MemoryBlobs::default(), MemoryBlobs::default());
        keep(&from, one.name(), b"one").await;
        keep(&from, two.name(), b"two").await;
        keep(&from, other.name(), b"wrong").await;
        keep(&from, left.name(), b"left by all").await;
        // an earlier try broke off, or somebody touched it
        keep(&to, two.name(), b"tw").await;
        assert_eq!(count(&records).await.unwrap(), 4);

        let mut lost = vec![gone.hash, other.hash];
        lost.sort();
        let first = copy(&records, &from, &to).await.unwrap();
        assert_eq!(first, FilesSummary { copied: 3, present: 0, lost: lost.clone() });
        assert_eq!(to.count(), (0, 3), "nothing of what is wrong stays");
        let again = copy(&records, &from, &to).await.unwrap();
        assert_eq!(again, FilesSummary { copied: 0, present: 3, lost: lost.clone() });
        assert_eq!(verify(&records, &to).await.unwrap(), again);
        assert_eq!(verify(&records, &from).await.unwrap().lost, lost);
    });
}

#[test]
fn a_place_that_fails_is_an_error_and_the_next_try_goes_on() {
    block_on(async {
        let ids = CountingIds::default();
        let one = blob(&ids, b"one");
        let records = store(&[&one]).await;
        let (from, to) = (MemoryBlobs::default(), MemoryBlobs::default());
        keep(&from, one.name(), b"one").await;
        for operation in ["begin", "write", "keep"] {
            to.fail_at(operation);
            assert!(matches!(copy(&records, &from, &to).await, Err(TransferError::Files(_))), "{operation}");
        }
        from.fail_at("read");
        assert!(matches!(copy(&records, &from, &to).await, Err(TransferError::Files(_))));
        assert_eq!(copy(&records, &from, &to).await.unwrap().copied, 1);
    });
}
