//! Telling other programs at the same database which runs were written, and hearing it from them.
//!
//! Each transaction that writes runs sends one notification a run; the server hands them on when it commits, and merges
//! equal ones. A listener has a connection of its own. What happens while that is lost nobody is told again, so a listener
//! says when it hears and when it does not.

use std::time::Duration;

use chatcore::store::{Rows, RunNotice, WakeUp, Write};
use futures::stream::{BoxStream, StreamExt, unfold};
use sqlx::postgres::{PgConnection, PgListener, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor};
use tokio::time::{sleep, timeout};

use super::connection;
use super::failure::Failure;
use super::options::PostgresOptions;

/// One channel a table of runs: notifications know databases, and a database may have several schemas. The number fits
/// into the name of a channel, which the name of a schema may not.
const CHANNEL: &str = "SELECT 'chatcore_' || 'runs'::regclass::oid";

/// One notification a run, in the transaction that writes them.
const TELL: &str =
    "SELECT pg_notify('chatcore_' || 'runs'::regclass::oid, notice) FROM unnest($1::text[]) AS n (notice)";

/// So long a listener waits before it connects again, and so long the server may take to answer it.
const AGAIN: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(10);

/// After so much silence a listener asks whether the server is still there.
const SILENCE: Duration = Duration::from_secs(20);

/// Tells of the runs that a group writes, when the transaction is committed.
pub(super) async fn tell(connection: &mut PgConnection, rows: &Rows) -> Result<(), Failure> {
    let written = rows.runs.writes().filter_map(|write| match write {
        Write::Insert(run) => Some(RunNotice::of(None, run)),
        Write::Update { before, after } => Some(RunNotice::of(Some(before), after)),
        Write::Delete(_) => None,
    });
    let failed = |error| Failure::of("runs", error);
    let notices: Result<Vec<String>, _> = written.map(|notice| serde_json::to_string(&notice)).collect();
    let notices = notices.map_err(|error| failed(sqlx::Error::Encode(error.into())))?;
    if notices.is_empty() {
        return Ok(());
    }
    connection.execute(sqlx::query(TELL).bind(notices)).await.map(|_| ()).map_err(failed)
}

/// What a listener does next.
enum Listener {
    /// Connects, at once or after a while.
    Connect { at_once: bool },
    /// Listens.
    Listen(Box<PgListener>),
}

/// Hints for as long as the stream is polled.
pub(super) fn wake_ups(options: PostgresOptions) -> BoxStream<'static, WakeUp> {
    let first = Listener::Connect { at_once: true };
    unfold((options, first), |(options, listener)| async move {
        let (wake_up, listener) = match listener {
            Listener::Connect { at_once } => {
                (WakeUp::Listening, Listener::Listen(Box::new(connected(&options, at_once).await)))
            }
            Listener::Listen(mut listener) => match heard(&mut listener).await {
                Some(notice) => (WakeUp::Run(notice), Listener::Listen(listener)),
                None => (WakeUp::Deaf, Listener::Connect { at_once: false }),
            },
        };
        Some((wake_up, (options, listener)))
    })
    .boxed()
}

/// A listener, however long that takes.
async fn connected(options: &PostgresOptions, at_once: bool) -> PgListener {
    if !at_once {
        sleep(AGAIN).await;
    }
    loop {
        match timeout(PATIENCE, connect(options)).await {
            Ok(Ok(listener)) => return listener,
            Ok(Err(error)) => tracing::debug!(%error, "failed to listen for what other servers do"),
            Err(_) => tracing::debug!("failed to listen for what other servers do: no answer"),
        }
        sleep(AGAIN).await;
    }
}

async fn connect(options: &PostgresOptions) -> Result<PgListener, sqlx::Error> {
    let mut aside = connection::bare(options).await?;
    let channel: String = sqlx::query_scalar(CHANNEL).fetch_one(&mut aside).await?;
    aside.close().await?;
    let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
    let pool: PgPool = pool.connect_with(connection::options(options)).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    // what was lost must be told before anything else is
    listener.eager_reconnect(false);
    listener.ignore_pool_close_event(true);
    listener.listen(&channel).await?;
    Ok(listener)
}

/// The next notification that can be understood; `None` when the connection is lost.
async fn heard(listener: &mut PgListener) -> Option<RunNotice> {
    loop {
        match timeout(SILENCE, listener.try_recv()).await {
            Ok(Ok(Some(notification))) => match serde_json::from_str(notification.payload()) {
                Ok(notice) => return Some(notice),
                Err(error) => tracing::debug!(%error, "a notification that is not understood"),
            },
            Ok(Ok(None)) => return None,
            Ok(Err(error)) => {
                tracing::debug!(%error, "the connection that listens is lost");
                return None;
            }
            // a network that lost the connection says nothing
            Err(_) => {
                let alive = timeout(PATIENCE, listener.execute("SELECT 1")).await;
                if !matches!(alive, Ok(Ok(_))) {
                    return None;
                }
            }
        }
    }
}
