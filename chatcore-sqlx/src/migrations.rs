//! What the migrations of every database have in common.

use std::cmp::Ordering;

use sqlx::migrate::{Migrate, MigrateError, Migrator};

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
    if let Some(version) = connection.dirty_version(TABLE).await? {
        return Err(MigrateError::Dirty(version));
    }
    let applied = connection.list_applied_migrations(TABLE).await?;
    let last = applied.iter().map(|migration| migration.version).max().unwrap_or(0);
    let known = migrator.iter().map(|migration| migration.version).max().unwrap_or(0);
    match last.cmp(&known) {
        Ordering::Less => Err(MigrateError::VersionTooOld(last, known)),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(MigrateError::VersionTooNew(last, known)),
    }
}
