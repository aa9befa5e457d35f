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
//! ```no_run
//! # async fn example() -> Result<(), chatcore::StoreError> {
//! use chatcore_sqlx::{PostgresOptions, PostgresStore};
//!
//! let options = PostgresOptions::url("postgres://chat@localhost/chat")?.schema("tenant_7");
//! let store = PostgresStore::open(options).await?;
//! # store.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! Each is behind a feature, `sqlite` and `postgres`, and both are on by default. SQLite is the one that sqlx bundles.
//! Only one crate of a program can link SQLite: a program that uses another binding of it must agree on the version.
//!
//! The two share how a record becomes columns (`records`) and how batches become groups (`committer`). They share no
//! query and no migration: what they have in common is checked by the conformance suite, not by one text that has to
//! please both.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod committer;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod error;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod migrations;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod pool;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod records;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod table;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod value;
mod words;

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresSnapshot, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteSnapshot, SqliteStore};
