//! A few connections that only read, handed out one read at a time.
//!
//! The driver's own pool gives a connection back in a task of its own, after asking it whether it lives: one more turn for
//! every read. Here nothing needs asking: a read opens no transaction, and a connection goes back only when its read came
//! to an end.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{Connection, Database, Executor, IntoArguments};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Makes connections.
pub(crate) trait Dial: Send + Sync {
    /// The database.
    type Database: Database;

    /// Whether the driver itself gets a connection straight whose reader went away half-way. If not, it is closed: what
    /// the server still sends must never be taken for the answer to the next question.
    const SURVIVES_CANCEL: bool;

    /// Whether the database refused and the connection can be used again.
    fn is_refusal(error: &sqlx::Error) -> bool;

    /// Connects.
    fn dial(&self) -> impl Future<Output = Result<<Self::Database as Database>::Connection, sqlx::Error>> + Send;
}

/// Who hears how long each read waited for a connection, if somebody wants to.
#[derive(Clone, Default)]
pub(crate) struct OnWait(Option<Arc<dyn Fn(Duration) + Send + Sync>>);

impl fmt::Debug for OnWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OnWait({})", self.0.is_some())
    }
}

impl OnWait {
    pub(crate) fn new(tell: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    /// Waits for something.
    async fn timed<T>(&self, awaited: impl Future<Output = T>) -> T {
        let Some(tell) = &self.0 else { return awaited.await };
        let since = Instant::now();
        let found = awaited.await;
        tell(since.elapsed());
        found
    }
}

type ConnectionOf<D> = <<D as Dial>::Database as Database>::Connection;
type RowOf<D> = <<D as Dial>::Database as Database>::Row;

pub(crate) struct Pool<D: Dial> {
    dial: D,
    size: u32,
    idle: Mutex<Vec<ConnectionOf<D>>>,
    room: Semaphore,
    on_wait: OnWait,
}

/// A connection that goes back when it is dropped.
struct Lent<'a, D: Dial> {
    pool: &'a Pool<D>,
    connection: Option<ConnectionOf<D>>,
    _room: SemaphorePermit<'a>,
}

impl<D: Dial> Drop for Lent<'_, D> {
    fn drop(&mut self) {
        self.pool.idle().extend(self.connection.take());
    }
}

impl<D: Dial> Pool<D> {
    /// Opens the first connection, so that a database that cannot be read is noticed at once.
    pub(crate) async fn open(dial: D, size: u32, on_wait: OnWait) -> Result<Self, sqlx::Error> {
        let first = dial.dial().await?;
        let room = Semaphore::new(usize::try_from(size).unwrap_or(1));
        Ok(Self { dial, size, idle: Mutex::new(vec![first]), room, on_wait })
    }

    /// How many connections there are at most.
    #[cfg(feature = "postgres")]
    pub(crate) fn size(&self) -> u32 {
        self.size
    }

    /// The rows of a statement.
    pub(crate) async fn fetch_all<A>(
        &self,
        query: sqlx::query::Query<'_, D::Database, A>,
    ) -> Result<Vec<RowOf<D>>, sqlx::Error>
    where
        A: Send + IntoArguments<D::Database>,
        for<'c> &'c mut ConnectionOf<D>: Executor<'c, Database = D::Database>,
    {
        let room = self.on_wait.timed(self.room.acquire()).await.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.dial.dial().await?,
        };
        if D::SURVIVES_CANCEL {
            let mut lent = Lent { pool: self, connection: Some(connection), _room: room };
            let Some(connection) = &mut lent.connection else { return Err(sqlx::Error::PoolClosed) };
            let found = query.fetch_all(connection).await;
            if !is_answer::<D, _>(&found) {
                lent.connection = None;
            }
            return found;
        }
        let found = query.fetch_all(&mut connection).await;
        if is_answer::<D, _>(&found) {
            drop(Lent { pool: self, connection: Some(connection), _room: room });
        }
        found
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<ConnectionOf<D>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for reads that are under way, refuses later ones, and closes every connection.
    pub(crate) async fn close(&self) {
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

/// Whether the database answered: after any other failure the connection is of no use.
fn is_answer<D: Dial, T>(found: &Result<T, sqlx::Error>) -> bool {
    found.as_ref().err().is_none_or(D::is_refusal)
}
