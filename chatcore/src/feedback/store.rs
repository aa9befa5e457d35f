//! What a store of feedback can be asked.

use async_trait::async_trait;

use super::record::{Feedback, Rating};
use crate::clock::Timestamp;
use crate::id::MessageId;
use crate::store::StoreError;
use crate::subject::Subject;

/// Reads of feedback. It belongs to the domain of conversations, which no store leaves out.
#[async_trait]
pub trait FeedbackStore: Send + Sync {
    /// What somebody said of some messages.
    ///
    /// # Behaviour
    /// * `feedback_by_message`: in the order of the messages that were asked for; nothing for those of which they said
    ///   nothing, whatever others said.
    async fn feedback_on(&self, by: Subject, messages: &[MessageId]) -> Result<Vec<Feedback>, StoreError>;

    /// What everybody said, of one rating if one is given.
    ///
    /// # Behaviour
    /// * `feedback_newest_first`: by `updated_at` descending, then by the bytes of the key; nothing older than `since`;
    ///   behind `after`, whether or not it still exists; at most `limit`.
    /// * `feedback_pages_under_writes`: what is said anew goes to the front. So between pages nothing comes twice, and what
    ///   nobody touches is never passed over.
    async fn feedback(
        &self,
        rating: Option<Rating>,
        since: Timestamp,
        after: Option<(Timestamp, MessageId, Subject)>,
        limit: usize,
    ) -> Result<Vec<Feedback>, StoreError>;
}
