//! A throw-away PostgreSQL server for tests, from the binaries that the machine has. Behind the feature `testing`.
//!
//! One server serves all test processes of a user: the first starts it, and a keeper stops it soon after the last has
//! ended. Every test gets a schema of its own with [`Postgres::fresh`].
//!
//! The server refuses to run as root; then it runs as the user `postgres`, or as `nobody`.

mod binaries;
mod private;
mod server;

pub use private::PrivatePostgres;
pub use server::{Durability, Missing, Postgres};
