//! How connections are set up, and how the tables come to be.

use std::time::Duration;

use chatcore::StoreError;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use super::options::PostgresOptions;
use super::words;
use crate::error::{unmigrated, unopened};
use crate::migrations;

/// For every statement there is an index. The planner is told so, because it decides by what it knows of a table, which
/// is nothing as long as the table is new and wrong while it grows. So one plan serves all values, and to plan anew for
/// each would only cost.
const LOOK_UPS: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
     SET enable_bitmapscan = off; SET jit = off; SET plan_cache_mode = force_generic_plan;";

/// What was answered must be on disk, whatever the server's default is; a stronger setting is left alone. A program
/// that froze with locks in its hand is cut off.
const PROMISES: &str = "SELECT set_config('synchronous_commit', \
     coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on'), false); \
     SET idle_in_transaction_session_timeout = '60s';";

/// Every read is one statement, and a group holds what it decides on: no stricter isolation has anything to add.
const ISOLATION: &str = "SET default_transaction_isolation = 'read committed'";

/// An identifier as SQL writes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What a connection is made with.
pub(super) fn options(options: &PostgresOptions) -> PgConnectOptions {
    let connect = options.connect.clone().disable_statement_logging().statement_cache_capacity(256);
    match connect.get_application_name() {
        None => connect.application_name("chatcore"),
        Some(_) => connect,
    }
}

/// A connection to the right schema.
pub(super) async fn bare(options: &PostgresOptions) -> Result<PgConnection, sqlx::Error> {
    let mut connection = self::options(options).connect().await?;
    if let Some(schema) = &options.schema {
        let set = format!("SET search_path TO {}", quoted(schema));
        connection.execute(AssertSqlSafe(set)).await?;
    }
    Ok(connection)
}

/// A connection for the statements of the store.
async fn common(options: &PostgresOptions) -> Result<PgConnection, sqlx::Error> {
    let mut connection = bare(options).await?;
    connection.execute(LOOK_UPS).await?;
    connection.execute(ISOLATION).await?;
    Ok(connection)
}

/// A connection that reads.
pub(super) async fn reader(options: &PostgresOptions) -> Result<PgConnection, sqlx::Error> {
    let mut connection = common(options).await?;
    connection.execute("SET default_transaction_read_only = on").await?;
    Ok(connection)
}

/// A connection that writes.
pub(super) async fn writer(options: &PostgresOptions) -> Result<PgConnection, sqlx::Error> {
    let mut connection = common(options).await?;
    connection.execute(PROMISES).await?;
    wait_for_rows(&mut connection, options.lock_timeout).await?;
    Ok(connection)
}

/// How long statements wait from now on for rows that somebody else holds.
pub(super) async fn wait_for_rows(connection: &mut PgConnection, time: Duration) -> Result<(), sqlx::Error> {
    let set = format!("SET lock_timeout = {}", time.as_millis());
    connection.execute(AssertSqlSafe(set)).await.map(|_| ())
}

fn migrator() -> Migrator {
    migrations::named(sqlx::migrate!("migrations/postgres"))
}

/// Brings the tables up to date, or sees that they are. One program does so at a time: it holds a lock of the database
/// meanwhile, over a connection that is closed at the end, whatever comes.
pub(super) async fn migrate(options: &PostgresOptions) -> Result<(), StoreError> {
    let failed = |error: sqlx::Error| unopened("the database").caused_by(error);
    let mut connection = bare(options).await.map_err(failed)?;
    let done = if options.migrate {
        if let Some(schema) = &options.schema {
            // asked first: `IF NOT EXISTS` needs the right to create, and two at once may clash
            let create = format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(schema));
            let there = "SELECT 1 FROM pg_namespace WHERE nspname = $1";
            let found = sqlx::query(there).bind(schema).fetch_optional(&mut connection).await.map_err(failed)?;
            if found.is_none() && connection.execute(AssertSqlSafe(create.clone())).await.is_err() {
                connection.execute(AssertSqlSafe(create)).await.map_err(failed)?;
            }
        }
        let done = migrator().run_direct(None, &mut connection, false).await;
        if done.is_ok() {
            words::fill(&mut connection).await.map_err(failed)?;
        }
        done
    } else {
        migrations::check(&migrator(), &mut connection).await
    };
    let closed = connection.close().await;
    done.map_err(unmigrated)?;
    closed.map_err(failed)
}

/// Sees that the tables are those that this program knows.
pub(super) async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    migrations::check(&migrator(), connection).await.map_err(unmigrated)
}
