//! The words of messages that were stored before there was an index of words.

use chatcore::conversation::Part;
use chatcore::{MessageId, StoreError, Subject};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Error};

use super::row::Columns;
use crate::error::unopened;
use crate::value::Take;
use crate::words;

/// Messages of one transaction.
const STEP: u32 = 500;

/// Makes the words of messages that have none yet, so many at a time: where it breaks off, the next start goes on.
pub(super) async fn fill(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let failed = |error: Error| unopened("the index of words").caused_by(error);
    while step(connection).await.map_err(failed)? {}
    Ok(())
}

/// Whether there may be more.
async fn step(connection: &mut SqliteConnection) -> Result<bool, Error> {
    let mut transaction = connection.begin().await?;
    let query = "SELECT id, owner, parts FROM messages WHERE words IS NULL LIMIT ?1";
    let rows = sqlx::query(query).bind(STEP).fetch_all(&mut *transaction).await?;
    for row in &rows {
        let mut row = Columns::of(row);
        let (id, owner): (MessageId, Subject) = (row.key()?, row.key()?);
        // what cannot be read is found by nobody, and the check says so
        let parts: Vec<Part> = row.json().unwrap_or_default();
        let update = sqlx::query("UPDATE messages SET words = ?2 WHERE id = ?1");
        let update = update.bind(id.as_uuid().as_bytes().to_vec()).bind(words::of(owner, &parts));
        update.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(!rows.is_empty())
}
