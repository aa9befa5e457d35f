//! How often something may be done: counters that all processes of a store share.
//!
//! A *bucket* is what is counted: an address, an account, whatever the name says. Time is cut into windows of the length
//! that a rule names, and a [`RateWindow`] counts one bucket in one window. Taking is one change that refuses when the
//! limit is reached, so of many that come at once exactly as many get through as there is room for.

mod attempts;
mod service;
mod store;
mod window;

pub use attempts::{ClearAttempts, FREE_ATTEMPTS, MAX_ATTEMPTS, TakeAttempt, delay};
pub use service::{Limits, Rule, Verdict};
pub use store::LimitStore;
pub use window::{ForgetWindows, RateWindow, TakeRate};
