//! The store on SQLite.
//!
//! ```text
//! commit -> queue -> committer, the one writer: BEGIN IMMEDIATE, load, evaluate, write, COMMIT, answer all
//! reads  -> a few connections that only read, one statement each
//! ```
//!
//! `reads` answers the questions of each domain. The tables are in `migrations/sqlite`.

mod call;
mod connection;
mod file;
mod options;
mod readers;
mod reads;
mod row;
mod rows;
mod snapshot;
mod statement;
mod store;
#[cfg(test)]
mod tests;
mod wipe;
mod words;
mod writer;

pub use options::SqliteOptions;
pub use snapshot::SqliteSnapshot;
pub use store::SqliteStore;
