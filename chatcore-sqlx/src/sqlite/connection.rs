//! How connections are set up.
//!
//! The log goes ahead of the database (WAL), so that reads and the one writer do not wait for each other, and each
//! commit waits for the disk (`synchronous = FULL`): what was answered survives a power cut. References between tables
//! are the business of the rules above, so they are not checked again here.

use std::path::Path;

use chatcore::StoreError;
use sqlx::ConnectOptions;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};

use super::options::SqliteOptions;
use super::statement::MAX_TEXTS;
use super::words;
use crate::error::{unmigrated, unopened};
use crate::migrations;

/// What every connection has in common.
fn common(options: &SqliteOptions) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .busy_timeout(options.busy_timeout)
        .foreign_keys(false)
        .pragma("temp_store", "memory")
        // with a long list of values SQLite would rather index the list and walk the whole table
        .pragma("automatic_index", "0")
        // statements come in a few sizes each, and all should stay prepared
        .statement_cache_capacity(MAX_TEXTS)
        // a page fits in, so that the thread that reads it never waits for the task that takes it
        .row_buffer_size(512)
        .disable_statement_logging()
}

/// The connection that writes.
pub(super) fn writer(path: &Path, options: &SqliteOptions) -> SqliteConnectOptions {
    common(options)
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // macOS empties the cache of the disk only when it is told to
        // what is deleted is written over with zeros, not only given up: some of it somebody asked to have erased
        .pragma("secure_delete", "ON")
        .pragma("fullfsync", "1")
        .pragma("checkpoint_fullfsync", "1")
        // pages: a group writes a few hundred, and moving them to the database less often moves each once for many
        .pragma("wal_autocheckpoint", "4000")
        .pragma("journal_size_limit", "67108864")
        // KiB
        .pragma("cache_size", "-65536")
}

/// The one connection of a database in memory.
pub(super) fn memory(options: &SqliteOptions) -> SqliteConnectOptions {
    common(options).journal_mode(SqliteJournalMode::Memory)
}

/// A connection that only reads.
pub(super) fn reader(path: &Path, options: &SqliteOptions) -> SqliteConnectOptions {
    common(options).filename(path).read_only(true).pragma("query_only", "1").pragma("cache_size", "-16384")
}

/// Connects for writing and brings the tables up to date.
pub(super) async fn connect(connect: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
    let failed = |error: sqlx::Error| unopened("the connection that writes").caused_by(error);
    let mut connection = connect.connect().await.map_err(failed)?;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.map_err(failed)?;
    if mode != "wal" && mode != "memory" {
        return Err(unopened(format!("its file system does not support a write-ahead log (journal mode {mode})")));
    }
    migrator().run_direct(None, &mut connection, false).await.map_err(unmigrated)?;
    words::fill(&mut connection).await?;
    Ok(connection)
}

fn migrator() -> Migrator {
    migrations::named(sqlx::migrate!("migrations/sqlite"))
}

/// Sees that the tables are those that this program knows, without changing them.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    migrations::check(&migrator(), connection).await.map_err(unmigrated)
}
