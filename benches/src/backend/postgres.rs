//! PostgreSQL on a server of this machine that waits for the disk, and beside it one connection to the same tables.

use std::sync::Arc;

use async_trait::async_trait;
use chatcore::ConversationId;
use chatcore::account::Caller;
use chatcore::store::{OrderedKey, Store};
use chatcore_sqlx::testing::{self, Durability};
use chatcore_sqlx::{PostgresOptions, PostgresStore};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};

use super::tail::Tail;
use super::{Backend, Raw, groups};
use crate::data::Failure;

pub(super) struct Postgres {
    store: Arc<PostgresStore>,
    groups_before: u64,
    pub(super) schema: String,
    pub(super) server: testing::Postgres,
}

impl Postgres {
    pub(super) async fn open() -> Result<Self, Failure> {
        let server = testing::Postgres::shared(Durability::On)?;
        let schema = server.schema();
        let options = PostgresOptions::from(server.options()).schema(&schema);
        let store = Arc::new(PostgresStore::open(options).await?);
        Ok(Self { store, groups_before: groups::counted(), schema, server })
    }

    /// A connection to the tables of the store.
    pub(super) async fn connect(&self) -> Result<PgConnection, Failure> {
        let options = self.server.options().disable_statement_logging();
        Ok(options.options([("search_path", self.schema.as_str())]).connect().await?)
    }
}

#[async_trait]
impl Backend for Postgres {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    fn groups(&self) -> u64 {
        groups::counted() - self.groups_before
    }

    async fn raw(&self, of: &Caller, to: ConversationId) -> Result<Option<Box<dyn Raw>>, Failure> {
        let mut connection = self.connect().await?;
        let row = sqlx::query("SELECT head_message, head_position, updated_at FROM conversations WHERE id = $1")
            .bind(to.to_bytes())
            .fetch_one(&mut connection)
            .await?;
        let tail = Tail::new(of, to, row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok(Some(Box::new(ByHand { connection, tail })))
    }

    async fn close(self: Box<Self>) -> Result<Option<u64>, Failure> {
        self.store.close().await;
        let mut connection = self.connect().await?;
        let bytes: i64 = sqlx::query_scalar(BYTES).bind(&self.schema).fetch_one(&mut connection).await?;
        let drop = format!("SET client_min_messages = error; DROP SCHEMA {} CASCADE", self.schema);
        connection.execute(AssertSqlSafe(drop)).await?;
        connection.close().await?;
        Ok(Some(bytes.try_into()?))
    }
}

struct ByHand {
    connection: PgConnection,
    tail: Tail,
}

#[async_trait]
impl Raw for ByHand {
    async fn append(&mut self) -> Result<(), Failure> {
        let tail = &mut self.tail;
        let (id, parent) = tail.grow();
        let mut tx = self.connection.begin().await?;
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
}

const COUNT: &str = "UPDATE sequences SET next = next + 1 WHERE key = $1 RETURNING next - 1";

const MESSAGE: &str = "
    INSERT INTO messages (id, conversation, lane, position, owner, number, parent, seq, role, state, created_at, parts)
    VALUES ($1, $2, 0, $3, $4, $5, $6, $3, 'user', 'complete', $7, $8::text::json)";

const CONVERSATION: &str = "
    UPDATE conversations SET head_message = $2, head_lane = 0, head_position = $3, head_open = true,
        version = version + 1, next_seq = $3 + 1, message_count = message_count + 1, updated_at = $4
    WHERE id = $1";

const BYTES: &str = "
    SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind = 'r'";
