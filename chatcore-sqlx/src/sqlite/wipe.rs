//! Clearing what was deleted out of the files.

use chatcore::StoreError;
use sqlx::Executor;
use sqlx::sqlite::SqliteConnection;

use crate::error::not_applied;

/// Whoever still reads from the log is not waited for: everybody who writes would wait, too.
const IMPATIENT: &str = "PRAGMA busy_timeout = 50";

/// Moves what is in the log to the database and cuts the log off; `false` if somebody still reads from it.
pub(super) async fn truncate(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let patience: i64 = sqlx::query_scalar("PRAGMA busy_timeout").fetch_one(&mut *connection).await.map_err(failed)?;
    connection.execute(IMPATIENT).await.map_err(failed)?;
    let busy = sqlx::query_scalar::<_, i64>("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await;
    let patient = format!("PRAGMA busy_timeout = {patience}");
    connection.execute(sqlx::AssertSqlSafe(patient)).await.map_err(failed)?;
    Ok(busy.map_err(failed)? == 0)
}

/// Writes the index of words and then the whole file anew.
pub(super) async fn rewrite(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    for step in ["INSERT INTO message_words (message_words) VALUES ('optimize')", "VACUUM"] {
        connection.execute(step).await.map_err(failed)?;
    }
    truncate(connection).await.map(drop)
}

fn failed(error: sqlx::Error) -> StoreError {
    not_applied("what was deleted could not be cleared out of the files").caused_by(error)
}
