//! Commits of many callers, some of whom go away, and what comes after the end.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use chatcore::conversation::{ConversationStore, Numbered, Sequence};
use chatcore::store::{
    AnyRecord, Batch, Change, Commit, KeyValue, Kind, KvWrite, Range, Scan, Stop, StoreErrorKind, Tx,
};
use chatcore::{ConversationId, IdSource, RandomIds, Timestamp};
use chatcore_sled::SledStore;
use futures::executor::block_on;
use futures::future::join_all;
use tempfile::TempDir;

/// Counts one up.
#[derive(Debug)]
struct CountUp(Numbered);

impl Change for CountUp {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        match tx.get::<Sequence>(&self.0)? {
            Some(sequence) => tx.update(Sequence { next: sequence.next + 1, ..sequence }),
            None => tx.insert(Sequence { of: self.0, next: 2 }),
        }
    }
}

fn count_up() -> Batch {
    Batch::of(CountUp(Numbered::Users))
}

async fn counted(store: &SledStore) -> u64 {
    match store.scan(Kind::Sequence, None, 1).await.unwrap().first() {
        Some(AnyRecord::Sequence(sequence)) => sequence.next - 1,
        _ => 0,
    }
}

async fn scratch() -> (TempDir, Arc<SledStore>) {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path().join("chat")).await.unwrap();
    (folder, Arc::new(store))
}

fn some_id() -> ConversationId {
    ConversationId::mint(Timestamp::from_micros(1), &RandomIds as &dyn IdSource)
}

#[test]
fn a_closed_store_refuses_and_closing_twice_is_harmless() {
    block_on(async {
        let (_folder, store) = scratch().await;
        store.commit(count_up()).await.unwrap();
        store.close().await;
        store.close().await;
        let refused = store.commit(count_up()).await.unwrap_err();
        assert_eq!(*refused.kind(), StoreErrorKind::NotApplied);
        let unread = store.conversation(some_id()).await.unwrap_err();
        assert_eq!(*unread.kind(), StoreErrorKind::Unavailable);
    });
}

#[test]
fn what_was_handed_in_before_the_end_is_written() {
    block_on(async {
        let (folder, store) = scratch().await;
        let commits = (0..20).map(|_| store.commit(count_up()));
        let (answers, ()) = futures::join!(join_all(commits), store.close());
        let written = answers.iter().filter(|answer| answer.is_ok()).count();
        assert!(
            answers.iter().flat_map(|answer| answer.as_ref().err()).all(|e| *e.kind() == StoreErrorKind::NotApplied)
        );
        let store = SledStore::open(folder.path().join("chat")).await.unwrap();
        assert_eq!(counted(&store).await, written as u64);
    });
}

/// Callers go away at any moment; whoever is answered counts, and nobody counts twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_go_away_leave_whole_batches() {
    let (folder, store) = scratch().await;
    let callers = (0..300_usize).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut commit = pin!(store.commit(count_up()));
            let mut polls = n % 5;
            let gone = poll_fn(move |context| match commit.as_mut().poll(context) {
                Poll::Ready(answer) => Poll::Ready(Some(answer)),
                Poll::Pending if polls == 0 => Poll::Ready(None),
                Poll::Pending => {
                    polls -= 1;
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
            });
            gone.await.map_or(0, |answer| u64::from(answer.is_ok()))
        })
    });
    let answered: u64 = join_all(callers).await.into_iter().map(Result::unwrap).sum();
    store.commit(count_up()).await.unwrap();
    let counted_before = counted(&store).await;
    assert!((answered + 1..=301).contains(&counted_before), "{answered} were answered, {counted_before} counted");
    drop(store);
    let store = SledStore::open(folder.path().join("chat")).await.unwrap();
    assert_eq!(counted(&store).await, counted_before);
}

/// A group changes many keys and values of several pieces; every reader sees one group throughout.
#[test]
fn readers_see_whole_groups() {
    let (_folder, store) = block_on(scratch());
    let key = |n: u32| n.to_be_bytes().to_vec();
    let group = |mark: u8| (0..50).map(move |n| KvWrite::Put { key: key(n), value: vec![mark; 9000] }).collect();
    let one_mark = |values: Vec<Vec<u8>>| {
        let mut bytes = values.iter().flatten();
        let first = bytes.next().unwrap();
        values.len() == 50 && bytes.all(|byte| byte == first)
    };
    block_on(store.inner().apply(group(0))).unwrap();
    let readers: Vec<_> = (0..2)
        .map(|n| {
            let store = store.clone();
            std::thread::spawn(move || {
                for _ in 0..200 {
                    let values = if n == 0 {
                        block_on(store.inner().get_many((0..50).map(key).collect()))
                            .unwrap()
                            .into_iter()
                            .flatten()
                            .collect()
                    } else {
                        let all = Range { start: Vec::new(), end: None, reverse: true };
                        block_on(store.inner().scan(all, 99)).unwrap().into_iter().map(|(_, value)| value).collect()
                    };
                    assert!(one_mark(values), "a part of a group was seen");
                }
            })
        })
        .collect();
    for mark in 1..60 {
        block_on(store.inner().apply(group(mark))).unwrap();
    }
    for reader in readers {
        reader.join().unwrap();
    }
}
