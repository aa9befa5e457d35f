//! From store to store.

use std::error::Error;
use std::pin::pin;

use chatcore::account::User;
use chatcore::store::{AnyRecord, Batch, Change, Commit, Conflict, Kind, Stop, StoreErrorKind, Stored, Tx};
use chatcore::transfer::{self, Difference, Differs, InsertRecord, Options, Progress, TransferError, copy, verify};
use chatcore::{MemoryStore, UserId};
use futures::FutureExt;
use futures::executor::block_on;

use crate::digests::job;
use crate::stores::{Fails, failing, healthy, lived_in, of_kind, pairs, put, sampled, samples, small_samples};

/// Removes a record.
#[derive(Debug)]
struct Remove<R: Stored>(R::Key);

impl<R: Stored> Change for Remove<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.delete::<R>(&self.0)
    }
}

fn user_of(records: &[AnyRecord]) -> User {
    let Some(AnyRecord::User(user)) = of_kind(records, Kind::User).pop() else { panic!("the samples have users") };
    user
}

#[test]
fn every_record_of_every_kind_arrives_with_its_lists_and_projections() {
    block_on(async {
        let (from, to) = (sampled().await, MemoryStore::in_memory());
        let mut told = Vec::new();
        let summary = copy(&from, &to, &Options::default(), &mut |progress| told.push(progress)).await.unwrap();
        let count = samples(1).len() as u64;
        assert_eq!((summary.inserted, summary.present, summary.digest.records()), (count, 0, count));
        let in_digest: Vec<Kind> = summary.digest.kinds().iter().map(|section| section.kind).collect();
        assert_eq!(in_digest, transfer::kinds().collect::<Vec<_>>(), "there are samples of every kind");
        assert!(pairs(&from).await == pairs(&to).await);
        assert_eq!(told.iter().map(|progress| progress.records).collect::<Vec<_>>(), (1..=count).collect::<Vec<_>>());
        let bytes: u64 = samples(1).iter().map(|record| record.encode().len() as u64).sum();
        assert!(matches!(told.last(), Some(Progress { kind: Kind::Share, bytes: told, .. }) if *told == bytes));
        assert_eq!(verify(&from, &to).await.unwrap(), summary.digest);
    });
}

#[test]
fn a_store_that_was_lived_in_arrives_whole() {
    block_on(async {
        let (from, to) = (lived_in().await, MemoryStore::in_memory());
        let first = copy(&*from, &to, &Options::default(), &mut |_| {}).await.unwrap();
        assert!(first.digest.records() > 40, "{}", first.digest);
        assert!(pairs(&from).await == pairs(&to).await);
        let second = copy(&*from, &to, &Options::default(), &mut |_| {}).await.unwrap();
        assert_eq!((second.inserted, second.present, second.digest), (0, first.inserted, first.digest));
    });
}

#[test]
fn a_copy_that_broke_off_at_any_batch_goes_on_where_it_was() {
    block_on(async {
        let (records, options) = (small_samples(1), Options::default().batch_records(7));
        let from = MemoryStore::in_memory();
        put(&from, records.clone()).await;
        let batches = records.len().div_ceil(7);
        for (fails, after) in (0..batches).flat_map(|after| [(Fails::Before, after), (Fails::After, after)]) {
            let to = failing(fails, after);
            let error = copy(&from, &to, &options, &mut |_| {}).await.unwrap_err();
            assert!(matches!(error, TransferError::Target(_)), "{error}");
            let done = if fails == Fails::After { after + 1 } else { after };
            let there = (done * 7).min(records.len());
            assert_eq!(transfer::digest(&to).await.unwrap().records(), there as u64);
            let resumed = copy(&from, &to, &options, &mut |_| {}).await.unwrap();
            assert_eq!((resumed.present, resumed.inserted), (there as u64, (records.len() - there) as u64));
            assert!(pairs(&from).await == pairs(&to).await, "{fails:?} {after}");
        }
    });
}

/// The batch that was on its way when nobody waited any more arrives all the same. Whoever goes on before it did is told.
#[test]
fn a_copy_that_is_dropped_at_every_pause_goes_on_too() {
    block_on(async {
        let (from, to) = (MemoryStore::in_memory(), failing(Fails::Pauses, 0));
        let records = small_samples(1);
        put(&from, records.clone()).await;
        let options = Options::default().batch_records(5);
        // each attempt is polled once more than the one before
        for polls in 1.. {
            assert!(polls < 1000, "it gets nowhere");
            let mut progress = |_| {};
            let mut attempt = pin!(copy(&from, &to, &options, &mut progress));
            match (0..polls).find_map(|_| attempt.as_mut().now_or_never()) {
                None => {}
                Some(Ok(_)) => {
                    assert!(polls > 5, "it never paused");
                    break;
                }
                Some(Err(error)) => assert!(error.source().unwrap().to_string().contains("exists"), "{error}"),
            }
        }
        assert!(pairs(&from).await == pairs(&to).await);
    });
}

#[test]
fn what_a_target_lacks_in_the_middle_is_put_in() {
    block_on(async {
        let (from, to) = (sampled().await, sampled().await);
        let user = user_of(&samples(1));
        to.commit(Batch::of(Remove::<User>(user.id))).await.unwrap();
        let summary = copy(&from, &to, &Options::default(), &mut |_| {}).await.unwrap();
        assert_eq!(summary.inserted, 1);
        assert!(pairs(&from).await == pairs(&to).await);
    });
}

#[test]
fn a_target_that_holds_something_else_is_refused_and_left_as_it_is() {
    block_on(async {
        let records = small_samples(1);
        let from = MemoryStore::in_memory();
        put(&from, records.clone()).await;
        let user = user_of(&records);
        let changed = User { epoch: user.epoch.wrapping_add(1) >> 1, ..user.clone() };
        let stranger = User { id: UserId::from_uuid(uuid::Uuid::max()), ..user.clone() };
        let cases = [(changed, Differs::Changed), (stranger, Differs::Unexpected)];
        for (record, how) in cases {
            let to = MemoryStore::in_memory();
            let record = AnyRecord::from(record);
            put(&to, [record.clone()]).await;
            let before = pairs(&to).await;
            let error = copy(&from, &to, &Options::default().batch_records(1), &mut |_| {}).await.unwrap_err();
            let expected = Difference { kind: Kind::User, key: record.key_bytes(), how };
            assert!(matches!(&error, TransferError::NotACopy(found) if *found == expected), "{error}");
            assert!(error.to_string().contains("unfinished copy of the source: the user "), "{error}");
            assert!(pairs(&to).await == before, "nothing was written");
        }
    });
}

#[test]
fn batches_are_bounded_by_records_and_by_bytes() {
    block_on(async {
        let from = MemoryStore::in_memory();
        let records: Vec<AnyRecord> = (0..2500).map(job).collect();
        put(&from, records.clone()).await;
        let sizes = async |options: Options| {
            let to = healthy();
            copy(&from, &to, &options, &mut |_| {}).await.unwrap();
            to.inner().writes.lock().unwrap().clone()
        };
        assert_eq!(sizes(Options::default()).await, [1000, 1000, 500]);
        assert_eq!(sizes(Options::default().batch_records(99_999)).await, [1000, 1000, 500], "more are not taken");
        assert_eq!(sizes(Options::default().batch_records(100)).await, [100; 25]);
        let largest = records[0].encode().len();
        assert_eq!(sizes(Options::default().batch_bytes(largest * 500)).await, [500; 5]);
        assert_eq!(sizes(Options::default().batch_bytes(1)).await, vec![1; records.len()], "a large record goes alone");
    });
}

#[test]
fn verify_finds_the_first_difference() {
    block_on(async {
        let (all, user) = (sampled().await, user_of(&samples(1)));
        let less = sampled().await;
        less.commit(Batch::of(Remove::<User>(user.id))).await.unwrap();
        let difference = async |from, to| match verify(from, to).await {
            Err(TransferError::Differ(difference)) => difference,
            other => panic!("{other:?}"),
        };
        let key = AnyRecord::from(user.clone()).key_bytes();
        let how = |how| Difference { kind: Kind::User, key: key.clone(), how };
        assert_eq!(difference(&all, &less).await, how(Differs::Missing));
        assert_eq!(difference(&less, &all).await, how(Differs::Unexpected));
        put(&less, [User { epoch: 99, ..user.clone() }.into()]).await;
        assert_eq!(difference(&all, &less).await, how(Differs::Changed));
    });
}

#[test]
fn a_raw_insert_overwrites_nothing_and_writes_no_projection() {
    block_on(async {
        let store = lived_in().await;
        for kind in Kind::ALL {
            let before = pairs(&store).await;
            let Some(record) = chatcore::store::Scan::scan(&*store, *kind, None, 1).await.unwrap().pop() else {
                continue;
            };
            let refused = store.commit(Batch::of(InsertRecord(record))).await.unwrap_err();
            match kind.is_projection() {
                true => assert!(matches!(refused.conflict(), Some(Conflict::Rule(_)))),
                false => assert_eq!(*refused.kind(), StoreErrorKind::Conflict(Conflict::Exists(*kind))),
            }
            assert!(pairs(&store).await == before);
        }
    });
}
