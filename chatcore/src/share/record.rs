//! The record.

use serde::{Deserialize, Serialize};

use crate::account::TokenHash;
use crate::clock::Timestamp;
use crate::id::{ConversationId, MessageId, ShareId};
use crate::store::{Entries, Index, Kind, Record};

/// A link to a conversation. Whose it is says the conversation, so that it goes along when that is given away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The hash of its secret.
    pub hash: TokenHash,
    /// What its owner calls it by to end it.
    pub id: ShareId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The last message that it shows.
    pub message: MessageId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

impl Share {
    /// Whether its time is not over.
    #[must_use]
    pub fn is_live(&self, at: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| at < end)
    }
}

impl Record for Share {
    type Key = TokenHash;
    const KIND: Kind = Kind::Share;

    fn key(&self) -> TokenHash {
        self.hash
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::SharesByConversation, &(self.conversation, self.id, self.hash));
        if let Some(end) = self.expires_at {
            entries.add(Index::SharesByExpiry, &(end, self.hash));
        }
    }
}
