//! Accepts connections and serves HTTP/1.1 on them: a cap, deadlines, and an orderly end; with TLS, if it is to be.
//! HTTP/2 belongs to the proxy in front.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use poem::Endpoint;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinError, JoinSet};

use connection::Connection;

use crate::http::tls::Tls;

mod connection;

/// What one server allows its clients.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    /// The most connections at the same time. More wait in the backlog of the operating system.
    pub max_connections: usize,
    /// The longest time for the head of a request.
    pub header_timeout: Duration,
    /// The longest pause between an answer and the next request. Longer than that of a proxy in front.
    pub idle_timeout: Duration,
    /// The longest time that a client may take nothing of an answer that is ready for it.
    pub write_timeout: Duration,
    /// The most bytes of a head, at least 16 KiB. One of half as many is always taken.
    pub max_header_bytes: usize,
    /// The most headers of a request.
    pub max_headers: usize,
    /// How long requests may go on after the shutdown began.
    pub drain: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            max_header_bytes: 64 << 10,
            max_headers: 100,
            drain: Duration::from_secs(10),
        }
    }
}

/// Serves until `shutdown` is done. From then on nothing is accepted, idle connections are closed, and requests under
/// way, streams too, have [`ServerLimits::drain`] to end before they are cut.
///
/// A request is dropped when its client goes away, so work that must go on belongs in a task of its own. Handlers find
/// the address of the client in [`poem::Request::remote_addr`].
///
/// # Errors
///
/// When the address of the listener cannot be read. An accept that fails is logged and tried again.
pub async fn serve<E>(
    listener: TcpListener,
    tls: Option<Tls>,
    endpoint: E,
    limits: ServerLimits,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()>
where
    E: Endpoint + 'static,
{
    let (stop, stopping) = watch::channel(false);
    let connection = Connection::new(Arc::new(endpoint), tls, &limits, listener.local_addr()?, stopping);
    let slots = Arc::new(Semaphore::new(limits.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
    let mut tasks = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (socket, peer, slot) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(ended) = tasks.join_next(), if !tasks.is_empty() => {
                report(ended);
                continue;
            }
            accepted = accept(&listener, &slots) => accepted,
        };
        let connection = connection.clone();
        tasks.spawn(async move {
            connection.greet(socket, peer).await;
            drop(slot);
        });
    }
    drop(listener);
    tracing::info!(connections = tasks.len(), drain = ?limits.drain, "shutting down");
    let _ = stop.send(true);
    drain(tasks, limits.drain).await;
    Ok(())
}

/// The next connection, as soon as there is room for it. Can be dropped without losing one.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, std::net::SocketAddr, Option<OwnedSemaphorePermit>) {
    // never closed, so there always is a permit
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => return (socket, peer, slot),
            Err(error) if is_of_client(&error) => tracing::debug!(%error, "a client left while it was accepted"),
            Err(error) => {
                // out of file descriptors or memory: it passes when connections end, and asking at once would spin
                tracing::error!(%error, "failed to accept a connection");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

fn report(ended: Result<(), JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!("the task of a connection panicked");
    }
}

async fn drain(mut tasks: JoinSet<()>, time: Duration) {
    let all = async {
        while let Some(ended) = tasks.join_next().await {
            report(ended);
        }
    };
    if tokio::time::timeout(time, all).await.is_err() {
        tracing::warn!(connections = tasks.len(), "cutting the connections that are left");
        tasks.shutdown().await;
    }
}
