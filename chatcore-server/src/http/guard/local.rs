//! Counters in this process: quick, bounded, and forgotten with it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chatcore::limits::{Bucket, Rule, SharedLimits, Verdict};
use chatcore::{Clock, Error, Timestamp};

/// How many tables there are, so that requests seldom wait for each other.
const SHARDS: usize = 16;
/// How many counters each half of a table holds: what fits into 16,384 places. All tables together take about 9 MiB at most.
const HALF: usize = 14_000;

/// Counters in this process.
///
/// A table has two halves. When the young one is full it becomes the old one, and what was in the old one is forgotten:
/// counters that nobody touched while thousands of others were. So no number of clients takes more memory than that.
pub struct LocalLimits {
    clock: Arc<dyn Clock>,
    /// Keyed at random, so that nobody can choose names that collide.
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
}

#[derive(Default)]
struct Shard {
    young: HashMap<u64, Timestamp>,
    old: HashMap<u64, Timestamp>,
}

impl Shard {
    fn take(&mut self, key: u64, cost: u64, rule: Rule, now: Timestamp) -> Verdict {
        let whole_at = self.young.get(&key).or_else(|| self.old.get(&key)).copied();
        let (verdict, whole_at) = rule.take(whole_at, cost, now);
        if self.young.len() >= HALF && !self.young.contains_key(&key) {
            self.young.retain(|_, whole_at| now < *whole_at);
            if self.young.len() >= HALF / 2 {
                self.old = std::mem::take(&mut self.young);
            }
        }
        self.young.insert(key, whole_at);
        verdict
    }
}

impl LocalLimits {
    /// No counters yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { clock, hasher: RandomState::new(), shards }
    }

    /// Takes `cost` units out of a bucket, if the rule lets it.
    pub fn take_here(&self, bucket: &Bucket, cost: u64, rule: Rule) -> Verdict {
        let key = self.hasher.hash_one(bucket);
        let shard = usize::try_from(key % SHARDS as u64).unwrap_or(0);
        let mut shard = self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        shard.take(key, cost, rule, self.clock.now())
    }

    #[cfg(test)]
    fn counters(&self) -> usize {
        let sizes = self.shards.iter().map(|shard| {
            let shard = shard.lock().unwrap();
            shard.young.len() + shard.old.len()
        });
        sizes.sum()
    }
}

#[async_trait]
impl SharedLimits for LocalLimits {
    async fn take(&self, bucket: &Bucket, cost: u64, rule: Rule) -> Result<Verdict, Error> {
        Ok(self.take_here(bucket, cost, rule))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chatcore::testing::ManualClock;

    use super::*;

    #[test]
    fn everybody_is_counted_apart() {
        let clock = ManualClock::new();
        let limits = LocalLimits::new(Arc::new(clock.clone()));
        let rule = Rule::new(2, Duration::from_secs(10));
        let take = |policy: &str, key: &str| limits.take_here(&Bucket::new(policy, key), 1, rule).allowed;
        assert!(take("a", "x") && take("a", "x") && !take("a", "x"));
        assert!(take("a", "y") && take("b", "x"));
        clock.advance(Duration::from_secs(5));
        assert!(take("a", "x") && !take("a", "x"));
    }

    #[test]
    fn many_clients_take_no_more_memory_and_a_busy_one_is_not_forgotten() {
        let limits = LocalLimits::new(Arc::new(ManualClock::new()));
        let rule = Rule::new(100_000, Duration::from_secs(86_400));
        let busy = Bucket::new("read", "busy");
        let mut left = rule.quota();
        for client in 0..1_000_000_u32 {
            limits.take_here(&Bucket::new("read", client.to_string()), 1, rule);
            if client % 1000 == 0 {
                left -= 1;
                assert_eq!(limits.take_here(&busy, 1, rule).remaining, left);
            }
        }
        assert!(limits.counters() <= SHARDS * HALF * 2, "{}", limits.counters());
    }

    #[test]
    fn many_at_once_never_take_the_same_unit() {
        let limits = LocalLimits::new(Arc::new(ManualClock::new()));
        let rule = Rule::new(500, Duration::from_secs(60));
        let bucket = Bucket::new("run", "x");
        let taken: usize = std::thread::scope(|scope| {
            let one = || (0..200).filter(|_| limits.take_here(&bucket, 1, rule).allowed).count();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 500);
    }
}
