//! What a store of links can be asked.

use async_trait::async_trait;

use super::record::Share;
use crate::account::TokenHash;
use crate::clock::Timestamp;
use crate::id::{ConversationId, ShareId};
use crate::store::StoreError;

/// Reads of links. They belong to the domain of conversations, which no store leaves out.
#[async_trait]
pub trait ShareStore: Send + Sync {
    /// The link of that hash.
    ///
    /// # Behaviour
    /// * `share_by_hash`: whether or not its time is over.
    async fn share(&self, hash: TokenHash) -> Result<Option<Share>, StoreError>;

    /// Links to a conversation.
    ///
    /// # Behaviour
    /// * `shares_in_order`: by id behind `after`, whether or not it still exists; at most `limit`.
    /// * `share_pages_under_writes`: whatever comes or goes between two pages, the second shows what lies behind its place
    ///   by then, and so nothing twice.
    async fn shares(
        &self,
        conversation: ConversationId,
        after: Option<ShareId>,
        limit: usize,
    ) -> Result<Vec<Share>, StoreError>;

    /// Links whose time is over at a moment, or ends then.
    ///
    /// # Behaviour
    /// * `expired_shares_oldest_first`: by the end of their time, then by hash; at most `limit`.
    async fn expired_shares(&self, now: Timestamp, limit: usize) -> Result<Vec<Share>, StoreError>;
}
