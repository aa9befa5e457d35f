//! Archives: written, read, restored.

use chatcore::MemoryStore;
use chatcore::store::AnyRecord;
use chatcore::transfer::{Options, TransferError, archive, digest};
use futures::executor::block_on;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::digests::job;
use crate::stores::{Fails, failing, lived_in, pairs, put, sampled, samples, small_samples};

/// The archive of a store with these records.
pub(crate) async fn archive_of(records: impl IntoIterator<Item = AnyRecord>) -> Vec<u8> {
    let store = MemoryStore::in_memory();
    put(&store, records).await;
    let mut file = Vec::new();
    archive::write(&store, &mut file, &mut |_| {}).await.unwrap();
    file
}

/// People read it, and programs of other versions.
#[test]
fn the_archive_is_the_one_that_it_always_was() {
    let file = String::from_utf8(block_on(archive_of([job(1)]))).unwrap();
    let expected = include_str!("archive.jsonl").replace("PROGRAM", env!("CARGO_PKG_VERSION"));
    let above = expected.lines().rev().skip(1).map(str::len).sum::<usize>() + expected.lines().count() - 1;
    let lines: String = Sha256::digest(&expected[..above]).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(file, expected.replace("LINES", &lines));
}

#[test]
fn what_is_written_is_read_and_restored() {
    block_on(async {
        for from in [sampled().await, MemoryStore::in_memory()] {
            let mut file = Vec::new();
            let written = archive::write(&from, &mut file, &mut |_| {}).await.unwrap();
            assert_eq!(written, digest(&from).await.unwrap());
            let mut reader = archive::read(&file[..]).unwrap();
            assert_eq!(reader.digest(), None, "nothing is believed yet");
            let records: Vec<AnyRecord> = reader.by_ref().map(Result::unwrap).collect();
            assert_eq!(reader.digest(), Some(&written));
            assert!(records.is_empty() || records == samples(1));
            let to = MemoryStore::in_memory();
            let restored = archive::restore(&file[..], &to, &Options::default(), &mut |_| {}).await.unwrap();
            assert_eq!(restored.digest, written);
            assert!(pairs(&from).await == pairs(&to).await);
        }
    });
}

#[test]
fn only_an_empty_store_is_restored_into() {
    block_on(async {
        let file = archive_of(small_samples(1)).await;
        let to = MemoryStore::in_memory();
        put(&to, [job(1)]).await;
        let error = archive::restore(&file[..], &to, &Options::default(), &mut |_| {}).await.unwrap_err();
        assert_eq!(error.to_string(), "the target is not empty: there is a job in it");
        let resumed = archive::restore(&file[..], &to, &Options::default().resume(true), &mut |_| {}).await;
        assert!(matches!(resumed, Err(TransferError::NotACopy(_))), "{resumed:?}");
    });
}

#[test]
fn a_restore_that_broke_off_at_any_batch_goes_on_when_it_is_told_to() {
    block_on(async {
        let from = lived_in().await;
        let mut file = Vec::new();
        let whole = archive::write(&*from, &mut file, &mut |_| {}).await.unwrap();
        let options = Options::default().batch_records(9);
        let batches = usize::try_from(whole.records()).unwrap().div_ceil(9);
        for after in 0..batches {
            let to = failing(Fails::After, after);
            let error = archive::restore(&file[..], &to, &options, &mut |_| {}).await.unwrap_err();
            assert!(matches!(error, TransferError::Target(_)), "{error}");
            let again = archive::restore(&file[..], &to, &options, &mut |_| {}).await.unwrap_err();
            assert!(matches!(again, TransferError::NotEmpty(_)), "{again}");
            let resume = options.clone().resume(true);
            let resumed = archive::restore(&file[..], &to, &resume, &mut |_| {}).await.unwrap();
            assert_eq!(resumed.digest, whole);
            assert!(pairs(&from).await == pairs(&to).await);
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_store_goes_through_an_archive(records in prop::sample::subsequence(small_samples(2), 0..100)) {
        block_on(async {
            let (from, to) = (MemoryStore::in_memory(), MemoryStore::in_memory());
            put(&from, records).await;
            let mut file = Vec::new();
            archive::write(&from, &mut file, &mut |_| {}).await.unwrap();
            archive::restore(&file[..], &to, &Options::default(), &mut |_| {}).await.unwrap();
            assert!(pairs(&from).await == pairs(&to).await);
        });
    }
}
