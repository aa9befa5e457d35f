//! The same work as a program would write it by hand: sqlx, the same file, the same tables, as few statements as can be.

use chatcore::account::Caller;
use chatcore::conversation::Numbered;
use chatcore::store::OrderedKey;
use chatcore::{ConversationId, IdSource, MessageId, RandomIds};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row};

use crate::data::{Data, Failure};

/// One connection with the settings of the store's own.
pub struct Raw(SqliteConnection);

/// A message as its row holds it; ids stay bytes, JSON stays text.
#[expect(dead_code, reason = "all columns are read, as whoever shows a message does")]
struct Message {
    id: Vec<u8>,
    conversation: Vec<u8>,
    parent: Option<Vec<u8>>,
    owner: Vec<u8>,
    place: (i64, i64),
    number: i64,
    seq: i64,
    role: String,
    state: String,
    model: Option<String>,
    usage: Option<String>,
    run: Option<Vec<u8>>,
    client_ref: Option<String>,
    created_at: i64,
    edited_at: Option<i64>,
    parts: String,
}

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

impl Raw {
    /// Opens the database beside the store.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(data: &Data) -> Result<Self, Failure> {
        let options = SqliteConnectOptions::new()
            .filename(data.path())
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", "4000")
            .pragma("cache_size", "-16384")
            .row_buffer_size(512)
            .disable_statement_logging();
        Ok(Self(options.connect().await?))
    }

    /// The last page of a branch: the ids on it, root first.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub async fn branch(&mut self, id: ConversationId, page: u32) -> Result<Vec<MessageId>, Failure> {
        let query = sqlx::query(BRANCH).bind(id.to_bytes()).bind(page).try_map(message);
        let messages = query.fetch_all(&mut self.0).await?;
        messages
            .iter()
            .map(|message| MessageId::read(&mut message.id.as_slice()).ok_or_else(|| "no id".into()))
            .collect()
    }

    /// What a message at the end of a branch writes: itself, its conversation, the counter of its owner. Whoever has
    /// just read the conversation knows `depth`, and that nobody else writes to it.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub async fn append(&mut self, of: &Caller, to: &mut Tail) -> Result<(), Failure> {
        let id = RandomIds.random().to_vec();
        let owner = of.subject().to_bytes();
        let parts = format!("[{{\"type\":\"text\",\"text\":\"{}\"}}]", Data::words());
        let position = to.depth + 1;
        let mut tx = self.0.begin_with("BEGIN IMMEDIATE").await?;
        let number: i64 = sqlx::query_scalar("UPDATE sequences SET next = next + 1 WHERE key = ?1 RETURNING next - 1")
            .bind(Numbered::Messages(of.subject()).to_bytes())
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO messages (id, conversation, lane, position, owner, number, parent, seq, role, state, \
             created_at, parts) VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?3, 'user', 'complete', ?7, ?8)",
        )
        .bind(&id)
        .bind(to.conversation.to_bytes())
        .bind(position)
        .bind(owner)
        .bind(number)
        .bind(&to.head)
        .bind(to.at)
        .bind(parts)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "UPDATE conversations SET head_message = ?2, head_lane = 0, head_position = ?3, head_open = 1, \
             version = version + 1, next_seq = ?3 + 1, message_count = message_count + 1, updated_at = ?4 WHERE id = ?1",
        )
        .bind(to.conversation.to_bytes())
        .bind(&id)
        .bind(position)
        .bind(to.at)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        (to.depth, to.head) = (position, Some(id));
        Ok(())
    }

    /// The end of a plain conversation.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub async fn tail(&mut self, conversation: ConversationId) -> Result<Tail, Failure> {
        let row = sqlx::query("SELECT head_message, head_position, updated_at FROM conversations WHERE id = ?1")
            .bind(conversation.to_bytes())
            .fetch_one(&mut self.0)
            .await?;
        let depth: i64 = row.try_get(1)?;
        Ok(Tail { conversation, head: row.try_get(0)?, depth, at: row.try_get(2)? })
    }
}

/// Where the next message goes.
pub struct Tail {
    conversation: ConversationId,
    head: Option<Vec<u8>>,
    depth: i64,
    at: i64,
}

fn message(row: SqliteRow) -> Result<Message, sqlx::Error> {
    Ok(Message {
        id: row.try_get(0)?,
        conversation: row.try_get(1)?,
        parent: row.try_get(2)?,
        owner: row.try_get(3)?,
        place: (row.try_get(4)?, row.try_get(5)?),
        number: row.try_get(6)?,
        seq: row.try_get(7)?,
        role: row.try_get(8)?,
        state: row.try_get(9)?,
        model: row.try_get(10)?,
        usage: row.try_get(11)?,
        run: row.try_get(12)?,
        client_ref: row.try_get(13)?,
        created_at: row.try_get(14)?,
        edited_at: row.try_get(15)?,
        parts: row.try_get(16)?,
    })
}
