//! The rule of a limit, and what it says. Pure: a bucket is a timestamp.

use std::time::Duration;

use crate::clock::Timestamp;

/// So much in so long: `quota` units at once, and as many in each `window` after that, evenly.
///
/// It is the generic cell rate algorithm (GCRA) of ATM networks: a bucket is one moment, the one at which it will be whole
/// again. So a counter is a timestamp, nothing has to run when a window ends, and nobody gets twice the quota around the
/// end of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rule {
    quota: u64,
    /// How long one unit takes to come back, in microseconds.
    unit: u64,
}

/// What a counter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may be done. If not, nothing was counted.
    pub allowed: bool,
    /// How many units are left now.
    pub remaining: u64,
    /// After how long all of the quota is there again, if nothing more is taken.
    pub reset: Duration,
    /// After how long to ask again, for whoever was refused; `None` if the cost is above the quota, so that it never helps.
    pub retry_after: Option<Duration>,
}

impl Verdict {
    /// When to ask again, for whoever was refused just now; [`Timestamp::MAX`] if it never helps.
    #[must_use]
    pub fn until(&self, now: Timestamp) -> Timestamp {
        self.retry_after.map_or(Timestamp::MAX, |wait| now.plus(wait))
    }
}

impl Rule {
    /// `quota` units in each `window`, which is made longer by less than a microsecond for each unit where it cannot be
    /// divided evenly.
    #[must_use]
    pub const fn new(quota: u64, window: Duration) -> Self {
        let quota = if quota == 0 { 1 } else { quota };
        let window = window.as_secs().saturating_mul(1_000_000).saturating_add(window.subsec_micros() as u64);
        let unit = window.div_ceil(quota);
        Self { quota, unit: if unit == 0 { 1 } else { unit } }
    }

    /// How many units there are.
    #[must_use]
    pub const fn quota(self) -> u64 {
        self.quota
    }

    /// In how long they come back.
    #[must_use]
    pub const fn window(self) -> Duration {
        Duration::from_micros(self.time_of(self.quota))
    }

    /// Takes `cost` units out of a bucket that is whole at `whole_at` (`None`: it is whole). What it says, and when the
    /// bucket is whole now.
    ///
    /// A bucket is never farther from being whole than one window, so a clock that was set back locks nobody out for long.
    #[must_use]
    pub fn take(self, whole_at: Option<Timestamp>, cost: u64, now: Timestamp) -> (Verdict, Timestamp) {
        let window = self.time_of(self.quota);
        let missing = whole_at.map_or(0, |at| u64::try_from(at.since(now).as_micros()).unwrap_or(u64::MAX)).min(window);
        let wanted = missing.saturating_add(self.time_of(cost));
        let allowed = wanted <= window;
        let left = if allowed { wanted } else { missing };
        let verdict = Verdict {
            allowed,
            remaining: (window - left) / self.unit,
            reset: Duration::from_micros(left),
            retry_after: (!allowed && cost <= self.quota).then(|| Duration::from_micros(wanted - window)),
        };
        (verdict, now.plus(verdict.reset))
    }

    /// In how many microseconds so many units come back.
    const fn time_of(self, units: u64) -> u64 {
        self.unit.saturating_mul(units)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn a_burst_and_then_one_at_a_time() {
        let rule = Rule::new(3, Duration::from_secs(30));
        let mut whole_at = None;
        let mut take = |cost, now| {
            let (verdict, next) = rule.take(whole_at, cost, at(now));
            whole_at = Some(next);
            verdict
        };
        for left in [2, 1, 0] {
            let verdict = take(1, 0);
            assert!(verdict.allowed);
            assert_eq!(verdict.remaining, left);
        }
        let refused = take(1, 0);
        assert!(!refused.allowed);
        assert_eq!((refused.remaining, refused.retry_after), (0, Some(Duration::from_secs(10))));
        assert_eq!(refused.reset, Duration::from_secs(30));
        assert!(!take(1, 9_999_999).allowed);
        assert!(take(1, 10_000_000).allowed);
        assert_eq!(take(3, 40_000_000).remaining, 0);
        assert_eq!(take(4, 90_000_000).retry_after, None, "it never helps to wait");
        assert_eq!(take(1, 90_000_000).remaining, 2, "who was refused took nothing");
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out_for_long() {
        let rule = Rule::new(1, Duration::from_secs(1));
        let (_, whole_at) = rule.take(None, 1, at(3_600_000_000));
        let (refused, _) = rule.take(Some(whole_at), 1, at(0));
        assert_eq!(refused.retry_after, Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_quota_that_does_not_divide_its_window_is_there_whole() {
        let rule = Rule::new(7, Duration::from_secs(60));
        assert_eq!(rule.window().as_secs(), 60);
        let whole = (0..7).fold(None, |whole_at, _| {
            let (verdict, next) = rule.take(whole_at, 1, at(0));
            assert!(verdict.allowed);
            Some(next)
        });
        assert!(!rule.take(whole, 1, at(0)).0.allowed);
    }

    proptest! {
        /// In no stretch of time is more than the quota and what comes back in it taken, and all of that can be.
        #[test]
        fn never_more_than_the_quota(
            quota in 1_u64..50,
            window in 1_u64..10_000_000,
            steps in prop::collection::vec((0_i64..2_000_000, 1_u64..5), 1..100),
        ) {
            let rule = Rule::new(quota, Duration::from_micros(window));
            let (mut now, mut whole_at, mut taken) = (0_i64, None, 0_u64);
            for (pause, cost) in steps {
                now += pause;
                let (verdict, next) = rule.take(whole_at, cost, at(now));
                prop_assert!(verdict.remaining <= quota);
                if verdict.allowed {
                    taken += cost;
                } else if let Some(wait) = verdict.retry_after {
                    let (again, _) = rule.take(Some(next), cost, at(now).plus(wait));
                    prop_assert!(again.allowed, "waiting as told helps: {verdict:?} {again:?}");
                }
                whole_at = Some(next);
                let back = u64::try_from(now).unwrap() * quota / window;
                prop_assert!(taken <= quota + back, "{taken} of {quota} and {back}");
            }
        }
    }
}
