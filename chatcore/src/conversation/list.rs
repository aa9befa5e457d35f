//! The lists of conversations: the common one with those that are pinned in front, and those that are put away.

use super::record::{Conversation, Shelf};
use super::service::Conversations;
use crate::account::{Caller, Scope};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::ConversationId;
use crate::page::{Cursor, CursorError, List, Page, PageRequest};
use crate::store::OrderedKey;

/// A place in a list of conversations.
fn place(mut bytes: &[u8]) -> Result<(Timestamp, ConversationId), CursorError> {
    OrderedKey::read(&mut bytes).ok_or(CursorError)
}

impl Conversations {
    /// Conversations of the caller that are not put away: those that are pinned, then the others, each the one written to last
    /// first. Whoever pages through them meets each once that nobody touches meanwhile; one that is taken down from the
    /// pinned ones may come again.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor of another list.
    pub async fn list(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Conversation>, Error> {
        caller.require(Scope::Read)?;
        let (owner, size) = (caller.subject(), page.size());
        let (mut found, after) = match page.position(List::Pinned) {
            Ok(position) => {
                let after = position.map(place).transpose()?;
                (self.store.shelved(owner, Shelf::Pinned, after, size + 1).await?, None)
            }
            // behind the pinned ones
            Err(_) => (Vec::new(), page.position(List::Conversations)?.map(place).transpose()?),
        };
        let rest = (size + 1).saturating_sub(found.len());
        if rest > 0 {
            found.extend(self.store.conversations(owner, after, rest).await?);
        }
        Ok(Page::cut(found, size, |last| {
            let list = if last.shelf() == Some(Shelf::Pinned) { List::Pinned } else { List::Conversations };
            Cursor::new(list, (last.updated_at, last.id).to_bytes())
        }))
    }

    /// Conversations of the caller that are put away, the one written to last first.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor of another list.
    pub async fn archived(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Conversation>, Error> {
        caller.require(Scope::Read)?;
        let after = page.position(List::Archived)?.map(place).transpose()?;
        let found = self.store.shelved(caller.subject(), Shelf::Archived, after, page.size() + 1).await?;
        Ok(Page::cut(found, page.size(), |last| Cursor::new(List::Archived, (last.updated_at, last.id).to_bytes())))
    }
}
