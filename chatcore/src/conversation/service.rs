//! The service of conversations: whatever needs no model. It checks who asks; a foreign id looks like none.

use std::sync::Arc;

use super::branch::{self, MessageView};
use super::change::{CreateConversation, ExpectHead, LookAhead, MoveHead, ReviseMessage, Settings, UpdateConversation};
use super::limits;
use super::message::{Message, MessageState, Role};
use super::part::Part;
use super::place::{Lane, Place};
use super::record::{Conversation, ConversationState, Head};
use super::store::Name;
use crate::account::{Caller, Scope};
use crate::attachment::{attached, completed};
use crate::clock::{Clock, Timestamp};
use crate::error::Error;
use crate::id::{AttachmentId, ConversationId, IdSource, MessageId};
use crate::once::{Claims, Fingerprint, Made, Once};
use crate::page::{Cursor, List, Page, PageRequest};
use crate::store::{Batch, Committed, OrderedKey, Store};
use crate::subject::Subject;
use crate::turn::materialise;

/// Conversations of whoever asks.
#[derive(Clone)]
pub struct Conversations {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
}

/// Messages of a path that are read first, and at most at once.
const FIRST_SPAN: u32 = 32;
const MOST_SPAN: u32 = 512;
/// No more is read of a path than the page in which this many bytes are reached: attachments that are part of a message
/// count few tokens.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// What a new conversation is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewConversation {
    /// The owner's own id for it, unique among theirs.
    pub external_id: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Said to the model before everything else.
    pub system_prompt: Option<String>,
    /// The model that answers when a turn names none.
    pub model: Option<String>,
    /// The name of this request: whoever makes it again under the same name gets the conversation that was made the first
    /// time.
    pub once: Option<Once>,
}

impl NewConversation {
    /// What makes the request for it the same.
    fn fingerprint(&self) -> Fingerprint {
        let Self { external_id, title, system_prompt, model, once: _ } = self;
        Fingerprint::of(["create".to_owned(), format!("{:?}", (external_id, title, system_prompt, model))])
    }
}

/// A message that is stored without a run.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub parts: Vec<Part>,
    /// Below which message; the head when it is not said.
    pub parent: Parent,
    /// Refuse unless the head is there; `Some(None)` means that there is none yet.
    pub expected_head: Option<Option<MessageId>>,
    /// The client's own name for it, unique in its conversation. The same message under the same name is stored once;
    /// another one is refused with [`Error::Reused`].
    pub client_ref: Option<String>,
    /// The name of this request: whoever makes it again under the same name gets the message that was stored the first
    /// time.
    pub once: Option<Once>,
}

/// Below what a new message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parent {
    /// The head.
    #[default]
    Head,
    /// Nothing: it becomes a root.
    Root,
    /// A message.
    Message(MessageId),
}

impl Conversations {
    /// The service over a store.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { store, clock, ids }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes a conversation.
    ///
    /// # Errors
    /// [`Error::Taken`] when the owner has one of that external id; [`Error::Invalid`]; [`Error::Reused`].
    pub async fn create(&self, caller: &Caller, new: NewConversation) -> Result<Conversation, Error> {
        caller.require(Scope::Write)?;
        limits::title(new.title.as_deref())?;
        limits::system_prompt(new.system_prompt.as_deref())?;
        limits::name("model", new.model.as_deref())?;
        limits::name("external_id", new.external_id.as_deref())?;
        let (owner, claims) = (caller.subject(), Claims::of(new.once.as_ref(), || new.fingerprint()));
        if let Some(made) = claims.made(&*self.store, owner, self.now()).await? {
            return self.get(caller, made.conversation).await.map_err(Error::or_gone);
        }
        let (id, change) = self.creation(owner, new);
        let names = claims.take(owner, Made::conversation(id), change.at);
        let mut batch = Batch::of(change);
        names.into_iter().for_each(|names| batch.push(names));
        match self.store.commit(batch).await {
            Ok(done) => done.get::<Conversation>(&id).cloned().ok_or(Error::NotFound("conversation")),
            Err(error) => {
                let made = claims.made_instead(&*self.store, owner, self.now(), error.into()).await?;
                self.get(caller, made.conversation).await.map_err(Error::or_gone)
            }
        }
    }

    pub(super) fn creation(&self, owner: Subject, new: NewConversation) -> (ConversationId, CreateConversation) {
        let at = self.now();
        let id = ConversationId::mint(at, &*self.ids);
        let NewConversation { external_id, title, system_prompt, model, once: _ } = new;
        let change = CreateConversation { id, owner, external_id, title, system_prompt, model, forked_from: None, at };
        (id, change)
    }

    /// A conversation of the caller.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, or it is somebody else's.
    pub async fn get(&self, caller: &Caller, id: ConversationId) -> Result<Conversation, Error> {
        caller.require(Scope::Read)?;
        self.owned(caller, self.store.conversation(id).await?)
    }

    /// A conversation of the caller by their own name for it.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn find(&self, caller: &Caller, name: Name<'_>) -> Result<Conversation, Error> {
        caller.require(Scope::Read)?;
        self.owned(caller, self.store.find_conversation(caller.subject(), name).await?)
    }

    fn owned(&self, caller: &Caller, found: Option<Conversation>) -> Result<Conversation, Error> {
        found
            .filter(|found| found.owner == caller.subject() && found.state == ConversationState::Live)
            .ok_or(Error::NotFound("conversation"))
    }

    /// Changes title, system prompt or model, pins it or puts it away.
    ///
    /// # Errors
    /// [`Error::StaleVersion`] when `expected_version` is not the version; [`Error::Invalid`]; [`Error::NotFound`].
    pub async fn update(
        &self,
        caller: &Caller,
        id: ConversationId,
        settings: Settings,
        expected_version: Option<u64>,
    ) -> Result<Conversation, Error> {
        caller.require(Scope::Write)?;
        limits::title(settings.title.as_ref().and_then(Option::as_deref))?;
        limits::system_prompt(settings.system_prompt.as_ref().and_then(Option::as_deref))?;
        limits::name("model", settings.model.as_ref().and_then(Option::as_deref))?;
        self.get(caller, id).await?;
        let (owner, at) = (caller.subject(), self.now());
        let change = UpdateConversation { conversation: id, owner, settings, expected_version, at };
        let done = self.store.commit(Batch::of(change)).await?;
        done.get::<Conversation>(&id).cloned().ok_or(Error::NotFound("conversation"))
    }

    /// A message of the caller that is not deleted, with its conversation.
    pub(crate) async fn live(&self, caller: &Caller, id: MessageId) -> Result<(Conversation, Message), Error> {
        let message = self.store.message(id).await?.filter(|message| message.owner == caller.subject());
        let message = message.ok_or(Error::NotFound("message"))?;
        let conversation = self.store.conversation(message.conversation).await?;
        let conversation = self.owned(caller, conversation).map_err(|_| Error::NotFound("message"))?;
        if !self.is_alive(&conversation, message.place).await? {
            return Err(Error::NotFound("message"));
        }
        Ok((conversation, message))
    }

    /// A message that is there for its owner, whoever that is, with its conversation.
    pub(crate) async fn present(
        &self,
        id: ConversationId,
        message: MessageId,
    ) -> Result<Option<(Conversation, Message)>, Error> {
        let found = self.store.conversation(id).await?.filter(|found| found.state == ConversationState::Live);
        let (Some(conversation), Some(message)) = (found, self.store.message(message).await?) else { return Ok(None) };
        if message.conversation != id || !self.is_alive(&conversation, message.place).await? {
            return Ok(None);
        }
        Ok(Some((conversation, message)))
    }

    /// Whether a place lies in no deleted part.
    pub(crate) async fn is_alive(&self, of: &Conversation, place: Place) -> Result<bool, Error> {
        if of.cuts == 0 {
            return Ok(true);
        }
        Ok(branch::is_alive(&self.store.lanes_up(of.id, place.lane, 0).await?, place))
    }

    /// The messages of the path to a place, from one position to another.
    pub(crate) async fn stretch(
        &self,
        id: ConversationId,
        end: Place,
        first: u32,
        last: u32,
    ) -> Result<Vec<Message>, Error> {
        Ok(branch::window(&*self.store, id, end, first, last).await?)
    }

    /// A message that a batch has just stored, as its reader sees it.
    pub(crate) async fn stored(&self, done: &Committed, id: MessageId) -> Result<MessageView, Error> {
        let message = done.get::<Message>(&id).cloned().ok_or(Error::NotFound("message"))?;
        let place = message.place;
        let opened =
            done.get::<Lane>(&(message.conversation, place.lane)).is_some_and(|own| own.start == place.position);
        if !opened {
            // it went on in its parent's lane, so nobody else hangs there
            return Ok(MessageView { message, version: 1, versions: 1, feedback: None });
        }
        // what was stored is not called failed because it cannot be read this moment
        let view =
            branch::page(&*self.store, message.conversation, place, 1).await.ok().and_then(|mut page| page.pop());
        Ok(view.unwrap_or(MessageView { message, version: 1, versions: 1, feedback: None }))
    }

    /// While something of a conversation is being purged, rules walk up from a place to see whether it is alive: this
    /// brings all lanes of the way at once.
    pub(crate) async fn look_ahead(&self, of: &Conversation, place: Option<Place>) -> Result<LookAhead, Error> {
        let lanes = match place.filter(|_| of.cuts > 0) {
            Some(place) => self.store.lanes_up(of.id, place.lane, 0).await?,
            None => Vec::new(),
        };
        Ok(LookAhead { conversation: of.id, lanes: lanes.iter().map(|lane| lane.lane).collect() })
    }

    /// The end of the path to a place, root first: as many messages as have `enough` of what `size` measures, in whole
    /// pages.
    pub(crate) async fn path(
        &self,
        id: ConversationId,
        end: Place,
        enough: u64,
        size: impl Fn(&Message) -> u64,
    ) -> Result<Vec<Message>, Error> {
        let (mut path, mut total, mut last) = (Vec::new(), 0_u64, end.position);
        let mut bytes = 0_usize;
        let mut span = FIRST_SPAN;
        while last > 0 && total <= enough && bytes < MOST_BYTES {
            let first = last.saturating_sub(span - 1).max(1);
            let page = branch::window(&*self.store, id, end, first, last).await?;
            total = page.iter().map(&size).fold(total, u64::saturating_add);
            bytes += page.iter().flat_map(|message| &message.parts).map(Part::size).sum::<usize>();
            path.push(page);
            last = first - 1;
            span = (span * 2).min(MOST_SPAN);
        }
        Ok(path.into_iter().rev().flatten().collect())
    }

    /// One message, with its version among its siblings.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn message(&self, caller: &Caller, id: MessageId) -> Result<MessageView, Error> {
        caller.require(Scope::Read)?;
        let (conversation, message) = self.live(caller, id).await?;
        let view = branch::page(&*self.store, conversation.id, message.place, 1).await?.pop();
        let filled = self.filled(view.ok_or(Error::NotFound("message"))?).await?;
        let mut views = vec![filled];
        self.add_feedback(caller, &mut views).await?;
        views.pop().ok_or(Error::NotFound("message"))
    }

    /// The caller's message of that number.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn message_by_number(&self, caller: &Caller, number: u64) -> Result<MessageView, Error> {
        let found = self.store.message_by_number(caller.subject(), number).await?;
        self.message(caller, found.ok_or(Error::NotFound("message"))?.id).await
    }

    /// An open message shows what its run has stored so far.
    async fn filled(&self, mut view: MessageView) -> Result<MessageView, Error> {
        if view.message.state == MessageState::Open {
            view.message.parts = materialise(&*self.store, &view.message).await?;
        }
        Ok(view)
    }

    /// Adds what the caller thinks of answers.
    async fn add_feedback(&self, caller: &Caller, views: &mut [MessageView]) -> Result<(), Error> {
        let answers = views.iter().filter(|view| view.message.role == Role::Assistant);
        let answers: Vec<MessageId> = answers.map(|view| view.message.id).collect();
        if answers.is_empty() {
            return Ok(());
        }
        let mut found = self.store.feedback_on(caller.subject(), &answers).await?.into_iter().peekable();
        for view in views {
            view.feedback = found.next_if(|feedback| feedback.message == view.message.id);
        }
        Ok(())
    }

    /// A page of one branch, root first. The first page ends at `leaf` (the head when none is given); the next ones lead
    /// towards the root.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a leaf that is not in this conversation; [`Error::Invalid`] for a cursor of another list.
    pub async fn branch(
        &self,
        caller: &Caller,
        id: ConversationId,
        leaf: Option<MessageId>,
        page: &PageRequest,
    ) -> Result<Page<MessageView>, Error> {
        let conversation = self.get(caller, id).await?;
        let end = match page.position(List::Branch)? {
            Some(mut bytes) => Some(OrderedKey::read(&mut bytes).ok_or(crate::page::CursorError)?),
            None => leaf.or(conversation.head_message()),
        };
        let Some(end) = end else { return Ok(Page { items: Vec::new(), next: None }) };
        let end = match conversation.head.filter(|head| head.message == end) {
            Some(head) => head.place,
            None => {
                let (of, message) = self.live(caller, end).await?;
                if of.id != id {
                    return Err(Error::NotFound("message"));
                }
                message.place
            }
        };
        let mut items = Vec::new();
        for view in branch::page(&*self.store, id, end, page.size()).await? {
            items.push(self.filled(view).await?);
        }
        self.add_feedback(caller, &mut items).await?;
        let next = items.first().and_then(|first: &MessageView| first.message.parent);
        Ok(Page { items, next: next.map(|parent| Cursor::new(List::Branch, parent.to_bytes())) })
    }

    /// The place of a parent, for rules that would have to look it up: the head's own place they know.
    pub(crate) fn hint(conversation: &Conversation, parent: Option<MessageId>, place: Option<Place>) -> Option<Place> {
        let known = |head: &Head| Some(head.message) == parent && head.open;
        place.filter(|_| !conversation.head.as_ref().is_some_and(known))
    }

    /// The parent that a new message is to have, and where it stands.
    pub(crate) async fn parent(
        &self,
        caller: &Caller,
        conversation: &Conversation,
        parent: Parent,
    ) -> Result<(Option<MessageId>, Option<Place>), Error> {
        match parent {
            Parent::Head => Ok((conversation.head_message(), conversation.head.map(|head| head.place))),
            Parent::Root => Ok((None, Some(Place::ROOT))),
            Parent::Message(id) => {
                let (of, message) = self.live(caller, id).await?;
                if of.id != conversation.id {
                    return Err(Error::NotFound("message"));
                }
                Ok((Some(id), Some(message.place)))
            }
        }
    }

    /// What makes the path to a message the active one, if the head is on another: it comes before a message that is
    /// added there, so that switching away and back returns to it.
    pub(crate) async fn turn_to(
        &self,
        caller: &Caller,
        conversation: &Conversation,
        parent: Option<(MessageId, Place)>,
    ) -> Result<Option<MoveHead>, Error> {
        let Some((to, place)) = parent.filter(|(id, _)| conversation.head_message() != Some(*id)) else {
            return Ok(None);
        };
        // nothing ever forked
        if conversation.next_lane == 1 {
            return Ok(None);
        }
        let choices = branch::choices(&*self.store, conversation, place).await?;
        if choices.is_empty() {
            return Ok(None);
        }
        Ok(Some(MoveHead { conversation: conversation.id, owner: caller.subject(), to, choices, at: self.now() }))
    }

    /// Moves the head to the leaf that was last active below a message.
    ///
    /// # Errors
    /// [`Error::StaleHead`] when the head is not `expected_head`; [`Error::NotFound`].
    pub async fn move_head(
        &self,
        caller: &Caller,
        id: ConversationId,
        to: MessageId,
        expected_head: Option<MessageId>,
    ) -> Result<Conversation, Error> {
        caller.require(Scope::Write)?;
        let (conversation, message) = self.live(caller, to).await?;
        if conversation.id != id {
            return Err(Error::NotFound("message"));
        }
        let leaf = branch::descend(&*self.store, &conversation, &message.node()).await?;
        let choices = branch::choices(&*self.store, &conversation, message.place).await?;
        let mut batch = Batch::of(self.look_ahead(&conversation, Some(leaf.place)).await?);
        if let Some(head) = expected_head {
            batch.push(ExpectHead { conversation: id, head: Some(head) });
        }
        let (owner, at) = (caller.subject(), self.now());
        batch.push(MoveHead { conversation: id, owner, to: leaf.message, choices, at });
        self.store.commit(batch).await?;
        self.get(caller, id).await
    }

    /// Replaces the text of a message in place, and what is attached to it if that is said.
    ///
    /// # Errors
    /// As [`Self::revise`].
    pub async fn revise_text(
        &self,
        caller: &Caller,
        id: MessageId,
        text: String,
        attachments: Option<Vec<AttachmentId>>,
    ) -> Result<MessageView, Error> {
        let kept = match attachments {
            Some(named) => named,
            // what is gone meanwhile goes from the message, too
            None => attached(&*self.store, caller.subject(), &self.live(caller, id).await?.1.parts).await?,
        };
        let parts = std::iter::once(Part::text(text)).chain(kept.into_iter().map(Part::naming)).collect();
        self.revise(caller, id, parts).await
    }

    /// Replaces the text of a message in place; it says so from then on.
    ///
    /// # Errors
    /// [`Error::Busy`] while its run writes it; [`Error::NotFound`], [`Error::Invalid`].
    pub async fn revise(&self, caller: &Caller, id: MessageId, mut parts: Vec<Part>) -> Result<MessageView, Error> {
        caller.require(Scope::Write)?;
        limits::parts(&parts)?;
        completed(&*self.store, caller.subject(), &mut parts).await?;
        let (conversation, message) = self.live(caller, id).await?;
        let (owner, at) = (caller.subject(), self.now());
        let ahead = self.look_ahead(&conversation, Some(message.place)).await?;
        let change = ReviseMessage { message: id, conversation: conversation.id, owner, parts, at };
        self.store.commit(Batch::of(ahead).and(change)).await?;
        self.message(caller, id).await
    }
}
