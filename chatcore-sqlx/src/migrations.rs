//! What the migrations of every database have in common.

use std::cmp::Ordering;

use sqlx::migrate::{Migrate, MigrateError, Migration, Migrator};

/// Where migrations that were applied are noted: a name of our own, so that an application can keep its tables and its
/// migrations in the same database.
const TABLE: &str = "_chatcore_migrations";

/// Migrations that are noted in our own table.
pub(crate) fn named(mut migrator: Migrator) -> Migrator {
    migrator.dangerous_set_table_name(TABLE);
    migrator
}

/// Whether the tables are those that this program knows, without changing them.
pub(crate) async fn check(migrator: &Migrator, connection: &mut impl Migrate) -> Result<(), MigrateError> {
    let known = migrator.iter().map(|migration| migration.version).max().unwrap_or(0);
    match connection.dirty_version(TABLE).await {
        Ok(None) => {}
        Ok(Some(version)) => return Err(MigrateError::Dirty(version)),
        Err(error) if is_not_there(&error) => return Err(MigrateError::VersionTooOld(0, known)),
        Err(error) => return Err(error),
    }
    let applied = connection.list_applied_migrations(TABLE).await?;
    let last = applied.iter().map(|migration| migration.version).max().unwrap_or(0);
    let changed = |ours: &&Migration| {
        applied.iter().any(|theirs| theirs.version == ours.version && theirs.checksum != ours.checksum)
    };
    match (last.cmp(&known), migrator.iter().find(changed)) {
        (Ordering::Less, _) => Err(MigrateError::VersionTooOld(last, known)),
        (Ordering::Greater, _) => Err(MigrateError::VersionTooNew(last, known)),
        (Ordering::Equal, Some(changed)) => Err(MigrateError::VersionMismatch(changed.version)),
        (Ordering::Equal, None) => Ok(()),
    }
}

/// Whether nothing was ever migrated here.
fn is_not_there(error: &MigrateError) -> bool {
    let (MigrateError::Execute(sqlx::Error::Database(answer))
    | MigrateError::ExecuteMigration(sqlx::Error::Database(answer), _)) = error
    else {
        return false;
    };
    // PostgreSQL has a code for it, SQLite a sentence
    answer.code().as_deref() == Some("42P01") || answer.message().starts_with("no such table")
}
