//! The counter of one bucket.

use serde::{Deserialize, Serialize};

use super::bucket::Bucket;
use super::rule::Rule;
use crate::clock::Timestamp;
use crate::store::{Change, Conflict, Entries, Index, Kind, Record, Stop, Tx};

/// What is kept of a bucket. One that is not there is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateCounter {
    /// What is counted: a [`Bucket`], as text.
    pub bucket: String,
    /// How many guesses in a row failed; 0 where a [`Rule`] counts.
    pub failures: u64,
    /// When it was counted last.
    pub changed_at: Timestamp,
    /// When the bucket is whole again, or the failures are forgotten. From then on the counter says nothing, and may be
    /// removed.
    pub expires_at: Timestamp,
}

impl Record for RateCounter {
    type Key = String;
    const KIND: Kind = Kind::RateCounter;

    fn key(&self) -> Self::Key {
        self.bucket.clone()
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::RateCountersByExpiry, &(self.expires_at, self.bucket.clone()));
    }
}

/// Takes units out of a bucket, if there are so many. A refusal takes none.
#[derive(Debug, Clone)]
pub struct TakeUnits {
    /// Out of which.
    pub bucket: Bucket,
    /// How many.
    pub cost: u64,
    /// How many there are, and how fast they come back.
    pub rule: Rule,
    /// When.
    pub at: Timestamp,
}

impl Change for TakeUnits {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let bucket = self.bucket.to_string();
        let found = tx.get::<RateCounter>(&bucket)?;
        let there = found.is_some();
        let (verdict, whole_at) = self.rule.take(found.map(|counter| counter.expires_at), self.cost, self.at);
        if !verdict.allowed {
            let until = verdict.until(self.at);
            return Err(Conflict::RateLimited { until, at: self.at, expires_at: whole_at }.into());
        }
        let counter = RateCounter { bucket, failures: 0, changed_at: self.at, expires_at: whole_at };
        if there { tx.update(counter) } else { tx.insert(counter) }
    }
}

/// Removes counters that say nothing any more. One that is gone is passed over.
#[derive(Debug, Clone)]
pub struct ForgetCounters {
    /// Which.
    pub buckets: Vec<String>,
    /// When.
    pub at: Timestamp,
}

impl Change for ForgetCounters {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.prefetch::<RateCounter>(self.buckets.iter().cloned())?;
        for bucket in &self.buckets {
            if tx.get::<RateCounter>(bucket)?.is_some_and(|counter| counter.expires_at <= self.at) {
                tx.delete::<RateCounter>(bucket)?;
            }
        }
        Ok(())
    }
}
