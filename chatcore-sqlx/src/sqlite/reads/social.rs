//! Reads of feedback and links.

use async_trait::async_trait;
use chatcore::account::TokenHash;
use chatcore::feedback::{Feedback, FeedbackStore, Rating};
use chatcore::share::{Share, ShareStore};
use chatcore::{ConversationId, MessageId, ShareId, StoreError, Subject, Timestamp};

use crate::sqlite::SqliteStore;
use crate::sqlite::row::Binder;
use crate::value::{Bind, limit as page};

#[async_trait]
impl FeedbackStore for SqliteStore {
    async fn feedback_on(&self, by: Subject, messages: &[MessageId]) -> Result<Vec<Feedback>, StoreError> {
        // `CROSS` keeps the order of the join: each message is looked up
        let list: Vec<String> = messages.iter().map(|id| id.as_uuid().simple().to_string()).collect();
        let mut values = Binder::default();
        values.key(&by);
        values.json(&list);
        self.readers
            .joined(
                "json_each(?2) AS r CROSS JOIN feedback AS t",
                "WHERE t.message = unhex(r.value) AND t.author = ?1 ORDER BY r.key",
                values,
            )
            .await
    }

    async fn feedback(
        &self,
        rating: Option<Rating>,
        since: Timestamp,
        after: Option<(Timestamp, MessageId, Subject)>,
        limit: usize,
    ) -> Result<Vec<Feedback>, StoreError> {
        let mut values = Binder::default();
        values.time(since);
        // no key sorts before an empty one, so the first page starts behind the last moment and no key
        values.integer(after.map_or(i64::MAX, |(at, _, _)| at.as_micros()));
        match after {
            Some((_, message, by)) => {
                values.key(&message);
                values.key(&by);
            }
            None => {
                values.bytes(&[]);
                values.bytes(&[]);
            }
        }
        values.integer(page(limit));
        let of = match &rating {
            Some(rating) => {
                values.word(rating);
                "t.rating = ?6 AND"
            }
            None => "",
        };
        let rest = format!(
            "WHERE {of} t.updated_at BETWEEN ?1 AND ?2 AND (t.updated_at < ?2 OR (t.message, t.author) > (?3, ?4)) \
             ORDER BY t.updated_at DESC, t.message, t.author LIMIT ?5"
        );
        self.readers.records(&rest, values).await
    }
}

#[async_trait]
impl ShareStore for SqliteStore {
    async fn share(&self, hash: TokenHash) -> Result<Option<Share>, StoreError> {
        self.readers.by_key(&hash).await
    }

    async fn shares(
        &self,
        conversation: ConversationId,
        after: Option<ShareId>,
        limit: usize,
    ) -> Result<Vec<Share>, StoreError> {
        let mut values = Binder::default();
        values.key(&conversation);
        match after {
            Some(id) => values.key(&id),
            None => values.bytes(&[]),
        }
        values.integer(page(limit));
        self.readers.records("WHERE t.conversation = ?1 AND t.id > ?2 ORDER BY t.id LIMIT ?3", values).await
    }

    async fn expired_shares(&self, now: Timestamp, limit: usize) -> Result<Vec<Share>, StoreError> {
        let mut values = Binder::default();
        values.time(now);
        values.integer(page(limit));
        self.readers.records("WHERE t.expires_at <= ?1 ORDER BY t.expires_at, t.hash LIMIT ?2", values).await
    }
}
