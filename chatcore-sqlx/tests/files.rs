//! The file: what is kept, who may have it, and how a database that cannot be used is refused.
#![cfg(feature = "sqlite")]
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod support;

use std::path::Path;
use std::time::Duration;

use chatcore::conversation::{ConversationStore, Numbered};
use chatcore::store::{Batch, Commit, Kind, Store, StoreErrorKind};
use chatcore_sqlx::{SqliteOptions, SqliteStore};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use support::compare::everything;
use support::records::{conversation, conversation_id, record};
use support::{CountUp, batch, count, fresh};

async fn aside(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.expect("a connection beside the store")
}

async fn ask(connection: &mut SqliteConnection, question: &'static str) -> String {
    sqlx::query_scalar(AssertSqlSafe(format!("SELECT CAST(({question}) AS TEXT)")))
        .fetch_one(connection)
        .await
        .expect("an answer")
}

fn whole_message(error: &dyn std::error::Error) -> String {
    let source = error.source().map(whole_message).unwrap_or_default();
    format!("{error}: {source}")
}

async fn refusal(options: impl Into<SqliteOptions>) -> String {
    let Err(error) = SqliteStore::open(options).await else { panic!("it was opened") };
    whole_message(&error)
}

#[tokio::test]
async fn reopening_keeps_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep").join("er").join("chat.db");
    let store = SqliteStore::open(&path).await.expect("a store in a new folder");
    assert!(store.is_exclusive());
    for kind in Kind::ALL.iter().filter(|kind| !kind.is_projection()) {
        store.commit(batch([fresh(record(*kind, 1, 2, 77))])).await.expect("a record");
    }
    store.commit(Batch::of(CountUp(Numbered::Users))).await.expect("a count");
    // dropped, not closed: the file becomes free all the same
    drop(store);
    let store = SqliteStore::open(path.to_str().expect("a path")).await.expect("the same store");
    for kind in Kind::ALL {
        let expected = match kind {
            Kind::Sequence => 2,
            _ => 1,
        };
        assert_eq!(everything(&store, *kind, 10).await.len(), expected, "{}", kind.name());
    }
    assert_eq!(everything(&store, Kind::Message, 10).await, [record(Kind::Message, 1, 2, 77)]);
    store.close().await;
    assert!(!path.with_extension("db-wal").exists(), "closing moves the log to the database");
}

#[tokio::test]
async fn a_closed_store_refuses_and_closing_twice_is_harmless() {
    let folder = tempfile::tempdir().expect("a folder");
    for options in [SqliteOptions::in_memory(), SqliteOptions::file(folder.path().join("chat.db"))] {
        let store = SqliteStore::open(options).await.expect("a store");
        store.close().await;
        store.close().await;
        let refused = store.commit(Batch::of(CountUp(Numbered::Users))).await.expect_err("it is closed");
        assert_eq!(*refused.kind(), StoreErrorKind::NotApplied);
        let unread = store.conversation(conversation_id(1)).await.expect_err("it is closed");
        assert_eq!(*unread.kind(), StoreErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn a_second_store_on_the_same_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.db");
    let store = SqliteStore::open(&path).await.expect("a store");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&path, folder.path().join("link.db")).expect("a link");
    for name in ["chat.db", "link.db"] {
        let message = refusal(folder.path().join(name)).await;
        assert!(message.contains("in use by another process"), "{message}");
    }
    store.close().await;
    SqliteStore::open(&path).await.expect("it is free again");
}

#[test]
fn the_bundled_sqlite_has_no_known_corruption() {
    let version =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(async {
            let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a connection");
            ask(&mut connection, "sqlite_version()").await
        });
    let numbers: Vec<u32> = version.split('.').map(|number| number.parse().expect("a number")).collect();
    assert!(numbers >= vec![3, 51, 3], "{version} may damage its write-ahead log");
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("data").join("chat.db")).await.expect("a store");
    store.commit(Batch::of(CountUp(Numbered::Users))).await.expect("a count");
    let data = folder.path().join("data");
    let mode = |path: &Path| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for name in ["chat.db", "chat.db-wal", "chat.db-shm", "chat.db.lock"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_are_refused_with_a_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = folder.path().join("letter.txt");
    std::fs::write(&other, "Dear reader, this is a letter and no database. ".repeat(100)).expect("a file");
    let message = refusal(&other).await;
    assert!(message.contains("letter.txt") && message.contains("not a database"), "{message}");

    let missing = SqliteOptions::file(folder.path().join("missing").join("chat.db")).create_folder(false);
    let message = refusal(missing).await;
    assert!(message.contains("missing") && message.contains("No such file"), "{message}");

    let message = refusal(other.join("chat.db")).await;
    assert!(message.contains("letter.txt"), "{message}");
}

#[tokio::test]
async fn a_newer_or_half_made_schema_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.db");
    SqliteStore::open(&path).await.expect("a store").close().await;
    for (damage, reason) in [
        ("INSERT INTO _chatcore_migrations VALUES (9999, 'later', 0, TRUE, x'00', 0)", "newer than this program"),
        ("UPDATE _chatcore_migrations SET success = FALSE WHERE version = 9999", "only in part"),
        (
            "DELETE FROM _chatcore_migrations WHERE version = 9999;
             UPDATE _chatcore_migrations SET checksum = x'00' WHERE version = 1",
            "not the one that this program knows",
        ),
    ] {
        let mut connection = aside(&path).await;
        sqlx::raw_sql(damage).execute(&mut connection).await.expect("damage");
        connection.close().await.expect("closed");
        let message = refusal(&path).await;
        assert!(message.contains(reason) && message.contains("chat.db"), "{message}");
    }
}

#[tokio::test]
async fn an_application_keeps_its_own_migrations_beside_ours() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.db");
    SqliteStore::open(&path).await.expect("a store").close().await;
    let mut connection = aside(&path).await;
    let theirs = "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
    assert_eq!(ask(&mut connection, theirs).await, "0");
    assert_eq!(ask(&mut connection, "SELECT count(*) FROM _chatcore_migrations").await, "13");
}

#[tokio::test]
async fn people_can_query_the_tables() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.db");
    let store = SqliteStore::open(&path).await.expect("a store");
    let records = [(Kind::Sequence, 1), (Kind::Identity, 0), (Kind::Job, 1), (Kind::Message, 1)];
    for (kind, a) in records {
        store.commit(batch([fresh(record(kind, a, 1, 1))])).await.expect("a record");
    }
    // beside the store, while it is open
    let mut connection = aside(&path).await;
    for (question, answer) in [
        ("SELECT of || ' ' || length(owner) || ' ' || next FROM sequences", "conversations 17 1"),
        ("SELECT kind || ' ' || name FROM identities", "username plain"),
        ("SELECT kind FROM jobs", "purge_conversation"),
        ("SELECT role || ' ' || (parts ->> '$[0].text') FROM messages", "user plain"),
        ("PRAGMA integrity_check", "ok"),
    ] {
        let found = match question.strip_prefix("PRAGMA ") {
            None => ask(&mut connection, question).await,
            Some(_) => sqlx::query_scalar(question).fetch_one(&mut connection).await.expect("an answer"),
        };
        assert_eq!(found, answer, "{question}");
    }
}

#[tokio::test]
async fn a_writer_beside_the_store_is_waited_for_and_then_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.db");
    let store = SqliteStore::open(SqliteOptions::file(&path).busy_timeout(Duration::ZERO)).await.expect("a store");
    store.commit(Batch::of(CountUp(Numbered::Users))).await.expect("a count");
    // somebody else writes meanwhile, longer than we wait: as good as a disk that takes nothing
    let mut other = aside(&path).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("a lock");
    let commit = store.commit(batch([fresh(conversation(1, 0))]));
    let refused = commit.await.expect_err("the file is busy");
    assert_eq!(*refused.kind(), StoreErrorKind::NotApplied);
    assert!(whole_message(&refused).contains("locked"), "{refused}");
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("free again");
    store.commit(batch([fresh(conversation(1, 0))])).await.expect("the store goes on");
    assert_eq!(count(&store, Numbered::Users).await, 2);
}
