//! SQL stores of chatcore: every kind of record in a table of its own, with columns that people can query.
//!
//! ```no_run
//! # async fn example() -> Result<(), chatcore::StoreError> {
//! use chatcore_sqlx::SqliteStore;
//!
//! let store = SqliteStore::open("data/chat.db").await?;
//! // hand it to the services, and at the end
//! store.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! SQLite is behind the feature `sqlite`, which is on by default and links the SQLite that sqlx bundles. Only one crate
//! of a program can link SQLite: a program that uses another binding of it must agree on the version.
//!
//! PostgreSQL comes as a module of its own beside this one. The two share no queries: what they have in common is
//! checked by the conformance suite, not by one text that has to please both.

#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStore};
