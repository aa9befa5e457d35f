//! The service: it leaves out what is not there for whoever asks.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::query::Query;
use super::snippet::Snippet;
use crate::account::{Caller, Scope};
use crate::clock::Timestamp;
use crate::conversation::{Conversation, ConversationState, Conversations, Role};
use crate::error::Error;
use crate::id::{ConversationId, MessageId};
use crate::page::{Cursor, CursorError, List, Page, PageRequest};
use crate::store::OrderedKey;

/// A message that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Its conversation.
    pub conversation: ConversationId,
    /// What lists call that.
    pub title: Option<String>,
    /// Whether that is put away.
    pub archived: bool,
    /// The message. The branch that ends there shows it, active or not.
    pub message: MessageId,
    /// Who speaks.
    pub role: Role,
    /// What of it was found.
    pub snippet: Snippet,
    /// When it came.
    pub created_at: Timestamp,
}

impl Conversations {
    /// Messages of the caller in which there is what they look for, the newest first. A page may have fewer than it could, or
    /// none, and one behind it: a store without an index reads so many at a time.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a query without a word, and for a cursor of another list.
    pub async fn search(&self, caller: &Caller, query: &str, page: &PageRequest) -> Result<Page<Hit>, Error> {
        caller.require(Scope::Read)?;
        let query = Query::parse(query)?;
        let before = match page.position(List::Hits)? {
            Some(mut bytes) => Some(u64::read(&mut bytes).ok_or(CursorError)?),
            None => None,
        };
        let owner = caller.subject();
        let found = self.store.search(owner, &query, before, page.size()).await?;
        let mut known: BTreeMap<ConversationId, Option<Conversation>> = BTreeMap::new();
        let mut items = Vec::new();
        for message in found.messages {
            let id = message.conversation;
            let conversation = match known.entry(id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let of = self.store.conversation(id).await?;
                    new.insert(of.filter(|it| it.owner == owner && it.state == ConversationState::Live))
                }
            };
            let Some(conversation) = conversation else { continue };
            if self.is_alive(conversation, message.place).await? {
                items.push(Hit {
                    conversation: id,
                    title: conversation.title.clone(),
                    archived: conversation.archived,
                    message: message.id,
                    role: message.role,
                    snippet: Snippet::of(&message.text(), &query),
                    created_at: message.created_at,
                });
            }
        }
        Ok(Page { items, next: found.next.map(|number| Cursor::new(List::Hits, number.to_bytes())) })
    }
}
