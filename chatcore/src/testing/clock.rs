//! A clock that stands still.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;

use crate::clock::{Clock, Timestamp};

/// A clock that moves only when it is told to; who sleeps wakes when it has moved far enough. Clones are one clock.
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    now: Timestamp,
    sleepers: Vec<Waker>,
}

impl ManualClock {
    /// A clock that shows the beginning of 2026.
    #[must_use]
    pub fn new() -> Self {
        let clock = Self::default();
        clock.set(Timestamp::from_micros(1_767_225_600_000_000));
        clock
    }

    /// Sets the time, forwards or backwards.
    pub fn set(&self, now: Timestamp) {
        let mut state = self.state();
        state.now = now;
        state.sleepers.drain(..).for_each(Waker::wake);
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let now = self.now().plus(by);
        self.set(now);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    async fn sleep_until(&self, until: Timestamp) {
        poll_fn(|context| {
            let mut state = self.state();
            if state.now >= until {
                return Poll::Ready(());
            }
            if !state.sleepers.iter().any(|waker| waker.will_wake(context.waker())) {
                state.sleepers.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn sleepers_wake_when_the_clock_has_moved_far_enough() {
        let clock = ManualClock::new();
        let until = clock.now().plus(Duration::from_secs(2));
        let mut sleep = clock.sleep_until(until);
        assert!((&mut sleep).now_or_never().is_none());
        clock.advance(Duration::from_secs(1));
        assert!((&mut sleep).now_or_never().is_none());
        clock.advance(Duration::from_secs(1));
        assert!(sleep.now_or_never().is_some());
    }
}
