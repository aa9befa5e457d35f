//! A few connections that only read, handed out one read at a time.
//!
//! The driver's own pool gives a connection back in a task of its own, after asking it whether it lives: one more turn of
//! two threads for every read. Here nothing needs asking. A read opens no transaction, and the driver ends a statement
//! whose reader went away before it begins the next, so a connection goes back the moment it is let go.

use std::sync::{Mutex, PoisonError};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Semaphore, SemaphorePermit};

pub(super) struct Pool {
    connect: SqliteConnectOptions,
    size: u32,
    idle: Mutex<Vec<SqliteConnection>>,
    room: Semaphore,
}

/// A connection that goes back when it is dropped.
struct Lent<'a> {
    pool: &'a Pool,
    connection: Option<SqliteConnection>,
    _room: SemaphorePermit<'a>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.pool.idle().extend(self.connection.take());
    }
}

impl Pool {
    /// Opens the first connection, so that a database that cannot be read is noticed at once.
    pub(super) async fn open(connect: SqliteConnectOptions, size: u32) -> Result<Self, sqlx::Error> {
        let first = connect.connect().await?;
        let room = Semaphore::new(usize::try_from(size).unwrap_or(1));
        Ok(Self { connect, size, idle: Mutex::new(vec![first]), room })
    }

    /// The rows of a statement.
    pub(super) async fn fetch_all<'q, Q>(&self, query: Q) -> Result<Vec<SqliteRow>, sqlx::Error>
    where
        Q: sqlx::Execute<'q, sqlx::Sqlite> + 'q,
    {
        let room = self.room.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let mut lent = Lent { pool: self, connection: None, _room: room };
        lent.connection = self.idle().pop();
        let connection = match &mut lent.connection {
            Some(connection) => connection,
            none => none.insert(self.connect.connect().await?),
        };
        let found = sqlx::Executor::fetch_all(connection, query).await;
        if !matches!(found, Ok(_) | Err(sqlx::Error::Database(_))) {
            // its thread is gone
            lent.connection = None;
        }
        found
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for reads that are under way, refuses later ones, and closes every connection.
    pub(super) async fn close(&self) {
        let all = self.room.acquire_many(self.size).await;
        self.room.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a connection that reads was not closed cleanly");
            }
        }
    }
}
