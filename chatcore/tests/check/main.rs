//! The consistency check: every rule is broken on purpose, found alone, and mended without harm to anything else.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod audit;
mod corrupt;
mod damage;
mod general;
mod money;
mod plants;
mod raw;
mod world;
