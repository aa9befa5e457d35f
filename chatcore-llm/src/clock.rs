//! The clock of programs that run on tokio.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use chatcore::{Clock, Timestamp};

/// The time of the operating system; waits with tokio's timer. This is the one place that asks for the time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// Wall clocks get set, so a long wait is cut and the time looked at again.
const LONGEST_NAP: Duration = Duration::from_secs(60);

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    fn now(&self) -> Timestamp {
        let now = SystemTime::now();
        match now.duration_since(UNIX_EPOCH) {
            Ok(after) => Timestamp::from_micros(0).plus(after),
            Err(before) => Timestamp::from_micros(0).minus(before.duration()),
        }
    }

    async fn sleep_until(&self, until: Timestamp) {
        loop {
            let left = until.since(self.now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LONGEST_NAP)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_wakes_at_or_after_the_moment() {
        let clock = SystemClock;
        let until = clock.now().plus(Duration::from_millis(20));
        clock.sleep_until(until).await;
        assert!(clock.now() >= until);
        clock.sleep_until(Timestamp::from_micros(0)).await;
    }

    #[test]
    fn it_is_after_this_was_written() {
        assert!(SystemClock.now() > "2025-01-01T00:00:00Z".parse().unwrap());
    }
}
