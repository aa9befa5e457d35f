//! What went wrong beneath, as the one error of every store. Nothing here quotes what somebody said.

use chatcore::store::{StoreError, StoreErrorKind};
use sqlx::migrate::MigrateError;

/// A read failed.
pub(crate) fn unread(table: &'static str, error: sqlx::Error) -> StoreError {
    let kind = match &error {
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Unavailable,
    };
    StoreError::new(kind, "read").context(table).caused_by(error)
}

/// A group failed before its commit, and was rolled back.
pub(crate) fn unwritten(table: &'static str, error: sqlx::Error) -> StoreError {
    StoreError::new(StoreErrorKind::NotApplied, "commit").context(table).caused_by(error)
}

/// The commit itself failed: what it was to write may be there or not.
pub(crate) fn uncertain(error: sqlx::Error) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "commit").caused_by(error)
}

/// Certainly nothing happened.
pub(crate) fn not_applied(why: &'static str) -> StoreError {
    StoreError::new(StoreErrorKind::NotApplied, "commit").context(why)
}

/// A table does not hold the rows that were loaded from it a moment ago.
pub(crate) fn inconsistent(table: &'static str, verb: &'static str, expected: usize, found: u64) -> StoreError {
    StoreError::new(StoreErrorKind::NotApplied, "commit")
        .context(format!("{table}: {expected} rows were to be {verb}, and {found} were"))
}

/// The database cannot be used.
pub(crate) fn unopened(why: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "open the database").context(why)
}

/// The schema is not one that this program can use.
pub(crate) fn unmigrated(error: MigrateError) -> StoreError {
    let why = match &error {
        MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => {
            format!("its schema has version {version}, newer than this program")
        }
        MigrateError::VersionTooOld(version, _) => {
            format!("its schema has version {version}, older than this program: it has to be migrated first")
        }
        MigrateError::Dirty(version) => format!("version {version} of its schema was applied only in part"),
        MigrateError::VersionMismatch(version) => {
            format!("version {version} of its schema is not the one that this program knows")
        }
        MigrateError::ExecuteMigration(_, version) => format!("version {version} of its schema cannot be applied"),
        _ => "its schema cannot be read".to_owned(),
    };
    unopened(why).caused_by(error)
}

/// The core has a kind of record that this crate does not know.
pub(crate) fn unknown_kind() -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, "scan").context("a kind that this store does not know")
}
