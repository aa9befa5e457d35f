//! The store on PostgreSQL.
//!
//! ```text
//! commit -> queue -> committer: BEGIN, lock and load, evaluate, write, COMMIT, answer all
//! reads  -> a few connections that only read, one statement each
//! ```
//!
//! Several programs may share a database. What a group is about to decide on it locks, in one order that all of them
//! keep; what was not there is guarded by the unique index that an insert meets. See `writer`.
//!
//! Which runs a group writes is told to whoever listens, by `NOTIFY` in the same transaction. See `notify`.
//!
//! Rows go to and fro as arrays, one parameter a column, so that a statement's text does not depend on how many there
//! are. `reads` answers the questions of each domain. The tables are in `migrations/postgres`.

mod connection;
mod failure;
mod notify;
mod options;
mod readers;
mod reads;
mod row;
mod rows;
mod snapshot;
mod statement;
mod store;
mod words;
mod writer;

pub use options::PostgresOptions;
pub use snapshot::PostgresSnapshot;
pub use store::PostgresStore;
