//! Bodies are counted as they arrive, whatever `Content-Length` says, and have to arrive in time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, stream};
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

/// Why a streamed body was cut: the handler only sees an I/O error, the edge answers with this.
pub(super) type Cut = Arc<OnceLock<Problem>>;

/// The body as it arrives, cut where a limit is passed.
pub(super) fn streamed(body: Body, most: usize, limits: &BodyLimits) -> (Body, Cut) {
    let cut = Cut::default();
    let chunks = counted(body, most, limits.idle).map(report(Arc::clone(&cut)));
    (Body::from_bytes_stream(chunks), cut)
}

fn report(cut: Cut) -> impl FnMut(Result<Bytes, Problem>) -> std::io::Result<Bytes> {
    move |chunk| {
        chunk.map_err(|problem| {
            let error = std::io::Error::other(problem.clone());
            let _ = cut.set(problem);
            error
        })
    }
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
