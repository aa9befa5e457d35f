//! How often something may be done: the rule, and counters that all processes of a store share.
//!
//! A *bucket* is what is counted: the requests of an address, say. A [`Rule`] says how much there is in it and how fast that
//! comes back; all that has to be kept is the moment at which the bucket is whole again. [`Limits`] keeps it in the store, in a
//! change that refuses when too little is left, so of many that come at once exactly as many get through as there is room
//! for. Guesses at a secret are counted otherwise: each failure in a row makes the wait for the next longer ([`delay`]).
//!
//! ```
//! use std::time::Duration;
//! use chatcore::Timestamp;
//! use chatcore::limits::Rule;
//!
//! let rule = Rule::new(2, Duration::from_secs(60)); // two at once, then one every 30 seconds
//! let now = Timestamp::from_micros(1);
//! let (first, whole_at) = rule.take(None, 1, now);
//! let (second, whole_at) = rule.take(Some(whole_at), 1, now);
//! let (third, _) = rule.take(Some(whole_at), 1, now);
//! assert_eq!((first.remaining, second.remaining, third.allowed), (1, 0, false));
//! assert_eq!(third.retry_after, Some(Duration::from_secs(30)));
//! ```

mod attempts;
mod bucket;
mod counter;
mod rule;
mod service;
mod store;

pub use attempts::{ClearAttempts, FREE_ATTEMPTS, MAX_ATTEMPTS, TakeAttempt, delay};
pub use bucket::Bucket;
pub use counter::{ForgetCounters, RateCounter, TakeUnits};
pub use rule::{Rule, Verdict};
pub use service::{Limits, SharedLimits};
pub use store::LimitStore;
