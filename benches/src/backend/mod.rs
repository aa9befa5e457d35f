//! The stores that are measured. Only this module names them.

mod counted;
mod groups;
mod memory;
mod pgbench;
mod postgres;
mod sled;
mod sqlite;
mod tail;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use chatcore::account::Caller;
use chatcore::store::Store;
use chatcore::{ConversationId, MessageId};
use chatcore_sqlx::testing::{Durability, Postgres};

pub use groups::count_groups;
pub use pgbench::by_pgbench;

use crate::data::Failure;

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// `chatcore::MemoryStore`, which keeps nothing.
    Memory,
    /// `chatcore_sqlx::SqliteStore` on a file.
    Sqlite,
    /// `chatcore_sled::SledStore`.
    Sled,
    /// `chatcore_sqlx::PostgresStore` on a server of this machine that waits for the disk.
    Postgres,
}

impl StoreKind {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 4] = [Self::Memory, Self::Sqlite, Self::Sled, Self::Postgres];

    /// Its name on the command line and in the tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Sled => "sled",
            Self::Postgres => "postgres",
        }
    }

    /// Why it cannot be measured here, if it cannot.
    #[must_use]
    pub fn missing(self) -> Option<String> {
        match self {
            Self::Postgres => Postgres::shared(Durability::On).err().map(|missing| missing.to_string()),
            Self::Memory | Self::Sqlite | Self::Sled => None,
        }
    }

    /// An empty store of this kind.
    pub(crate) async fn open(self) -> Result<Box<dyn Backend>, Failure> {
        Ok(match self {
            Self::Memory => Box::new(memory::Memory::open()),
            Self::Sqlite => Box::new(sqlite::Sqlite::open().await?),
            Self::Sled => Box::new(sled::Sled::open().await?),
            Self::Postgres => Box::new(postgres::Postgres::open().await?),
        })
    }
}

/// SQLite on that file, which outlives the bench.
pub(crate) async fn sqlite_at(path: PathBuf) -> Result<Box<dyn Backend>, Failure> {
    Ok(Box::new(sqlite::Sqlite::at(path).await?))
}

/// A store, and what lies beneath it.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    /// The store.
    fn store(&self) -> Arc<dyn Store>;

    /// How many groups it has committed; each waits once for the disk.
    fn groups(&self) -> u64;

    /// The same engine by hand. What is written goes to that conversation, where nobody else writes; it is plain.
    async fn raw(&self, of: &Caller, to: ConversationId) -> Result<Option<Box<dyn Raw>>, Failure>;

    /// Closes it and removes it: how many bytes it had on disk.
    async fn close(self: Box<Self>) -> Result<Option<u64>, Failure>;
}

/// The same work as a program would write it by hand: the same engine, the same rows, as few steps as can be. It checks
/// nothing, and answers with nothing but bytes.
#[async_trait]
pub trait Raw: Send {
    /// Writes what an append writes, on disk when this returns.
    async fn append(&mut self) -> Result<(), Failure>;

    /// Writes every group that the store has written meanwhile and this has not, if it hears of them.
    async fn catch_up(&mut self) -> Result<bool, Failure> {
        Ok(false)
    }

    /// The ids of the last page of a branch, root first, if the engine has a query language to say it in one statement.
    async fn branch(&mut self, _id: ConversationId, _page: u32) -> Result<Option<Vec<MessageId>>, Failure> {
        Ok(None)
    }

    /// The newest conversations of an owner, likewise.
    async fn list(&mut self, _of: &Caller, _page: u32) -> Result<Option<Vec<ConversationId>>, Failure> {
        Ok(None)
    }
}
