//! SQLite on a file, and beside it one connection with the settings of the store's own.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use chatcore::account::Caller;
use chatcore::store::{OrderedKey, Store};
use chatcore::{ConversationId, MessageId};
use chatcore_sqlx::SqliteStore;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row};
use tempfile::TempDir;

use super::tail::Tail;
use super::{Backend, Raw, groups};
use crate::data::Failure;

pub(super) struct Sqlite {
    store: Arc<SqliteStore>,
    /// Those of other stores.
    groups_before: u64,
    path: PathBuf,
    /// Removed with the store; a store in a place of its own is kept.
    _folder: Option<TempDir>,
}

impl Sqlite {
    pub(super) async fn open() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let sqlite = Self::at(folder.path().join("bench.db")).await?;
        Ok(Self { _folder: Some(folder), ..sqlite })
    }

    pub(super) async fn at(path: PathBuf) -> Result<Self, Failure> {
        let store = Arc::new(SqliteStore::open(&path).await?);
        Ok(Self { store, groups_before: groups::counted(), path, _folder: None })
    }
}

#[async_trait]
impl Backend for Sqlite {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    fn groups(&self) -> u64 {
        groups::counted() - self.groups_before
    }

    async fn raw(&self, of: &Caller, to: ConversationId) -> Result<Option<Box<dyn Raw>>, Failure> {
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", "4000")
            .pragma("cache_size", "-65536")
            .row_buffer_size(512)
            .disable_statement_logging();
        let mut connection = options.connect().await?;
        let row = sqlx::query("SELECT head_message, head_position, updated_at FROM conversations WHERE id = ?1")
            .bind(to.to_bytes())
            .fetch_one(&mut connection)
            .await?;
        let tail = Tail::new(of, to, row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok(Some(Box::new(ByHand { connection, tail })))
    }

    async fn close(self: Box<Self>) -> Result<Option<u64>, Failure> {
        self.store.close().await;
        // the log has been moved into the database
        Ok(Some(std::fs::metadata(&self.path)?.len()))
    }
}

struct ByHand {
    connection: SqliteConnection,
    tail: Tail,
}

#[async_trait]
impl Raw for ByHand {
    async fn append(&mut self) -> Result<(), Failure> {
        let tail = &mut self.tail;
        let (id, parent) = tail.grow();
        let mut tx = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let number: i64 = sqlx::query_scalar(COUNT).bind(&tail.counter).fetch_one(&mut *tx).await?;
        sqlx::query(MESSAGE)
            .bind(&id)
            .bind(&tail.conversation)
            .bind(tail.depth)
            .bind(&tail.owner)
            .bind(number)
            .bind(parent)
            .bind(tail.at)
            .bind(Tail::parts())
            .execute(&mut *tx)
            .await?;
        let update = sqlx::query(CONVERSATION).bind(&tail.conversation).bind(&id).bind(tail.depth).bind(tail.at);
        update.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    async fn branch(&mut self, id: ConversationId, page: u32) -> Result<Option<Vec<MessageId>>, Failure> {
        let query = sqlx::query(BRANCH).bind(id.to_bytes()).bind(page);
        let rows = query.fetch_all(&mut self.connection).await?;
        let ids = rows.iter().map(|row| {
            let id = columns(row, 17)?;
            MessageId::read(&mut id.as_slice()).ok_or_else(|| "no id".into())
        });
        ids.collect::<Result<_, _>>().map(Some)
    }

    async fn list(&mut self, of: &Caller, page: u32) -> Result<Option<Vec<ConversationId>>, Failure> {
        let query = sqlx::query(LIST).bind(of.subject().to_bytes()).bind(page);
        let rows = query.fetch_all(&mut self.connection).await?;
        let ids = rows.iter().map(|row| {
            let id = columns(row, 21)?;
            ConversationId::read(&mut id.as_slice()).ok_or_else(|| "no id".into())
        });
        ids.collect::<Result<_, _>>().map(Some)
    }
}

/// Reads all columns, as whoever shows a row does; texts stay texts. The first is the id.
fn columns(row: &SqliteRow, count: usize) -> Result<Vec<u8>, Failure> {
    for column in 1..count {
        std::hint::black_box(row.try_get_unchecked::<Option<&[u8]>, _>(column)?);
    }
    Ok(row.try_get(0)?)
}

const COUNT: &str = "UPDATE sequences SET next = next + 1 WHERE key = ?1 RETURNING next - 1";

const MESSAGE: &str = "
    INSERT INTO messages (id, conversation, lane, position, owner, number, parent, seq, role, state, created_at, parts)
    VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?3, 'user', 'complete', ?7, ?8)";

const CONVERSATION: &str = "
    UPDATE conversations SET head_message = ?2, head_lane = 0, head_position = ?3, head_open = 1,
        version = version + 1, next_seq = ?3 + 1, message_count = message_count + 1, updated_at = ?4
    WHERE id = ?1";

/// From the head up through the lanes, then the messages of each stretch: one statement for any tree.
const BRANCH: &str = "
    WITH RECURSIVE up (lane, last, start, parent, floor) AS (
        SELECT c.head_lane, c.head_position, coalesce(l.start, 0), l.parent, max(c.head_position - ?2 + 1, 1)
        FROM conversations AS c LEFT JOIN lanes AS l ON l.conversation = c.id AND l.lane = c.head_lane
        WHERE c.id = ?1
        UNION ALL
        SELECT up.parent, up.start - 1, coalesce(l.start, 0), l.parent, up.floor
        FROM up LEFT JOIN lanes AS l ON l.conversation = ?1 AND l.lane = up.parent
        WHERE up.lane <> 0 AND up.start > up.floor
    )
    SELECT m.id, m.conversation, m.parent, m.owner, m.lane, m.position, m.number, m.seq, m.role, m.state, m.model,
        m.usage, m.run, m.client_ref, m.created_at, m.edited_at, m.parts
    FROM up CROSS JOIN messages AS m
    WHERE m.conversation = ?1 AND m.lane = up.lane AND m.position BETWEEN max(up.start, up.floor) AND up.last
    ORDER BY m.position";

const LIST: &str = "
    SELECT * FROM conversations WHERE owner = ?1 AND state = 'live' ORDER BY updated_at DESC, id LIMIT ?2";
