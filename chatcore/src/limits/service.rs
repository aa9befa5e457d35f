//! Counters that several servers share: the port, and the service that keeps them in the store.

use std::sync::Arc;

use async_trait::async_trait;

use super::bucket::Bucket;
use super::counter::{ForgetCounters, RateCounter, TakeUnits};
use super::rule::{Rule, Verdict};
use crate::clock::Clock;
use crate::error::Error;
use crate::store::{Batch, Conflict, Record, Store};

/// Counters that several servers share.
#[async_trait]
pub trait SharedLimits: Send + Sync {
    /// Takes `cost` units out of a bucket, if the rule lets it.
    ///
    /// # Behaviour
    /// * Two at once never take the same unit.
    /// * Who is refused takes nothing.
    /// * A bucket that nobody has touched is whole; one that is whole again may be forgotten.
    ///
    /// # Errors
    /// When the counters cannot be reached. Whoever asks decides what that means.
    async fn take(&self, bucket: &Bucket, cost: u64, rule: Rule) -> Result<Verdict, Error>;
}

/// Counters in the store, for all processes that share it.
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

    /// What [`SharedLimits::take`] would say, without taking anything.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn look(&self, bucket: &Bucket, cost: u64, rule: Rule) -> Result<Verdict, Error> {
        let counter = self.store.rate_counter(&bucket.to_string()).await?;
        Ok(rule.take(counter.map(|counter| counter.expires_at), cost, self.clock.now()).0)
    }

    /// Removes counters that say nothing any more, in bounded batches. Returns how many.
    ///
    /// # Errors
    /// [`Error::Store`]; the rest is done another time.
    pub async fn tidy(&self) -> Result<usize, Error> {
        let (now, mut gone) = (self.clock.now(), 0);
        loop {
            let expired = self.store.expired_counters(now, STEP).await?;
            if expired.is_empty() {
                return Ok(gone);
            }
            gone += expired.len();
            let buckets = expired.iter().map(RateCounter::key).collect();
            self.store.commit(Batch::of(ForgetCounters { buckets, at: now })).await?;
        }
    }
}

#[async_trait]
impl SharedLimits for Limits {
    /// # Errors
    /// [`Error::Store`].
    async fn take(&self, bucket: &Bucket, cost: u64, rule: Rule) -> Result<Verdict, Error> {
        let at = self.clock.now();
        let change = TakeUnits { bucket: bucket.clone(), cost, rule, at };
        match self.store.commit(Batch::of(change)).await {
            Ok(done) => {
                let counter = done.get::<RateCounter>(&bucket.to_string());
                // what was taken is gone from it already
                Ok(rule.take(counter.map(|counter| counter.expires_at), 0, at).0)
            }
            Err(error) => match error.conflict() {
                Some(Conflict::RateLimited { expires_at, .. }) => Ok(rule.take(Some(*expires_at), cost, at).0),
                _ => Err(error.into()),
            },
        }
    }
}
