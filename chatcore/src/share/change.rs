//! The rules.

use super::record::Share;
use crate::account::TokenHash;
use crate::conversation::{ConversationState, Message, MessageState, live_node, owned};
use crate::id::ConversationId;
use crate::store::{Change, Conflict, Kind, Stop, Tx};
use crate::subject::Subject;

/// A new link, to a message that is there and finished.
#[derive(Debug, Clone)]
pub struct CreateShare {
    /// The link.
    pub share: Share,
    /// Whose conversation it is.
    pub owner: Subject,
}

impl Change for CreateShare {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let message = tx.require::<Message>(&self.share.message);
        let conversation = owned(tx, self.share.conversation, self.owner)?;
        if conversation.state != ConversationState::Live {
            return Err(Conflict::Missing(Kind::Conversation).into());
        }
        live_node(tx, &conversation, self.share.message)?;
        // it would show words that its owner has not seen
        if message?.state == MessageState::Open {
            return Err(Conflict::Busy.into());
        }
        tx.insert(self.share.clone())
    }
}

/// Links of a conversation end. Those that are gone already are passed over.
#[derive(Debug, Clone)]
pub struct EndShares {
    /// The conversation.
    pub conversation: ConversationId,
    /// Whose it is.
    pub owner: Subject,
    /// The links.
    pub shares: Vec<TokenHash>,
}

impl Change for EndShares {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let asked = tx.prefetch::<Share>(self.shares.iter().copied());
        owned(tx, self.conversation, self.owner)?;
        asked?;
        for hash in &self.shares {
            if tx.get::<Share>(hash)?.is_some_and(|share| share.conversation == self.conversation) {
                tx.delete::<Share>(hash)?;
            }
        }
        Ok(())
    }
}

/// Links whose time is over are removed. One that is gone, or has time left, is passed over.
#[derive(Debug, Clone)]
pub(super) struct RemoveExpired {
    pub(super) shares: Vec<TokenHash>,
    pub(super) at: crate::clock::Timestamp,
}

impl Change for RemoveExpired {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.prefetch::<Share>(self.shares.iter().copied())?;
        for hash in &self.shares {
            if tx.get::<Share>(hash)?.is_some_and(|share| !share.is_live(self.at)) {
                tx.delete::<Share>(hash)?;
            }
        }
        Ok(())
    }
}
