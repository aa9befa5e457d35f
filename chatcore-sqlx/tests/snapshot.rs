//! One moment of a database file that a store writes to.
#![cfg(feature = "sqlite")]
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod support;

use chatcore_sqlx::{SqliteSnapshot, SqliteStore};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use support::steady::{Steady, seen};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_one_moment() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.db");
    let store = SqliteStore::open(&path).await.expect("a store");
    let steady = Steady::default();
    let look = async {
        for _ in 0..4 {
            steady.go_on(5).await;
            let before = steady.ended();
            let snapshot = SqliteSnapshot::open(&path).await.expect("a snapshot");
            let after = steady.begun();
            steady.go_on(5).await;
            let found = seen(&snapshot).await;
            assert!((before..=after).contains(&found), "{found} is not between {before} and {after}");
            steady.go_on(5).await;
            assert_eq!(seen(&snapshot).await, found, "it stays as it is");
        }
        steady.stop();
    };
    tokio::join!(steady.write(&store), look);
    store.close().await;
}

#[tokio::test]
async fn files_that_are_not_ours_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.db");
    let refusal = async || {
        let Err(error) = SqliteSnapshot::open(&path).await else { panic!("it was opened") };
        error.to_string()
    };
    let missing = refusal().await;
    assert!(missing.contains("chat.db"), "{missing}");
    assert!(!path.exists(), "looking makes no file");
    std::fs::write(&path, []).expect("an empty file");
    let unmigrated = refusal().await;
    assert!(unmigrated.contains("older than this program"), "{unmigrated}");
    SqliteStore::open(&path).await.expect("a store").close().await;
    let mut aside = SqliteConnectOptions::new().filename(&path).connect().await.expect("a connection");
    let later = "INSERT INTO _chatcore_migrations VALUES (9999, 'later', 0, TRUE, x'00', 0)";
    sqlx::query(later).execute(&mut aside).await.expect("a later version");
    aside.close().await.expect("closed");
    let newer = refusal().await;
    assert!(newer.contains("newer than this program"), "{newer}");
}
