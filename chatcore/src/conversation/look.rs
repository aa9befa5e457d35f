//! Looking at more than one branch: the versions of a message, and the whole tree.

use super::branch::{self, MessageView};
use super::place::{LaneRange, Place};
use super::service::Conversations;
use crate::account::{Caller, Scope};
use crate::error::Error;
use crate::id::{ConversationId, MessageId};
use crate::page::{Cursor, List, Page, PageRequest};
use crate::store::OrderedKey;

impl Conversations {
    /// The siblings of a message, itself included, in the order they came.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for a cursor of another list.
    pub async fn siblings(&self, caller: &Caller, id: MessageId, page: &PageRequest) -> Result<Page<Sibling>, Error> {
        caller.require(Scope::Read)?;
        let (conversation, message) = self.live(caller, id).await?;
        let (conversation, role) = (conversation.id, message.role);
        let lane = self.store.lanes_up(conversation, message.place.lane, 0).await?;
        let parent = branch::parent(&lane, message.place);
        let (mut version, mut after) = match page.position(List::Siblings)? {
            Some(mut bytes) => {
                let (version, seq) = <(u64, u64)>::read(&mut bytes).ok_or(crate::page::CursorError)?;
                (version, Some((parent.position, seq)))
            }
            None => (0, None),
        };
        let mut items = Vec::new();
        if after.is_none() {
            let next = parent.next();
            let range = LaneRange { lane: next.lane, first: next.position, last: next.position };
            let elder = self.store.messages_in(conversation, &[range]).await?.into_iter().next();
            let cut = lane.iter().any(|lane| lane.lane == next.lane && lane.is_cut(next.position));
            if let Some(elder) = elder.filter(|elder| elder.role == role && !cut) {
                version = version.saturating_add(1);
                items.push(Sibling { message: elder.id, version, seq: elder.seq });
            }
        }
        let at = LaneRange { lane: parent.lane, first: parent.position, last: parent.position };
        while items.len() <= page.size() {
            let lanes = self.store.lanes_from(conversation, at, after, page.size() + 1).await?;
            let Some(last) = lanes.last() else { break };
            after = Some((parent.position, last.seq));
            for lane in lanes.iter().filter(|lane| lane.role == role && !lane.is_empty()) {
                if let Some(message) = lane.message {
                    version = version.saturating_add(1);
                    items.push(Sibling { message, version, seq: lane.seq });
                }
            }
        }
        Ok(Page::cut(items, page.size(), |last| Cursor::new(List::Siblings, (last.version, last.seq).to_bytes())))
    }

    /// The leaf that was last active below a message.
    pub(crate) async fn leaf_below(&self, caller: &Caller, id: MessageId) -> Result<MessageId, Error> {
        let (conversation, message) = self.live(caller, id).await?;
        Ok(branch::descend(&*self.store, &conversation, &message.node()).await?.message)
    }

    /// All messages of a conversation, whatever their branch, in no order that means anything: each names its parent.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for a cursor of another list.
    pub async fn tree(
        &self,
        caller: &Caller,
        id: ConversationId,
        page: &PageRequest,
    ) -> Result<Page<MessageView>, Error> {
        let conversation = self.get(caller, id).await?;
        let after = match page.position(List::Tree)? {
            Some(mut bytes) => {
                let (lane, position) = OrderedKey::read(&mut bytes).ok_or(crate::page::CursorError)?;
                Some(Place { lane, position })
            }
            None => None,
        };
        let found = self.store.tree(conversation.id, after, page.size() + 1).await?;
        let page = Page::cut(found, page.size(), |last| {
            Cursor::new(List::Tree, (last.place.lane, last.place.position).to_bytes())
        });
        let mut items = Vec::new();
        for message in page.items {
            if conversation.cuts > 0 {
                let lanes = self.store.lanes_up(id, message.place.lane, 0).await?;
                if !branch::is_alive(&lanes, message.place) {
                    continue;
                }
            }
            items.extend(branch::page(&*self.store, id, message.place, 1).await?);
        }
        Ok(Page { items, next: page.next })
    }
}

/// One of the messages with the same parent and role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sibling {
    /// The message.
    pub message: MessageId,
    /// Which version it is, from 1.
    pub version: u64,
    seq: u64,
}
