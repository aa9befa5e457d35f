//! Copies, digests and archives of whole stores, over stores that fail whenever it hurts.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod archives;
mod copies;
mod damage;
mod digests;
mod files;
mod stores;
