//! Search in the index of words.

use async_trait::async_trait;
use chatcore::search::{Found, Query, SearchStore};
use chatcore::{StoreError, Subject};

use crate::sqlite::SqliteStore;
use crate::sqlite::row::Binder;
use crate::value::{Bind, bound, limit as page};
use crate::words::mark;

/// What the index is asked for: words in quotes, so that nothing that somebody typed is more than a word.
fn expression(owner: Subject, query: &Query) -> String {
    let whole = query.whole().iter().map(|word| format!(" AND \"{word}\""));
    format!("\"{}\"{} AND \"{}\" *", mark(owner), whole.collect::<String>(), query.beginning())
}

#[async_trait]
impl SearchStore for SqliteStore {
    async fn search(
        &self,
        owner: Subject,
        query: &Query,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Found, StoreError> {
        let mut values = Binder::default();
        values.text(&expression(owner, query));
        values.integer(before.map_or(i64::MAX, bound));
        // one more says that there is more
        values.integer(page(limit.saturating_add(1)));
        values.key(&owner);
        let mut messages: Vec<chatcore::conversation::Message> = self
            .readers
            .joined(
                // `CROSS` keeps the order of the join: the index first
                "message_words AS w CROSS JOIN message_rows AS r ON r.n = w.rowid CROSS JOIN messages AS t ON t.id = r.message",
                "WHERE w.message_words MATCH ?1 AND t.number < ?2 AND t.owner = ?4 ORDER BY t.number DESC, t.id DESC LIMIT ?3",
                values,
            )
            .await?;
        let more = messages.len() > limit;
        messages.truncate(limit);
        // a page of none begins where the one before it ended
        let next = if more { messages.last().map(|last| last.number).or(before).or(Some(u64::MAX)) } else { None };
        Ok(Found { messages, next })
    }
}
