//! The service of limits.

use std::sync::Arc;
use std::time::Duration;

use super::window::{ForgetWindows, RateWindow, TakeRate};
use crate::clock::{Clock, Timestamp};
use crate::error::Error;
use crate::store::{Batch, Conflict, Record, Store};

/// How much of something there is in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// How much.
    pub limit: u64,
    /// How long a stretch is.
    pub window: Duration,
}

impl Rule {
    /// So much in every stretch of that length, which begins with the clock: every minute, every hour.
    #[must_use]
    pub const fn new(limit: u64, window: Duration) -> Self {
        Self { limit, window }
    }

    /// The stretch that a moment lies in. One of no length is a microsecond.
    #[must_use]
    pub fn window_at(&self, at: Timestamp) -> (Timestamp, Timestamp) {
        let length = i64::try_from(self.window.as_micros()).unwrap_or(i64::MAX).max(1);
        let start = at.as_micros() - at.as_micros().rem_euclid(length);
        (Timestamp::from_micros(start), Timestamp::from_micros(start.saturating_add(length)))
    }
}

/// Whether something may be done, and what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may be done. If not, nothing was counted.
    pub allowed: bool,
    /// How much there is in a stretch.
    pub limit: u64,
    /// How much is left of it.
    pub remaining: u64,
    /// When there is all of it again.
    pub reset_at: Timestamp,
}

impl Verdict {
    const fn of(rule: &Rule, allowed: bool, used: u64, reset_at: Timestamp) -> Self {
        Self { allowed, limit: rule.limit, remaining: rule.limit.saturating_sub(used), reset_at }
    }
}

/// Counts how often things are done, in the store, for all processes that share it.
#[derive(Clone)]
pub struct Limits {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

/// Counters that are removed together.
const STEP: usize = 200;

impl Limits {
    /// The service over a store.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Does something that costs so much once more, if there is room for it.
    ///
    /// # Errors
    /// [`Error::Store`]. Whether to go on then is for the caller to say.
    pub async fn take(&self, bucket: &str, cost: u64, rule: &Rule) -> Result<Verdict, Error> {
        let at = self.clock.now();
        let (start, end) = rule.window_at(at);
        let bucket = bucket.to_owned();
        let change = TakeRate { bucket: bucket.clone(), start, end, cost, limit: rule.limit, at };
        match self.store.commit(Batch::of(change)).await {
            Ok(done) => {
                let used = done.get::<RateWindow>(&(bucket, start)).map_or(0, |window| window.used);
                Ok(Verdict::of(rule, true, used, end))
            }
            Err(error) => match error.conflict() {
                Some(Conflict::RateLimited { used, until }) => Ok(Verdict::of(rule, false, *used, *until)),
                _ => Err(error.into()),
            },
        }
    }

    /// What [`Self::take`] would say, without taking anything.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn look(&self, bucket: &str, cost: u64, rule: &Rule) -> Result<Verdict, Error> {
        let (start, end) = rule.window_at(self.clock.now());
        let used = self.store.rate_window(bucket, start).await?.map_or(0, |window| window.used);
        Ok(Verdict::of(rule, used.saturating_add(cost) <= rule.limit, used, end))
    }

    /// Removes counters that count no more, in bounded batches. Returns how many.
    ///
    /// # Errors
    /// [`Error::Store`]; the rest is done another time.
    pub async fn tidy(&self) -> Result<usize, Error> {
        let (now, mut gone) = (self.clock.now(), 0);
        loop {
            let expired = self.store.expired_windows(now, STEP).await?;
            if expired.is_empty() {
                return Ok(gone);
            }
            gone += expired.len();
            let windows = expired.iter().map(RateWindow::key).collect();
            self.store.commit(Batch::of(ForgetWindows { windows, at: now })).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_begin_with_the_clock_and_meet() {
        let rule = Rule::new(1, Duration::from_secs(60));
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        assert_eq!(rule.window_at(at(59)), (at(0), at(60)));
        assert_eq!(rule.window_at(at(60)), (at(60), at(120)));
        assert_eq!(rule.window_at(at(-1)), (at(-60), at(0)));
        let (start, end) = Rule::new(1, Duration::ZERO).window_at(at(7));
        assert!(start <= at(7) && at(7) < end);
    }
}
