//! The words of messages that were stored before there was an index of words.

use chatcore::conversation::Part;
use chatcore::{MessageId, Subject};
use sqlx::postgres::PgConnection;
use sqlx::{Error, Executor};

use super::row::Columns;
use crate::value::Take;
use crate::words;

/// Messages of one statement.
const STEP: i64 = 500;

/// Makes the words of messages that have none yet, so many at a time: where it breaks off, the next start goes on. One
/// program does so at a time; the lock is gone with the connection.
pub(super) async fn fill(connection: &mut PgConnection) -> Result<(), Error> {
    let missing = "SELECT EXISTS (SELECT 1 FROM messages WHERE words IS NULL)";
    if !sqlx::query_scalar::<_, bool>(missing).fetch_one(&mut *connection).await? {
        return Ok(());
    }
    connection.execute("SELECT pg_advisory_lock(hashtext('chatcore words'))").await?;
    let mut last = Some(Vec::new());
    while let Some(after) = last {
        last = step(connection, &after).await?;
    }
    Ok(())
}

/// The messages behind an id; answers with the last of them.
async fn step(connection: &mut PgConnection, after: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let query = "SELECT id, owner, parts FROM messages WHERE words IS NULL AND id > $1 ORDER BY id LIMIT $2";
    let rows = sqlx::query(query).bind(after).bind(STEP).fetch_all(&mut *connection).await?;
    let (mut ids, mut all) = (Vec::new(), Vec::new());
    for row in &rows {
        let mut row = Columns::of(row);
        let (id, owner): (MessageId, Subject) = (row.key()?, row.key()?);
        // what cannot be read is found by nobody, and the check says so
        let parts: Vec<Part> = row.json().unwrap_or_default();
        ids.push(id.as_uuid().as_bytes().to_vec());
        all.push(words::of(owner, &parts));
    }
    let update = "UPDATE messages AS t SET words = v.words FROM unnest($1::bytea[], $2::text[]) AS v (id, words) \
                  WHERE t.id = v.id";
    let last = ids.last().cloned();
    sqlx::query(update).bind(ids).bind(all).execute(&mut *connection).await?;
    Ok(last)
}
