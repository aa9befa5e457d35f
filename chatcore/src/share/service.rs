//! The service: making links, reading by them, going on with a copy.

use std::sync::Arc;

use super::change::{CreateShare, EndShares, RemoveExpired};
use super::record::Share;
use super::shown::{Shared, SharedMessage, shown};
use crate::account::{Caller, Scope, TokenHash, TokenSecrets};
use crate::clock::Timestamp;
use crate::conversation::{Conversation, Conversations, Message, NewConversation, Source};
use crate::error::Error;
use crate::id::{ConversationId, MessageId, ShareId};
use crate::once::{Claims, Fingerprint, Once};
use crate::page::{Cursor, CursorError, List, MAX_PAGE, Page, PageRequest};
use crate::store::{Batch, Domain, OrderedKey};
use crate::subject::Subject;

/// Links of whoever asks, and what they show to whoever has one.
#[derive(Clone)]
pub struct Shares {
    conversations: Conversations,
    tokens: Arc<dyn TokenSecrets>,
}

/// A link to be made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NewShare {
    /// The last message that it shows; the head when it is not said.
    pub message: Option<MessageId>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A link as its owner sees it. It does not print its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// The link as it is stored.
    pub share: Share,
    /// Its secret; `None` if the server has another one than when the link was made, by which it goes on to work.
    pub token: Option<String>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("share", &self.share).finish_non_exhaustive()
    }
}

const NONE: Error = Error::NotFound("share");

impl Shares {
    /// The service over conversations.
    pub fn new(conversations: Conversations, tokens: Arc<dyn TokenSecrets>) -> Self {
        Self { conversations, tokens }
    }

    fn secret(&self, id: ShareId) -> String {
        let bytes = self.tokens.derive("share", id.as_uuid().as_bytes());
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn link(&self, share: Share) -> Link {
        let token = Some(self.secret(share.id)).filter(|token| self.tokens.hash(token) == share.hash);
        Link { share, token }
    }

    /// Makes a link to one of the caller's conversations.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] when nothing was said yet, or for an end that does not lie ahead;
    /// [`Error::Busy`] while the message is being written.
    pub async fn create(&self, caller: &Caller, id: ConversationId, new: NewShare) -> Result<Link, Error> {
        caller.require(Scope::Write)?;
        let conversation = self.conversations.get(caller, id).await?;
        let head = || conversation.head_message().ok_or(Error::invalid("message_id", "there is nothing to share yet"));
        let message = new.message.map_or_else(head, Ok)?;
        let (of, found) = self.conversations.live(caller, message).await?;
        if of.id != id {
            return Err(Error::NotFound("message"));
        }
        let at = self.conversations.now();
        if new.expires_at.is_some_and(|end| end <= at) {
            return Err(Error::invalid("expires_at", "must lie ahead"));
        }
        let share = ShareId::mint(at, &*self.conversations.ids);
        let hash = self.tokens.hash(&self.secret(share));
        let share = Share { hash, id: share, conversation: id, message, created_at: at, expires_at: new.expires_at };
        let ahead = self.conversations.look_ahead(&of, Some(found.place)).await?;
        let change = CreateShare { share: share.clone(), owner: caller.subject() };
        self.conversations.store.commit(Batch::of(ahead).and(change)).await?;
        Ok(self.link(share))
    }

    /// Links to one of the caller's conversations, the oldest first. Those whose time is over are listed until they are
    /// removed.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for a cursor of another list.
    pub async fn list(&self, caller: &Caller, id: ConversationId, page: &PageRequest) -> Result<Page<Link>, Error> {
        self.conversations.get(caller, id).await?;
        let after = match page.position(List::Shares)? {
            Some(mut bytes) => Some(ShareId::read(&mut bytes).ok_or(CursorError)?),
            None => None,
        };
        let found = self.conversations.store.shares(id, after, page.size() + 1).await?;
        let page = Page::cut(found, page.size(), |last| Cursor::new(List::Shares, last.id.to_bytes()));
        Ok(page.map(|share| self.link(share)))
    }

    /// Ends one link to a conversation of the caller's, or all of them. Ending what has ended changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for a link to something else.
    pub async fn end(&self, caller: &Caller, id: ConversationId, share: Option<ShareId>) -> Result<(), Error> {
        caller.require(Scope::Write)?;
        self.conversations.get(caller, id).await?;
        let (mut after, mut known) = (None, false);
        loop {
            let page = self.conversations.store.shares(id, after, MAX_PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            let meant = page.iter().filter(|found| share.is_none_or(|id| found.id == id));
            let shares: Vec<TokenHash> = meant.map(|found| found.hash).collect();
            if !shares.is_empty() {
                known = true;
                let change = EndShares { conversation: id, owner: caller.subject(), shares };
                self.conversations.store.commit(Batch::of(change)).await?;
            }
        }
        if known || share.is_none() { Ok(()) } else { Err(NONE) }
    }

    /// What a secret opens: the conversation, and the last message that is shown.
    async fn opened(&self, token: &str) -> Result<(Share, Conversation, Message), Error> {
        let share = self.conversations.store.share(self.tokens.hash(token)).await?;
        let share = share.filter(|share| share.is_live(self.conversations.now())).ok_or(NONE)?;
        let found = self.conversations.present(share.conversation, share.message).await?;
        let (conversation, message) = found.ok_or(NONE)?;
        if self.is_shut_out(conversation.owner).await? {
            return Err(NONE);
        }
        Ok((share, conversation, message))
    }

    /// Whether an owner has an account that is suspended or deleted.
    async fn is_shut_out(&self, owner: Subject) -> Result<bool, Error> {
        let store = &self.conversations.store;
        let Subject::User(user) = owner else { return Ok(false) };
        if !store.supports(Domain::Accounts) {
            return Ok(false);
        }
        Ok(store.user(user).await?.is_some_and(|user| user.expect_active().is_err()))
    }

    /// A page of what a link shows, to whoever has its secret.
    ///
    /// # Errors
    /// [`Error::NotFound`], whatever is wrong with the link; [`Error::Invalid`] for a cursor of another list.
    pub async fn read(&self, token: &str, page: &PageRequest) -> Result<Shared, Error> {
        let (share, conversation, message) = self.opened(token).await?;
        let last = match page.position(List::Shared)? {
            Some(mut bytes) => u32::read(&mut bytes).ok_or(CursorError)?.min(message.place.position),
            None => message.place.position,
        };
        let span = u32::try_from(page.size()).unwrap_or(u32::MAX);
        let first = last.saturating_sub(span - 1).max(1);
        let found = self.conversations.stretch(conversation.id, message.place, first, last).await?;
        let items = found.iter().filter_map(SharedMessage::of).collect();
        let next = (first > 1).then(|| Cursor::new(List::Shared, (first - 1).to_bytes()));
        let Share { created_at, expires_at, .. } = share;
        Ok(Shared { title: conversation.title, created_at, expires_at, messages: Page { items, next } })
    }

    /// The conversation that a link shows, if it is the caller's.
    ///
    /// # Errors
    /// [`Error::NotFound`], whatever is wrong with the link.
    pub async fn own(&self, caller: &Caller, token: &str) -> Result<Option<ConversationId>, Error> {
        caller.require(Scope::Read)?;
        let (_, conversation, _) = self.opened(token).await?;
        Ok((conversation.owner == caller.subject()).then_some(conversation.id))
    }

    /// Copies what a link shows into a conversation of the caller's own. The system prompt, the model and everything else
    /// that the link does not show is not copied.
    ///
    /// # Errors
    /// [`Error::NotFound`], whatever is wrong with the link; [`Error::Reused`].
    pub async fn fork(&self, caller: &Caller, token: &str, once: Option<Once>) -> Result<Conversation, Error> {
        caller.require(Scope::Write)?;
        let (share, conversation, message) = self.opened(token).await?;
        let claims = Claims::of(once.as_ref(), || Fingerprint::of([format!("fork share {}", share.id)]));
        let new = NewConversation { title: conversation.title, ..NewConversation::default() };
        let source = Source { conversation: conversation.id, last: &message, forked_from: None, take: shown };
        self.conversations.fork_of(caller, &source, new, &claims).await
    }

    /// Removes links whose time is over.
    ///
    /// # Errors
    /// [`Error::Store`] alone.
    pub async fn tidy(&self) -> Result<(), Error> {
        loop {
            let at = self.conversations.now();
            let found = self.conversations.store.expired_shares(at, MAX_PAGE).await?;
            if found.is_empty() {
                return Ok(());
            }
            let shares = found.iter().map(|share| share.hash).collect();
            self.conversations.store.commit(Batch::of(RemoveExpired { shares, at })).await?;
        }
    }
}
