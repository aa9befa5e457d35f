//! Bodies are counted as they arrive, whatever `Content-Length` says, and have to arrive in time.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use poem::Body;
use poem::http::{HeaderMap, header};
use tokio::time::{Instant, timeout_at};

use super::problem::Problem;

/// How bodies are read.
#[derive(Debug, Clone)]
pub struct BodyLimits {
    /// The most bytes of one body, where the rule of the route says nothing else.
    pub bytes: usize,
    /// The most bytes of all bodies that are held at the same time.
    pub bytes_of_all: usize,
    /// The longest time that a body may take that is read whole.
    pub total: Duration,
    /// The longest time without a byte.
    pub idle: Duration,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { bytes: 2 << 20, bytes_of_all: 256 << 20, total: Duration::from_secs(30), idle: Duration::from_secs(10) }
    }
}

/// What happens to the body of one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyRule {
    /// It is read whole, up to so many bytes, before the handler is called.
    Whole(usize),
    /// The handler reads it as it arrives, up to so many bytes: uploads.
    Stream(usize),
}

impl BodyRule {
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Whole(bytes) | Self::Stream(bytes) => bytes,
        }
    }
}

/// Refuses what the headers alone give away.
pub(super) fn check_headers(headers: &HeaderMap, limit: usize) -> Result<(), Problem> {
    let encodings = headers.get_all(header::CONTENT_ENCODING);
    if encodings.iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Problem::unsupported_media_type("Compressed bodies are not taken."));
    }
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match declared {
        Some(declared) if declared > limit as u64 => Err(Problem::payload_too_large(limit)),
        _ => Ok(()),
    }
}

/// Bytes that are held for bodies, of all requests together.
#[derive(Debug, Default)]
pub(super) struct Held(AtomicUsize);

/// The share of one request; given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    held: Arc<Held>,
    bytes: usize,
}

impl Share {
    pub(super) fn new(held: &Arc<Held>) -> Self {
        Self { held: Arc::clone(held), bytes: 0 }
    }

    fn grow(&mut self, bytes: usize, most: usize) -> Result<(), Problem> {
        self.bytes += bytes;
        let before = self.held.0.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > most { Err(Problem::overloaded()) } else { Ok(()) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The whole body, or why not.
pub(super) async fn whole(body: Body, most: usize, limits: &BodyLimits, share: &mut Share) -> Result<Bytes, Problem> {
    let end = Instant::now() + limits.total;
    let mut chunks = Box::pin(body.into_bytes_stream());
    let mut whole = BytesMut::new();
    loop {
        let idle = Instant::now() + limits.idle;
        let Ok(next) = timeout_at(end.min(idle), chunks.next()).await else { return Err(Problem::request_timeout()) };
        let Some(chunk) = next else { return Ok(whole.freeze()) };
        let chunk = chunk.map_err(|_| broken())?;
        if whole.len() + chunk.len() > most {
            return Err(Problem::payload_too_large(most));
        }
        share.grow(chunk.len(), limits.bytes_of_all)?;
        whole.extend_from_slice(&chunk);
    }
}

/// The most that is read of what a handler left of a streamed body, and the time for it: a client that still sends
/// would lose the answer with the connection.
const LEFT: (usize, Duration) = (256 << 10, Duration::from_secs(2));

type Chunks = BoxStream<'static, Result<Bytes, Problem>>;

/// What became of a streamed body.
#[derive(Default)]
enum Fate {
    /// The handler has it, or it was cut.
    #[default]
    Lent,
    /// It was read to its end.
    Ended,
    /// The handler left this of it.
    Left(Chunks),
}

/// A body that a handler reads as it arrives.
#[derive(Default)]
pub(super) struct Arriving {
    /// Why it was cut: the handler only sees an I/O error, the edge answers with this.
    cut: OnceLock<Problem>,
    fate: Mutex<Fate>,
}

impl Arriving {
    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.fate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the body was cut, if it was.
    pub(super) fn cut(&self) -> Option<&Problem> {
        self.cut.get()
    }

    /// Whether the body has been read to its end, after a little patience if the handler left some: only then can the
    /// connection be used again.
    pub(super) async fn ended(&self) -> bool {
        let mut left = match std::mem::take(&mut *self.fate()) {
            Fate::Lent => return false,
            Fate::Ended => return true,
            Fate::Left(left) => left,
        };
        let rest = async {
            let mut bytes = 0;
            while let Some(chunk) = left.next().await {
                let Ok(chunk) = chunk else { return false };
                bytes += chunk.len();
                if bytes > LEFT.0 {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(LEFT.1, rest).await.unwrap_or(false)
    }
}

/// The chunks of a body, lent to a handler.
struct Lent {
    chunks: Option<Chunks>,
    home: Arc<Arriving>,
}

impl Stream for Lent {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(chunks) = &mut self.chunks else { return Poll::Ready(None) };
        let next = ready!(chunks.poll_next_unpin(context));
        if !matches!(next, Some(Ok(_))) {
            self.chunks = None;
        }
        if next.is_none() {
            *self.home.fate() = Fate::Ended;
        }
        Poll::Ready(next.map(|chunk| {
            chunk.map_err(|problem| {
                let error = std::io::Error::other(problem.clone());
                let _ = self.home.cut.set(problem);
                error
            })
        }))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(chunks) = self.chunks.take() {
            *self.home.fate() = Fate::Left(chunks);
        }
    }
}

/// The body as it arrives, cut where a limit is passed.
pub(super) fn streamed(body: Body, most: usize, limits: &BodyLimits) -> (Body, Arc<Arriving>) {
    let home = Arc::<Arriving>::default();
    let chunks = Some(counted(body, most, limits.idle).boxed());
    (Body::from_bytes_stream(Lent { chunks, home: Arc::clone(&home) }), home)
}

fn counted(body: Body, most: usize, idle: Duration) -> impl Stream<Item = Result<Bytes, Problem>> + Send + 'static {
    let chunks = body.into_bytes_stream().boxed();
    stream::unfold(Some((chunks, 0_usize)), move |state| async move {
        let (mut chunks, seen) = state?;
        match tokio::time::timeout(idle, chunks.next()).await {
            Err(_) => Some((Err(Problem::request_timeout()), None)),
            Ok(None) => None,
            Ok(Some(Err(_))) => Some((Err(broken()), None)),
            Ok(Some(Ok(chunk))) if seen + chunk.len() > most => Some((Err(Problem::payload_too_large(most)), None)),
            Ok(Some(Ok(chunk))) => {
                let seen = seen + chunk.len();
                Some((Ok(chunk), Some((chunks, seen))))
            }
        }
    })
}

fn broken() -> Problem {
    Problem::bad_request("The body did not arrive whole.")
}
