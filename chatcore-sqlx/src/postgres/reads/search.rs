//! Search in the index of words.

use async_trait::async_trait;
use chatcore::search::{Found, Query, SearchStore};
use chatcore::{StoreError, Subject};

use crate::postgres::PostgresStore;
use crate::postgres::row::Binder;
use crate::value::{Bind, bound, limit as page};
use crate::words::mark;

/// What the index is asked for: lexemes in quotes, so that nothing that somebody typed is more than a word.
fn expression(owner: Subject, query: &Query) -> String {
    let whole = query.whole().iter().map(|word| format!(" & '{word}'"));
    format!("'{}'{} & '{}':*", mark(owner), whole.collect::<String>(), query.beginning())
}

#[async_trait]
impl SearchStore for PostgresStore {
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
        let mut messages: Vec<chatcore::conversation::Message> = self
            .readers
            .joined(
                "messages_with_words($1::tsquery, $2, $3) AS f (id, number) JOIN messages AS t ON t.id = f.id",
                "ORDER BY f.number DESC, f.id DESC",
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
