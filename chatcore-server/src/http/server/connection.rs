//! One connection: hyper on a socket with deadlines.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::http::uri::Scheme;
use poem::http::{Request, Response, StatusCode};
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::ServerLimits;
use crate::http::tls::Tls;
use crate::http::transport::{Activity, Answering, Deadlines, Transport};

/// What all connections have in common.
pub(super) struct Connection<E> {
    endpoint: Arc<E>,
    tls: Option<Tls>,
    builder: http1::Builder,
    deadlines: Deadlines,
    local: SocketAddr,
    stopping: watch::Receiver<bool>,
}

impl<E> Clone for Connection<E> {
    fn clone(&self) -> Self {
        Self {
            endpoint: Arc::clone(&self.endpoint),
            tls: self.tls.clone(),
            builder: self.builder.clone(),
            deadlines: self.deadlines,
            local: self.local,
            stopping: self.stopping.clone(),
        }
    }
}

impl<E: Endpoint + 'static> Connection<E> {
    pub(super) fn new(
        endpoint: Arc<E>,
        tls: Option<Tls>,
        limits: &ServerLimits,
        local: SocketAddr,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let mut builder = http1::Builder::new();
        // a second line only, but hyper does not read between requests, where our deadlines run, without it
        builder.timer(TokioTimer::new()).header_read_timeout(limits.idle_timeout + limits.header_timeout);
        // hyper asks before a read whether the buffer is full, and reads as much again
        builder.max_buf_size((limits.max_header_bytes / 2).max(8192)).max_headers(limits.max_headers);
        let deadlines =
            Deadlines { head: limits.header_timeout, idle: limits.idle_timeout, write: limits.write_timeout };
        Self { endpoint, tls, builder, deadlines, local, stopping }
    }

    /// Serves one client, behind TLS if that is how it is.
    pub(super) async fn greet(mut self, socket: TcpStream, peer: SocketAddr) {
        without_delay(&socket);
        let Some(tls) = self.tls.take() else { return self.run(socket, peer, Scheme::HTTP).await };
        // a client that greets slowly is as late as one that sends its head slowly
        match tokio::time::timeout(self.deadlines.head, tls.accept(socket)).await {
            // boxed: most connections have no TLS, and would all be as large as one that has
            Ok(Ok(stream)) => Box::pin(self.run(stream, peer, Scheme::HTTPS)).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a client does not speak TLS as it should"),
            Err(_) => tracing::debug!(%peer, "a client was late with its greeting"),
        }
    }

    /// Serves one client until it leaves, is late, or has to go.
    async fn run<S>(mut self, socket: S, peer: SocketAddr, scheme: Scheme)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let activity = Arc::<Activity>::default();
        let transport = Transport::new(socket, Arc::clone(&activity), self.deadlines);
        let (endpoint, local) = (Arc::clone(&self.endpoint), self.local);
        let service = service_fn(move |request| {
            let (endpoint, guard) = (Arc::clone(&endpoint), activity.begin());
            let from = (local, peer, scheme.clone());
            answer(endpoint, request, from, guard, Arc::clone(&activity))
        });
        let mut connection = pin!(self.builder.serve_connection(TokioIo::new(transport), service));
        let stopping = async { drop(self.stopping.wait_for(|stopping| *stopping).await) };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopping => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "a connection broke");
        }
    }
}

/// Small frames, such as those of a stream, go out at once.
fn without_delay(socket: &TcpStream) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "failed to set TCP_NODELAY");
    }
}

async fn answer<E: Endpoint>(
    endpoint: Arc<E>,
    request: Request<Incoming>,
    (local, peer, scheme): (SocketAddr, SocketAddr, Scheme),
    guard: Answering,
    activity: Arc<Activity>,
) -> Result<Response<Answer>, Infallible> {
    let (local, peer) = (LocalAddr(Addr::SocketAddr(local)), RemoteAddr(Addr::SocketAddr(peer)));
    let request = poem::Request::from((request, local, peer, scheme));
    // boxed: hyper keeps room for the whole future as long as the connection lives, and a stream lives long behind it
    let answering = Box::pin(endpoint.get_response(request));
    let response: Response<BoxBody<Bytes, io::Error>> = answering.await.into();
    if is_early(response.status()) {
        activity.linger();
    }
    Ok(response.map(|body| Answer { body, _guard: guard }))
}

/// Whether an answer with this status may go out before the request is read: any refusal may.
fn is_early(status: StatusCode) -> bool {
    status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE
}

/// The body of an answer; the request is under way as long as it lives.
struct Answer {
    body: BoxBody<Bytes, io::Error>,
    _guard: Answering,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn accepted_sockets_do_not_wait_to_send() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (socket, _) = listener.accept().await.unwrap();
        without_delay(&socket);
        assert!(socket.nodelay().unwrap());
    }
}
