//! Many callers at once: what is committed together neither mixes nor loses anything.
#![cfg(feature = "sqlite")]
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use chatcore::conversation::{ConversationStore, Numbered};
use chatcore::store::{Batch, Commit, Conflict, Kind, StoreErrorKind};
use chatcore_sqlx::{SqliteOptions, SqliteStore};
use futures::future::join_all;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use support::compare::everything;
use support::records::{conversation, message, message_id, owner};
use support::{CountUp, Panic, Refuse, Step, Verb, batch, count, fresh};
use tempfile::TempDir;

async fn on_disk() -> (TempDir, Arc<SqliteStore>) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("chat.db")).await.expect("a store");
    (folder, Arc::new(store))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_writers_lose_nothing() {
    let (_folder, store) = on_disk().await;
    let writers = (0..64_u8).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..25 {
                let both = Batch::of(CountUp(Numbered::Users)).and(CountUp(Numbered::Messages(owner(n % 5))));
                store.commit(both).await.expect("a count");
            }
        })
    });
    for writer in join_all(writers).await {
        writer.expect("a writer");
    }
    assert_eq!(count(&*store, Numbered::Users).await, 1 + 64 * 25);
    let mut owned = 0;
    for n in 0..5 {
        owned += count(&*store, Numbered::Messages(owner(n))).await - 1;
    }
    assert_eq!(owned, 64 * 25);
}

/// Waiting batches are written together: as many turns of the disk as there are groups, far fewer than batches.
#[tokio::test]
async fn those_who_wait_are_committed_together() {
    let (folder, store) = on_disk().await;
    store.commit(Batch::of(CountUp(Numbered::Users))).await.expect("a count");
    let log = folder.path().join("chat.db-wal");
    let before = std::fs::metadata(&log).expect("the log").len();
    let all = join_all((0..64).map(|_| store.commit(Batch::of(CountUp(Numbered::Users))))).await;
    assert!(all.iter().all(Result::is_ok));
    let pages = (std::fs::metadata(&log).expect("the log").len() - before) / 4096;
    assert!(pages < 8, "64 batches that change one row took {pages} pages of the log");
    assert_eq!(count(&*store, Numbered::Users).await, 66);
}

#[tokio::test]
async fn an_id_that_was_minted_twice_is_refused_alone() {
    let (_folder, store) = on_disk().await;
    let first = message(1, 0, 0);
    store.commit(batch([fresh(first.clone())])).await.expect("the first");
    // the second lies elsewhere, so that only the id is the same
    let second = message(1, 4, 1);
    let (neighbour, twin, other) = tokio::join!(
        store.commit(batch([fresh(message(2, 0, 2))])),
        store.commit(batch([fresh(second)])),
        store.commit(batch([fresh(conversation(1, 0))])),
    );
    assert!(neighbour.is_ok() && other.is_ok());
    assert_eq!(twin.expect_err("a twin").conflict(), Some(&Conflict::Exists(Kind::Message)));
    assert_eq!(store.message(message_id(1)).await.expect("a read"), Some(first));
    assert!(store.message(message_id(2)).await.expect("a read").is_some());
}

#[tokio::test]
async fn an_id_that_was_minted_twice_in_one_group_is_refused_once() {
    let (_folder, store) = on_disk().await;
    let (one, two, other) = tokio::join!(
        store.commit(batch([fresh(message(1, 0, 0))])),
        store.commit(batch([fresh(message(1, 4, 1))])),
        store.commit(batch([fresh(message(2, 0, 2))])),
    );
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(two.expect_err("a twin").conflict(), Some(&Conflict::Exists(Kind::Message)));
    assert_eq!(store.message(message_id(1)).await.expect("a read"), Some(message(1, 0, 0)));
}

#[tokio::test]
async fn a_refused_batch_leaves_no_trace() {
    let (_folder, store) = on_disk().await;
    let refused = batch([fresh(message(1, 0, 0)), fresh(conversation(1, 0))]).and(Refuse);
    let (refused, neighbour) = tokio::join!(store.commit(refused), store.commit(batch([fresh(message(2, 0, 2))])));
    assert_eq!(refused.expect_err("a refusal").conflict(), Some(&Conflict::Rule("no")));
    assert!(neighbour.is_ok());
    for kind in Kind::ALL.iter().filter(|kind| !kind.is_projection()) {
        let expected = usize::from(*kind == Kind::Message);
        assert_eq!(everything(&*store, *kind, 10).await.len(), expected, "{}", kind.name());
    }
}

#[tokio::test]
async fn a_broken_rule_harms_nobody_else() {
    for store in [on_disk().await.1, Arc::new(SqliteStore::in_memory().await.expect("a store"))] {
        let (before, broken, behind) = tokio::join!(
            store.commit(batch([fresh(message(1, 0, 0))])),
            store.commit(batch([fresh(message(3, 0, 3))]).and(Panic)),
            store.commit(batch([fresh(message(2, 0, 2))])),
        );
        assert!(before.is_ok() && behind.is_ok());
        assert_eq!(*broken.expect_err("a panic").kind(), StoreErrorKind::NotApplied);
        assert_eq!(everything(&*store, Kind::Message, 10).await.len(), 2);
    }
}

#[tokio::test]
async fn a_rule_that_lets_two_rows_clash_fails_alone() {
    let (_folder, store) = on_disk().await;
    support::broken::a_clash_fails_alone(&*store).await;
    support::broken::a_clash_fails_alone(&SqliteStore::in_memory().await.expect("a store")).await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_fails_alone() {
    let (folder, store) = on_disk().await;
    support::broken::two_messages(&*store).await;
    store.close().await;
    let path = folder.path().join("chat.db");
    let mut aside = SqliteConnectOptions::new().filename(&path).connect().await.expect("a connection");
    let first = "UPDATE messages SET state = 'odd' WHERE id = (SELECT min(id) FROM messages)";
    sqlx::query(first).execute(&mut aside).await.expect("damage");
    aside.close().await.expect("an end");
    let store = SqliteStore::open(path).await.expect("a store");
    support::broken::a_row_that_cannot_be_read_fails_alone(&store).await;
}

/// Callers go away at any moment. Each batch writes two rows; in the end both are there or neither is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_go_away_leave_whole_batches() {
    let (_folder, store) = on_disk().await;
    let callers = (0..200_u32).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            let n8 = u8::try_from(n).expect("below 256");
            let mut pair = (message(n8, 0, 0), conversation(n8, 0));
            pair.0.place.lane = n;
            let work = store.commit(batch([fresh(pair.0), fresh(pair.1)]));
            let patience = Duration::from_micros(u64::from(n * 7919 % 3000));
            let _ = tokio::time::timeout(patience, work).await;
            let _ = tokio::time::timeout(patience / 4, store.scan_both()).await;
        })
    });
    for caller in join_all(callers).await {
        caller.expect("a caller");
    }
    // whatever was handed in is done when a later batch is answered
    store.commit(Batch::of(CountUp(Numbered::Users))).await.expect("a commit after them");
    let messages = everything(&*store, Kind::Message, 1000).await;
    let conversations = everything(&*store, Kind::Conversation, 1000).await;
    let keys =
        |all: &[chatcore::store::AnyRecord]| all.iter().map(chatcore::store::AnyRecord::key_bytes).collect::<Vec<_>>();
    assert_eq!(keys(&messages), keys(&conversations));
    for _ in 0..20 {
        assert!(store.conversation(support::records::conversation_id(0)).await.is_ok(), "no reader was lost");
    }
}

trait ScanBoth {
    async fn scan_both(&self);
}

impl ScanBoth for SqliteStore {
    async fn scan_both(&self) {
        everything(self, Kind::Message, 5).await;
        everything(self, Kind::Conversation, 1000).await;
    }
}

#[tokio::test]
async fn a_group_is_no_larger_than_asked_and_all_are_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = SqliteOptions::file(folder.path().join("chat.db")).max_group(3).readers(1);
    let store = SqliteStore::open(options).await.expect("a store");
    let all = join_all((0..50).map(|_| store.commit(Batch::of(CountUp(Numbered::Users))))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(count(&store, Numbered::Users).await, 51);
}

/// More rows than one statement takes, in every direction.
#[tokio::test]
async fn batches_that_need_several_statements_are_whole() {
    let (_folder, store) = on_disk().await;
    let lanes = |end| {
        (0..700_u32).map(move |n| {
            let mut lane = support::records::lane(0, 1, 0);
            (lane.lane, lane.parent, lane.seq, lane.end) = (n + 1, 0, u64::from(n), end);
            lane
        })
    };
    let step = |verb, end| batch(lanes(end).map(|lane| Step(verb, lane.into())));
    store.commit(step(Verb::InsertFresh, None)).await.expect("many rows");
    assert_eq!(everything(&*store, Kind::Lane, 1000).await.len(), 700);
    store.commit(step(Verb::Update, Some(9))).await.expect("many changes");
    let all = everything(&*store, Kind::Lane, 1000).await;
    assert!(all.iter().all(|it| matches!(it, chatcore::store::AnyRecord::Lane(lane) if lane.end == Some(9))));
    store.commit(step(Verb::Delete, None)).await.expect("all gone");
    assert!(everything(&*store, Kind::Lane, 1000).await.is_empty());
}
