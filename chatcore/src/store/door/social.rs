//! The reads of feedback and links, as look-ups and ranges of keys.

use async_trait::async_trait;

use super::reads::{behind, under};
use super::{DoorStore, KeyValue};
use crate::account::TokenHash;
use crate::clock::Timestamp;
use crate::feedback::{Feedback, FeedbackStore, Rating};
use crate::id::{ConversationId, MessageId, ShareId};
use crate::share::{Share, ShareStore};
use crate::store::record::Index;
use crate::store::{Newest, OrderedKey, StoreError, prefix_range};
use crate::subject::Subject;

#[async_trait]
impl<K: KeyValue> FeedbackStore for DoorStore<K> {
    async fn feedback_on(&self, by: Subject, messages: &[MessageId]) -> Result<Vec<Feedback>, StoreError> {
        self.present(messages.iter().map(|message| (*message, by)).collect()).await
    }

    async fn feedback(
        &self,
        rating: Option<Rating>,
        since: Timestamp,
        after: Option<(Timestamp, MessageId, Subject)>,
        limit: usize,
    ) -> Result<Vec<Feedback>, StoreError> {
        type Entry = (u8, Newest, MessageId, Subject);
        let list = Feedback::list(rating);
        let after = after.map(|(at, message, by)| (list, Newest(at), message, by).to_bytes());
        let (start, _) = behind(&list, after);
        let end = prefix_range(&(list, Newest(since)).to_bytes()).1;
        let found: Vec<Entry> = self.list(Index::FeedbackByTime, (start, end), limit).await?;
        self.present(found.into_iter().map(|(_, _, message, by)| (message, by)).collect()).await
    }
}

#[async_trait]
impl<K: KeyValue> ShareStore for DoorStore<K> {
    async fn share(&self, hash: TokenHash) -> Result<Option<Share>, StoreError> {
        self.get(hash).await
    }

    async fn shares(
        &self,
        conversation: ConversationId,
        after: Option<ShareId>,
        limit: usize,
    ) -> Result<Vec<Share>, StoreError> {
        // an id has one hash, so whatever begins with the id lies behind no other
        let (start, end) = under(&conversation);
        let start = after.and_then(|id| prefix_range(&(conversation, id).to_bytes()).1).unwrap_or(start);
        type Entry = (ConversationId, ShareId, TokenHash);
        let found: Vec<Entry> = self.list(Index::SharesByConversation, (start, end), limit).await?;
        self.present(found.into_iter().map(|(_, _, hash)| hash).collect()).await
    }

    async fn expired_shares(&self, now: Timestamp, limit: usize) -> Result<Vec<Share>, StoreError> {
        let end = prefix_range(&now.to_bytes()).1;
        let found: Vec<(Timestamp, TokenHash)> = self.list(Index::SharesByExpiry, (Vec::new(), end), limit).await?;
        self.present(found.into_iter().map(|(_, hash)| hash).collect()).await
    }
}
