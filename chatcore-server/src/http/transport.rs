//! A socket with deadlines. hyper has one clock for the head of a request, and it runs while a connection idles too;
//! here the head, the pause between requests and a write that does not move each have their own.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::refusal::Refusal;

/// How long a socket may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadlines {
    /// From the first byte of a head (for the first request: from the start) to its end.
    pub(super) head: Duration,
    /// Between an answer and the next request.
    pub(super) idle: Duration,
    /// For a write of which the client takes nothing.
    pub(super) write: Duration,
}

/// What the socket must know of the requests on it.
#[derive(Debug, Default)]
pub(super) struct Activity {
    heads: AtomicU64,
    answering: AtomicUsize,
    linger: AtomicBool,
}

impl Activity {
    /// A head is complete; the request is under way until the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Answering {
        self.answering.fetch_add(1, Ordering::AcqRel);
        self.heads.fetch_add(1, Ordering::AcqRel);
        Answering(Arc::clone(self))
    }

    /// The last answer went out while the client may still be sending, so the close waits for it.
    pub(super) fn linger(&self) {
        self.linger.store(true, Ordering::Release);
    }
}

/// A request that is under way.
#[derive(Debug)]
pub(super) struct Answering(Arc<Activity>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answering.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Head(Instant),
    Answer,
    Idle(Instant),
}

/// The socket.
#[derive(Debug)]
pub(super) struct Transport<T> {
    inner: T,
    activity: Arc<Activity>,
    deadlines: Deadlines,
    heads: u64,
    phase: Phase,
    read_timer: Pin<Box<Sleep>>,
    /// The phase whose time is over, and when a client must have been heard at last.
    last_call: Option<(Phase, Instant)>,
    write_timer: Option<Pin<Box<Sleep>>>,
    refusal: Option<Refusal>,
    lingering: Option<Lingering>,
}

/// How long a socket is looked at once more after its time: a server that was itself too busy to look has to see what came
/// meanwhile, and a timer is not done before the sockets have been asked.
const LAST_CALL: Duration = Duration::from_millis(100);

/// How much of what a refused client still sends is thrown away, and how long.
const LINGER: (usize, Duration) = (1 << 20, Duration::from_secs(1));

#[derive(Debug)]
struct Lingering {
    left: usize,
    timer: Pin<Box<Sleep>>,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Transport<T> {
    pub(super) fn new(inner: T, activity: Arc<Activity>, deadlines: Deadlines) -> Self {
        let now = Instant::now();
        let read_timer = Box::pin(sleep_until(now + deadlines.head));
        let phase = Phase::Head(now);
        let (last_call, write_timer, refusal, lingering) = (None, None, None, None);
        Self { inner, activity, deadlines, heads: 0, phase, read_timer, last_call, write_timer, refusal, lingering }
    }

    /// Brings the phase up to date with the requests.
    fn look(&mut self) {
        let heads = self.activity.heads.load(Ordering::Acquire);
        if heads != self.heads {
            self.heads = heads;
            self.phase = Phase::Answer;
        }
        if self.phase == Phase::Answer && self.activity.answering.load(Ordering::Acquire) == 0 {
            self.phase = Phase::Idle(Instant::now());
        }
    }

    /// Bytes have come.
    fn heard(&mut self) {
        self.look();
        if matches!(self.phase, Phase::Idle(_)) {
            self.phase = Phase::Head(Instant::now());
        }
    }

    /// Whether the client has kept us waiting too long.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        self.look();
        let deadline = match self.phase {
            Phase::Answer => return false,
            Phase::Head(since) => since + self.deadlines.head,
            Phase::Idle(since) => since + self.deadlines.idle,
        };
        let called = self.last_call.filter(|(phase, _)| *phase == self.phase);
        if called.is_none() && !self.is_past(deadline, cx) {
            return false;
        }
        let (_, at) = *self.last_call.insert(called.unwrap_or((self.phase, Instant::now() + LAST_CALL)));
        self.is_past(at, cx)
    }

    fn is_past(&mut self, deadline: Instant, cx: &mut Context<'_>) -> bool {
        if self.read_timer.deadline() != deadline {
            self.read_timer.as_mut().reset(deadline);
        }
        self.read_timer.as_mut().poll(cx).is_ready()
    }

    /// Passes on how a write went, or gives it up when nothing has moved for too long.
    fn moved(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.write_timer = None;
            return written;
        }
        let deadline = || Box::pin(sleep_until(Instant::now() + self.deadlines.write));
        let timer = self.write_timer.get_or_insert_with(deadline);
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Writes a complete answer in place of hyper's own bare refusal of a head that it cannot read.
    fn poll_refusal(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Option<Poll<io::Result<usize>>> {
        self.look();
        if self.refusal.is_none() && matches!(self.phase, Phase::Head(_)) {
            self.refusal = Refusal::of(bytes);
        }
        let refusal = self.refusal.as_mut()?;
        while !refusal.rest().is_empty() {
            let written = Pin::new(&mut self.inner).poll_write(cx, refusal.rest());
            match written {
                Poll::Ready(Ok(written)) if written > 0 => refusal.advance(written),
                other => return Some(self.moved(cx, other)),
            }
        }
        self.write_timer = None;
        self.refusal = None;
        self.phase = Phase::Answer;
        self.activity.linger();
        Some(Poll::Ready(Ok(bytes.len())))
    }

    /// Reads what a refused client still sends, within bounds: a close with unread bytes would take the answer along.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let begin = || Lingering { left: LINGER.0, timer: Box::pin(sleep_until(Instant::now() + LINGER.1)) };
        let lingering = self.lingering.get_or_insert_with(begin);
        let mut bytes = [0; 8192];
        while lingering.left > 0 {
            if lingering.timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(());
            }
            lingering.left = lingering.left.saturating_sub(buffer.filled().len());
        }
        Poll::Ready(())
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Transport<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        if read.is_pending() && self.is_late(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if buf.filled().len() > before {
            self.heard();
        }
        read
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Transport<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(refused) = self.poll_refusal(cx, bytes) {
            return refused;
        }
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.moved(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Some(refused) = slices.first().and_then(|first| self.poll_refusal(cx, first)) {
            return refused;
        }
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.moved(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.inner).poll_shutdown(cx))?;
        }
        if self.activity.linger.load(Ordering::Acquire) {
            ready!(self.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    fn transport(head: Duration) -> (tokio::io::DuplexStream, Transport<tokio::io::DuplexStream>) {
        let (client, server) = tokio::io::duplex(64);
        let deadlines = Deadlines { head, idle: head, write: head };
        (client, Transport::new(server, Arc::default(), deadlines))
    }

    async fn once(transport: &mut Transport<tokio::io::DuplexStream>) -> Poll<io::Result<usize>> {
        let mut bytes = [0; 8];
        poll_fn(|cx| {
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = Pin::new(&mut *transport).poll_read(cx, &mut buffer);
            Poll::Ready(read.map_ok(|()| buffer.filled().len()))
        })
        .await
    }

    #[tokio::test]
    async fn a_server_that_was_too_busy_to_look_does_not_call_its_client_late() {
        use tokio::io::AsyncWriteExt;
        let head = Duration::from_millis(20);
        let (mut client, mut transport) = transport(head);
        std::thread::sleep(head * 2);
        assert!(once(&mut transport).await.is_pending(), "the time is over, but nobody has looked");
        client.write_all(b"GET").await.unwrap();
        assert!(matches!(once(&mut transport).await, Poll::Ready(Ok(3))));
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_is_late_all_the_same() {
        let (_client, mut transport) = transport(Duration::from_millis(20));
        let mut bytes = [0; 8];
        let read = poll_fn(|cx| Pin::new(&mut transport).poll_read(cx, &mut ReadBuf::new(&mut bytes))).await;
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
