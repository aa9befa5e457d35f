//! Guesses at one secret: the more of them failed one after another, the longer the wait for the next.

use std::time::Duration;

use super::bucket::Bucket;
use super::counter::RateCounter;
use crate::clock::Timestamp;
use crate::store::{Change, Conflict, Stop, Tx};

/// So many failures in a row cost no wait: people mistype.
pub const FREE_ATTEMPTS: u64 = 10;

/// No more failures in a row than this, however long somebody waits (NIST 800-63B). Only another proof helps then.
pub const MAX_ATTEMPTS: u64 = 100;

/// How long to wait after so many failures in a row: nothing at first, then a second, two, four, up to a quarter of an
/// hour.
#[must_use]
pub fn delay(failures: u64) -> Duration {
    const LONGEST: u64 = 900;
    match failures.checked_sub(FREE_ATTEMPTS) {
        None => Duration::ZERO,
        Some(over) => Duration::from_secs(1_u64.checked_shl(u32::try_from(over).unwrap_or(64)).unwrap_or(LONGEST))
            .min(Duration::from_secs(LONGEST)),
    }
}

/// Somebody is about to guess. It counts as a failure until [`ClearAttempts`] says otherwise, so guesses that come all
/// at once are counted before any of them is looked at.
#[derive(Debug, Clone)]
pub struct TakeAttempt {
    /// What is guessed at.
    pub bucket: Bucket,
    /// How many failures in a row there may be.
    pub most: u64,
    /// When the failures are forgotten.
    pub expires_at: Timestamp,
    /// When.
    pub at: Timestamp,
}

impl Change for TakeAttempt {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let bucket = self.bucket.to_string();
        let found = tx.get::<RateCounter>(&bucket)?;
        let there = found.is_some();
        let mut failures = 0;
        if let Some(RateCounter { failures: before, changed_at, expires_at, .. }) = found
            && self.at < expires_at
        {
            // the same for who is nobody, whose failures are forgotten some day
            let until = if before >= self.most { Timestamp::MAX } else { changed_at.plus(delay(before)) };
            if self.at < until {
                return Err(Conflict::RateLimited { until, at: self.at, expires_at }.into());
            }
            failures = before;
        }
        let next = RateCounter { bucket, failures: failures + 1, changed_at: self.at, expires_at: self.expires_at };
        if there { tx.update(next) } else { tx.insert(next) }
    }
}

/// The guess was right, or there is another proof: the failures are forgotten.
#[derive(Debug, Clone)]
pub struct ClearAttempts {
    /// What was guessed at.
    pub bucket: Bucket,
}

impl Change for ClearAttempts {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let bucket = self.bucket.to_string();
        match tx.get::<RateCounter>(&bucket)? {
            Some(_) => tx.delete::<RateCounter>(&bucket),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_and_ends_at_a_quarter_of_an_hour() {
        let seconds: Vec<u64> = (0..=MAX_ATTEMPTS).map(|failures| delay(failures).as_secs()).collect();
        assert!(seconds.is_sorted());
        assert_eq!(seconds[..13], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4]);
        assert_eq!((seconds[20], seconds[100], delay(u64::MAX).as_secs()), (900, 900, 900));
    }
}
