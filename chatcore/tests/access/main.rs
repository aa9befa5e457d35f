//! Every way in to one account, over the store in memory: what works, what is refused, and what nobody can do twice.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails panics")]

mod codes;
mod foreign;
mod fronts;
mod hashes;
mod keys;
mod links;
mod passwords;
mod people;
mod throttle;
mod ways;
mod world;
