//! When to ask again. Only before the answer began: once its first byte was handed out, asking again could say things
//! twice.

use std::time::Duration;

use chatcore::{Clock, Timestamp};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::clock::SystemClock;

/// How often a request is sent, and how long it waits in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often it is sent at most; 1 never retries.
    pub attempts: u32,
    /// The first wait when the provider does not name one; each later one is twice as long.
    pub base: Duration,
    /// The longest wait. A provider that asks for more gets no second request: its error is passed on, with its wish.
    pub longest: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 3, base: Duration::from_millis(500), longest: Duration::from_secs(20) }
    }
}

impl RetryPolicy {
    /// Sends once.
    #[must_use]
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// How long to wait before the next attempt, if there is one. `attempt` counts those already made.
    #[must_use]
    pub(crate) fn wait(&self, attempt: u32, wish: Option<Duration>) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        match wish {
            Some(wish) if wish > self.longest => None,
            Some(wish) => Some(wish),
            None => {
                let doubled = self.base.saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1)));
                Some(doubled.min(self.longest))
            }
        }
    }
}

/// Whether an answer of that status may be better next time. `x-should-retry` is the provider's own word on it.
pub(crate) fn is_worth_it(status: u16, headers: &HeaderMap) -> bool {
    match headers.get("x-should-retry").map(reqwest::header::HeaderValue::as_bytes) {
        Some(b"true") => true,
        Some(b"false") => false,
        _ => matches!(status, 408 | 409 | 429 | 500 | 502 | 503 | 504 | 529),
    }
}

/// How long the provider asks to be left alone: milliseconds, seconds or a date.
pub(crate) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(wait) = text("retry-after-ms").and_then(|ms| number(ms, 0.001)) {
        return Some(wait);
    }
    let after = text(RETRY_AFTER.as_str())?;
    number(after, 1.0).or_else(|| {
        let until = moment(after)?;
        // the provider's own clock, where it tells it, so that ours need not agree with it
        let now = text(DATE.as_str()).and_then(moment).unwrap_or_else(|| SystemClock.now());
        Some(until.since(now))
    })
}

fn number(text: &str, unit: f64) -> Option<Duration> {
    let value: f64 = text.parse().ok()?;
    Duration::try_from_secs_f64(value * unit).ok()
}

fn moment(text: &str) -> Option<Timestamp> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp::from_micros(0).plus(since))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let policy = RetryPolicy { attempts: 5, base: Duration::from_secs(1), longest: Duration::from_secs(3) };
        let waits: Vec<_> = (1..=5).map(|attempt| policy.wait(attempt, None).map(|wait| wait.as_secs())).collect();
        assert_eq!(waits, [Some(1), Some(2), Some(3), Some(3), None]);
        assert_eq!(policy.wait(1, Some(Duration::from_secs(2))), Some(Duration::from_secs(2)));
        assert_eq!(policy.wait(1, Some(Duration::from_secs(4))), None);
        assert_eq!(RetryPolicy::never().wait(1, None), None);
    }

    #[test]
    fn a_wait_may_be_written_in_three_ways() {
        let wait = |pairs: &[_]| asked_wait(&headers(pairs));
        assert_eq!(wait(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(wait(&[("retry-after", "7"), ("retry-after-ms", "1500")]), Some(Duration::from_millis(1500)));
        let date = [("retry-after", "Wed, 21 Oct 2015 07:28:09 GMT"), ("date", "Wed, 21 Oct 2015 07:28:00 GMT")];
        assert_eq!(wait(&date), Some(Duration::from_secs(9)));
        assert_eq!(wait(&date[..1]), Some(Duration::ZERO));
        for odd in ["soon", "-1", "NaN", "inf", ""] {
            assert_eq!(wait(&[("retry-after", odd)]), None, "{odd}");
        }
    }

    #[test]
    fn the_provider_has_the_last_word() {
        assert!(is_worth_it(503, &headers(&[])));
        assert!(!is_worth_it(400, &headers(&[])));
        assert!(!is_worth_it(503, &headers(&[("x-should-retry", "false")])));
        assert!(is_worth_it(400, &headers(&[("x-should-retry", "true")])));
    }
}
