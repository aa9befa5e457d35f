//! Finding conversations of others, and reading them with a reason.

use std::cmp::Reverse;
use std::time::Duration;

use super::Office;
use super::people::read_key;
use super::sift::LOOK;
use crate::account::{Caller, Permission};
use crate::audit::{Act, AuditEntry, By, Note, Object, ObjectKind};
use crate::clock::Timestamp;
use crate::conversation::{Conversation, ConversationState, MessageView, Shelf, Sibling};
use crate::error::Error;
use crate::id::{ConversationId, MessageId};
use crate::page::{Cursor, List, MAX_PAGE, Page, PageRequest};
use crate::store::{Batch, OrderedKey};
use crate::subject::Subject;

/// How long somebody may read a conversation that they have opened.
const GRANT: Duration = Duration::from_secs(3600);

const MILLISECOND: Duration = Duration::from_millis(1);

/// Which conversations are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatQuery {
    /// Whose.
    pub owner: Option<Subject>,
    /// What their titles have in them, whatever the case.
    pub title: Option<String>,
    /// Made at this moment or later.
    pub since: Option<Timestamp>,
    /// Made before this moment.
    pub until: Option<Timestamp>,
}

impl ChatQuery {
    fn wants(&self, chat: &Conversation) -> bool {
        let titled = |title: &String| {
            let own = chat.title.as_deref().unwrap_or_default().to_lowercase();
            own.contains(&title.trim().to_lowercase())
        };
        chat.state == ConversationState::Live
            && self.owner.is_none_or(|owner| owner == chat.owner)
            && self.since.is_none_or(|since| since <= chat.created_at)
            && self.until.is_none_or(|until| chat.created_at < until)
            && self.title.as_ref().is_none_or(titled)
    }

    /// Where a conversation stands in the list that is gone through.
    fn place(&self, chat: &Conversation) -> Vec<u8> {
        if self.owner.is_some() { (chat.updated_at, chat.id).to_bytes() } else { chat.id.to_bytes() }
    }

    /// Behind which place those begin that may be wanted. Ids sort by the millisecond in which they were made, so a stretch of
    /// time is a range of them.
    fn start(&self) -> Option<Vec<u8>> {
        let until = self.until.filter(|_| self.owner.is_none())?;
        Some(ConversationId::first_at(until.plus(MILLISECOND)).to_bytes())
    }

    /// Whether neither this one nor any behind it can be wanted.
    fn is_behind(&self, chat: &Conversation) -> bool {
        self.owner.is_none() && self.since.is_some_and(|since| chat.id.minted_at() < since.minus(MILLISECOND))
    }
}

fn more(after: Option<Vec<u8>>) -> Option<Cursor> {
    after.map(|place| Cursor::new(List::Chats, place))
}

impl Office {
    /// Conversations that are wanted, the newest first: those of one owner by when they were last written to, those of
    /// everybody by when they were made.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`] for a cursor of another list.
    pub async fn chats<'a>(
        &self,
        by: impl Into<By<'a>>,
        query: &ChatQuery,
        page: &PageRequest,
    ) -> Result<Page<Conversation>, Error> {
        by.into().expect(Permission::FindChats)?;
        let mut after = page.position(List::Chats)?.map(<[u8]>::to_vec).or_else(|| query.start());
        let (mut items, mut seen) = (Vec::new(), 0);
        while seen < LOOK {
            let found = self.chats_behind(query.owner, after.as_deref()).await?;
            let is_last = found.len() < MAX_PAGE;
            for chat in found {
                if query.is_behind(&chat) {
                    return Ok(Page { items, next: None });
                }
                seen += 1;
                let place = query.place(&chat);
                if query.wants(&chat) {
                    if items.len() == page.size() {
                        return Ok(Page { items, next: more(after) });
                    }
                    items.push(chat);
                }
                after = Some(place);
            }
            if is_last {
                return Ok(Page { items, next: None });
            }
        }
        Ok(Page { items, next: more(after) })
    }

    /// An owner keeps some apart; the lists have one order, so a place in one is a place in all.
    async fn chats_behind(&self, owner: Option<Subject>, after: Option<&[u8]>) -> Result<Vec<Conversation>, Error> {
        let Some(owner) = owner else {
            return Ok(self.store.conversations_of_all(after.map(read_key).transpose()?, MAX_PAGE).await?);
        };
        let after = after.map(read_key).transpose()?;
        let mut found = self.store.conversations(owner, after, MAX_PAGE).await?;
        for shelf in Shelf::ALL {
            found.extend(self.store.shelved(owner, shelf, after, MAX_PAGE).await?);
        }
        found.sort_by_key(|chat| (Reverse(chat.updated_at), chat.id));
        found.truncate(MAX_PAGE);
        Ok(found)
    }

    /// What is known of a conversation without reading it.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`].
    pub async fn chat<'a>(&self, by: impl Into<By<'a>>, id: ConversationId) -> Result<Conversation, Error> {
        by.into().expect(Permission::FindChats)?;
        self.found(id).await
    }

    pub(super) async fn found(&self, id: ConversationId) -> Result<Conversation, Error> {
        let found = self.store.conversation(id).await?.filter(|found| found.state == ConversationState::Live);
        found.ok_or(Error::NotFound("conversation"))
    }

    /// Opens a conversation of somebody, for an hour, to whoever says why. Its owner can read that it was done, and why. The
    /// number of the entry is what [`Self::transcript`] wants to be shown.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`]; [`Error::Invalid`] without a reason; [`Error::Store`] where no audit log is
    /// kept.
    pub async fn open_chat<'a>(&self, by: impl Into<By<'a>>, id: ConversationId) -> Result<AuditEntry, Error> {
        let by = by.into();
        by.expect(Permission::ReadChats)?;
        let owner = self.found(id).await?.owner;
        let draft = by.reasoned(Act::ReadChat, Object::new(ObjectKind::Conversation, id), self.clock.now())?;
        let done = self.store.commit(Batch::of(Note(draft.about(owner)))).await?;
        done.all::<AuditEntry>().next().cloned().ok_or(Error::NotFound("audit entry"))
    }

    /// A page of one branch of a conversation that was opened, root first. The first page ends at the leaf that was last
    /// active below `through`, or at the head; the next ones lead towards the root.
    ///
    /// # Errors
    /// [`Error::Denied`], also when it was opened by somebody else or too long ago; [`Error::NotFound`]; [`Error::Invalid`]
    /// for a cursor of another list.
    pub async fn transcript<'a>(
        &self,
        by: impl Into<By<'a>>,
        id: ConversationId,
        grant: u64,
        through: Option<MessageId>,
        page: &PageRequest,
    ) -> Result<Page<MessageView>, Error> {
        let owner = self.opened(by.into(), id, grant).await?;
        let conversations = self.chat.conversations();
        let leaf = match through {
            Some(message) => Some(conversations.leaf_below(&owner, message).await?),
            None => None,
        };
        conversations.branch(&owner, id, leaf, page).await
    }

    /// The versions of a message of a conversation that was opened.
    ///
    /// # Errors
    /// As [`Self::transcript`].
    pub async fn versions<'a>(
        &self,
        by: impl Into<By<'a>>,
        id: ConversationId,
        grant: u64,
        message: MessageId,
        page: &PageRequest,
    ) -> Result<Page<Sibling>, Error> {
        let owner = self.opened(by.into(), id, grant).await?;
        let conversations = self.chat.conversations();
        if conversations.live(&owner, message).await?.0.id != id {
            return Err(Error::NotFound("message"));
        }
        conversations.siblings(&owner, message, page).await
    }

    /// Whom the conversation belongs to, if whoever asks has opened it.
    async fn opened(&self, by: By<'_>, id: ConversationId, grant: u64) -> Result<Caller, Error> {
        let actor = by.expect(Permission::ReadChats)?;
        let owner = self.found(id).await?.owner;
        let entry = self.store.audit_entry(grant).await?.ok_or(Error::Denied)?;
        let is_theirs = entry.actor == actor && entry.act == Act::ReadChat;
        let is_of_it = entry.object == Object::new(ObjectKind::Conversation, id);
        let is_open = self.clock.now().since(entry.at) <= GRANT;
        if is_theirs && is_of_it && is_open { Ok(Caller::of(owner)) } else { Err(Error::Denied) }
    }
}
