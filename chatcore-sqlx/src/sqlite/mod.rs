//! The store on SQLite.
//!
//! ```text
//! commit -> queue -> committer, the one writer: BEGIN IMMEDIATE, load, evaluate, write, COMMIT, answer all
//! reads  -> a few connections that only read, one statement each
//! ```
//!
//! `records` says how each kind of record is a table, `reads` answers the questions of each domain. The tables are in
//! `migrations/sqlite`.

mod committer;
mod connection;
mod error;
mod file;
mod options;
mod pool;
mod readers;
mod reads;
mod records;
mod row;
mod rows;
mod statement;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod writer;

pub use options::SqliteOptions;
pub use store::SqliteStore;
