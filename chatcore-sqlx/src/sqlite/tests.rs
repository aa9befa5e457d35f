//! What can only be seen from inside: how connections are set up, how statements are planned, and what becomes of the
//! connection that writes when it fails.

use std::sync::Arc;

use chatcore::account::{Identity, Session, User};
use chatcore::conversation::{Conversation, ExternalId, Fork, Lane, Message, Node, Numbered, Sequence, Slot};
use chatcore::job::{Job, Work};
use chatcore::store::{Batch, Change, Stop, StoreErrorKind, Tx};
use chatcore::turn::{Run, RunLog};
use chatcore::{ConversationId, JobId, RandomIds, Timestamp};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use tokio::sync::Mutex;

use super::statement::{Statement, Texts};
use super::writer::{Line, Writer};
use super::{SqliteOptions, connection, file};
use crate::committer::GroupWriter;
use crate::table::{Kept, Mapped};

async fn pragma(connection: &mut SqliteConnection, name: &str) -> String {
    let row = sqlx::query(AssertSqlSafe(format!("PRAGMA {name}"))).fetch_one(connection).await.unwrap();
    row.try_get::<String, _>(0).or_else(|_| row.try_get::<i64, _>(0).map(|number| number.to_string())).unwrap()
}

#[tokio::test]
async fn connections_are_set_up_as_promised() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::file(folder.path().join("chat.db"));
    let held = file::hold(&folder.path().join("chat.db"), &options).await.unwrap();
    let mut writer = connection::connect(&connection::writer(&held.path, &options)).await.unwrap();
    for (name, value) in [
        ("journal_mode", "wal"),
        // FULL
        ("synchronous", "2"),
        ("foreign_keys", "0"),
        ("busy_timeout", "10000"),
        ("wal_autocheckpoint", "4000"),
        ("journal_size_limit", "67108864"),
        ("fullfsync", "1"),
        ("checkpoint_fullfsync", "1"),
    ] {
        assert_eq!(pragma(&mut writer, name).await, value, "{name} of the connection that writes");
    }
    let mut reader = connection::reader(&held.path, &options).connect().await.unwrap();
    for (name, value) in [("query_only", "1"), ("busy_timeout", "10000"), ("journal_mode", "wal")] {
        assert_eq!(pragma(&mut reader, name).await, value, "{name} of the connections that read");
    }
    assert!(sqlx::query("DELETE FROM users").execute(&mut reader).await.is_err(), "a reader cannot write");
}

async fn plan(connection: &mut SqliteConnection, text: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"))).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>("detail")).collect()
}

async fn looks_up<R: Mapped>(connection: &mut SqliteConnection, text: Arc<str>) {
    let plan = plan(connection, &text).await;
    let searches = |step: &String| step.starts_with("SEARCH t ") || step.starts_with(&format!("SEARCH {} ", R::TABLE));
    assert!(plan.iter().any(searches), "{}: {plan:#?}\n{text:.500}", R::TABLE);
}

async fn is_looked_up<R: Mapped>(connection: &mut SqliteConnection) {
    for rows in [1, 5, 256] {
        looks_up::<R>(connection, Texts::default().of(&[Statement::load::<R>(rows)])).await;
    }
}

async fn is_written_by_key<R: Kept>(connection: &mut SqliteConnection) {
    is_looked_up::<R>(connection).await;
    for rows in [1, 5, 256] {
        looks_up::<R>(connection, Texts::default().of(&[Statement::update::<R>(rows)])).await;
        looks_up::<R>(connection, Texts::default().of(&[Statement::delete::<R>(rows)])).await;
    }
}

#[tokio::test]
async fn every_row_is_found_by_an_index() {
    let mut connection = connection::connect(&connection::memory(&SqliteOptions::in_memory())).await.unwrap();
    is_written_by_key::<Conversation>(&mut connection).await;
    is_written_by_key::<Message>(&mut connection).await;
    is_written_by_key::<Lane>(&mut connection).await;
    is_written_by_key::<Fork>(&mut connection).await;
    is_written_by_key::<Sequence>(&mut connection).await;
    is_written_by_key::<Run>(&mut connection).await;
    is_written_by_key::<RunLog>(&mut connection).await;
    is_written_by_key::<User>(&mut connection).await;
    is_written_by_key::<Identity>(&mut connection).await;
    is_written_by_key::<Session>(&mut connection).await;
    is_written_by_key::<Job>(&mut connection).await;
    is_looked_up::<Node>(&mut connection).await;
    is_looked_up::<Slot>(&mut connection).await;
    is_looked_up::<ExternalId>(&mut connection).await;
}

/// Adds many jobs, or counts up.
#[derive(Debug)]
struct Jobs(usize);

impl Change for Jobs {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.get::<Sequence>(&Numbered::Users)?;
        (0..self.0).try_for_each(|_| {
            let now = Timestamp::default();
            let conversation = ConversationId::mint(now, &RandomIds);
            let id = JobId::mint(now, &RandomIds);
            tx.insert_fresh(Job { id, work: Work::PurgeConversation { conversation }, created_at: now })
        })
    }
}

async fn writer(folder: &std::path::Path) -> (Line, Writer) {
    let path = folder.join("chat.db");
    let options = SqliteOptions::file(&path);
    let held = file::hold(&path, &options).await.unwrap();
    let connect = connection::writer(&held.path, &options);
    let line: Line = Arc::new(Mutex::new(Some(connection::connect(&connect).await.unwrap())));
    (line.clone(), Writer::new(line, Some(connect), None, Arc::default()))
}

async fn commit(writer: &mut Writer, jobs: usize) -> Result<(), StoreErrorKind> {
    let answer = writer.commit(vec![Batch::of(Jobs(jobs))]).await.pop().unwrap();
    answer.map(|_| ()).map_err(|error| error.kind().clone())
}

#[tokio::test]
async fn a_full_database_refuses_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (line, mut writer) = writer(folder.path()).await;
    commit(&mut writer, 1).await.unwrap();
    {
        let mut line = line.lock().await;
        let connection = line.as_mut().unwrap();
        let pages = pragma(connection, "page_count").await;
        pragma(connection, &format!("max_page_count = {pages}")).await;
    }
    assert_eq!(commit(&mut writer, 500).await, Err(StoreErrorKind::NotApplied));
    assert_eq!(commit(&mut writer, 500).await, Err(StoreErrorKind::NotApplied));
    commit(&mut writer, 1).await.unwrap();
    let mut line = line.lock().await;
    let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM jobs").fetch_one(line.as_mut().unwrap()).await;
    assert_eq!(count.unwrap(), 2);
}

#[tokio::test]
async fn a_lost_connection_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let (line, mut writer) = writer(folder.path()).await;
    commit(&mut writer, 1).await.unwrap();
    *line.lock().await = None;
    commit(&mut writer, 1).await.unwrap();
    // somebody left a transaction open: the group fails, and the next finds a fresh connection
    sqlx::query("BEGIN").execute(line.lock().await.as_mut().unwrap()).await.unwrap();
    assert_eq!(commit(&mut writer, 1).await, Err(StoreErrorKind::NotApplied));
    commit(&mut writer, 1).await.unwrap();
}
