//! When a run is to be written next: what it said, or that it lives.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::Timing;
use crate::clock::{Clock, Timestamp};

/// When something is to be written. The timer is made only when somebody waits for it, and kept as long as it holds.
pub(super) struct Due {
    clock: Arc<dyn Clock>,
    flush: Duration,
    heartbeat: Duration,
    /// When something was written last, or tried to be.
    written: Timestamp,
    /// Since when something is pending, if anything is.
    since: Option<Timestamp>,
    timer: Option<(Timestamp, BoxFuture<'static, ()>)>,
}

impl Due {
    pub(super) fn new(clock: Arc<dyn Clock>, timing: Timing, begun: Timestamp) -> Self {
        let Timing { flush, heartbeat, .. } = timing;
        Self { clock, flush, heartbeat, written: begun, since: None, timer: None }
    }

    /// Something was written, or tried to be.
    pub(super) fn written(&mut self, at: Timestamp) {
        self.written = at;
        self.since = self.since.map(|_| at);
    }

    /// Something is to be written.
    pub(super) fn pending(&mut self) {
        if self.since.is_none() {
            self.since = Some(self.clock.now());
        }
    }

    /// Nothing is to be written but that the run lives.
    pub(super) fn nothing_pending(&mut self) {
        self.since = None;
    }

    fn at(&self) -> Timestamp {
        let beat = self.written.plus(self.heartbeat);
        self.since.map_or(beat, |since| self.shared_behind(since).min(beat))
    }

    /// The next of the moments that all runs share, a pause apart, so that all of them are written together: with many
    /// runs, what a write costs by itself would be most of what it costs.
    fn shared_behind(&self, since: Timestamp) -> Timestamp {
        let step = i64::try_from(self.flush.as_micros()).unwrap_or(i64::MAX).max(1);
        let late = since.as_micros().rem_euclid(step);
        Timestamp::from_micros(since.as_micros().saturating_add(step - late))
    }

    /// Whether it is time.
    pub(super) fn is_past(&self) -> bool {
        self.clock.now() >= self.at()
    }

    /// Ready when it is time.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let at = self.at();
        if self.timer.as_ref().is_none_or(|(until, _)| *until != at) {
            let clock = self.clock.clone();
            self.timer = Some((at, async move { clock.sleep_until(at).await }.boxed()));
        }
        let Some((_, timer)) = &mut self.timer else { return Poll::Pending };
        let ready = timer.as_mut().poll(context);
        if ready.is_ready() {
            self.timer = None;
        }
        ready
    }
}
