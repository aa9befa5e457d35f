//! The rules of conversations.

use super::message::{Message, MessageState, Role};
use super::part::Part;
use super::place::{Fork, Lane, Node, Place, Slot};
use super::record::{Conversation, ConversationState, ExternalId, ForkedFrom, Head, Numbered, Sequence};
use crate::attachment::{link, relink};
use crate::clock::Timestamp;
use crate::id::{ConversationId, MessageId, RunId};
use crate::store::{Change, Conflict, Kind, Stop, Tx};
use crate::subject::Subject;
use crate::turn::Usage;

/// The next number of a sequence.
pub(crate) fn next_number(tx: &mut Tx<'_>, of: Numbered) -> Result<u64, Stop> {
    match tx.get::<Sequence>(&of)? {
        Some(sequence) => {
            tx.update(Sequence { next: sequence.next.saturating_add(1), ..sequence })?;
            Ok(sequence.next)
        }
        None => {
            tx.insert(Sequence { of, next: 2 })?;
            Ok(1)
        }
    }
}

/// The conversation, if it is that owner's and not deleted. A foreign one looks like one that does not exist.
pub(crate) fn owned(tx: &mut Tx<'_>, id: ConversationId, owner: Subject) -> Result<Conversation, Stop> {
    let conversation = tx.require::<Conversation>(&id)?;
    if conversation.owner != owner || conversation.state == ConversationState::Deleted {
        return Err(Conflict::Missing(Kind::Conversation).into());
    }
    Ok(conversation)
}

/// A lane; lane 0 is there even when it has no record.
pub(super) fn lane_of(tx: &mut Tx<'_>, conversation: ConversationId, lane: u32) -> Result<Lane, Stop> {
    match tx.get::<Lane>(&(conversation, lane))? {
        Some(found) => Ok(found),
        None if lane == 0 => Ok(Lane::first(conversation)),
        None => Err(Conflict::Missing(Kind::Lane).into()),
    }
}

/// Whether a place lies in no deleted part. Walks up lane by lane.
pub(super) fn is_alive(tx: &mut Tx<'_>, conversation: ConversationId, place: Place) -> Result<bool, Stop> {
    let mut place = place;
    loop {
        let lane = lane_of(tx, conversation, place.lane)?;
        if lane.is_cut(place.position) {
            return Ok(false);
        }
        if lane.lane == 0 {
            return Ok(true);
        }
        // a parent lane is older than its child: damaged records cannot lead in a circle
        if lane.parent >= lane.lane {
            return Err(Conflict::Missing(Kind::Lane).into());
        }
        place = lane.fork();
    }
}

/// The place of a message of this conversation that is not deleted.
pub(crate) fn live_node(tx: &mut Tx<'_>, conversation: &Conversation, id: MessageId) -> Result<Node, Stop> {
    let node = tx.require::<Node>(&id)?;
    if node.conversation != conversation.id {
        return Err(Conflict::ElsewhereMessage.into());
    }
    if conversation.cuts > 0 && !is_alive(tx, conversation.id, node.place)? {
        return Err(Conflict::Deleted.into());
    }
    Ok(node)
}

/// Notes which child of a place was active last.
pub(super) fn choose(tx: &mut Tx<'_>, fork: Fork) -> Result<(), Stop> {
    let known = tx.get::<Fork>(&(fork.conversation, fork.place.lane, fork.place.position))?;
    match known {
        Some(known) if known == fork => Ok(()),
        Some(_) => tx.update(fork),
        None if fork.departs() => tx.insert(fork),
        None => Ok(()),
    }
}

/// A new conversation. Its external id, if any, is new to the owner.
#[derive(Debug, Clone)]
pub struct CreateConversation {
    /// Its id, minted for it.
    pub id: ConversationId,
    /// Whose it is.
    pub owner: Subject,
    /// The owner's own id for it.
    pub external_id: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its system prompt.
    pub system_prompt: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Where it is forked from; it is built hidden then.
    pub forked_from: Option<ForkedFrom>,
    /// When.
    pub at: Timestamp,
}

impl Change for CreateConversation {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let taken = match &self.external_id {
            Some(external_id) => tx.get::<ExternalId>(&(self.owner, external_id.clone())).map(|found| found.is_some()),
            None => Ok(false),
        };
        let number = next_number(tx, Numbered::Conversations(self.owner));
        if taken? {
            return Err(Conflict::Exists(Kind::ExternalId).into());
        }
        tx.insert_fresh(Conversation {
            id: self.id,
            owner: self.owner,
            number: number?,
            external_id: self.external_id.clone(),
            title: self.title.clone(),
            system_prompt: self.system_prompt.clone(),
            model: self.model.clone(),
            head: None,
            version: 1,
            next_seq: 1,
            next_lane: 1,
            message_count: 0,
            cuts: 0,
            state: if self.forked_from.is_some() { ConversationState::Building } else { ConversationState::Live },
            pinned: false,
            archived: false,
            usage: std::collections::BTreeMap::new(),
            forked_from: self.forked_from,
            created_at: self.at,
            updated_at: self.at,
        })
    }
}

/// Asks for lanes all at once, for the changes behind it that would ask for one after the other. Decides nothing.
#[derive(Debug, Clone)]
pub struct LookAhead {
    /// The conversation.
    pub conversation: ConversationId,
    /// The lanes.
    pub lanes: Vec<u32>,
}

impl Change for LookAhead {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.prefetch::<Lane>(self.lanes.iter().map(|lane| (self.conversation, *lane)))
    }
}

/// Refuses the batch unless the head is where the caller thinks it is.
#[derive(Debug, Clone)]
pub struct ExpectHead {
    /// The conversation.
    pub conversation: ConversationId,
    /// Where the caller thinks its head is.
    pub head: Option<MessageId>,
}

impl Change for ExpectHead {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let head = tx.require::<Conversation>(&self.conversation)?.head_message();
        if head == self.head { Ok(()) } else { Err(Conflict::StaleHead { head }.into()) }
    }
}

/// Refuses the batch unless the conversation is as the caller has seen it.
#[derive(Debug, Clone)]
pub struct ExpectVersion {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its version when the caller saw it.
    pub version: u64,
}

impl Change for ExpectVersion {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let version = tx.require::<Conversation>(&self.conversation)?.version;
        if version == self.version { Ok(()) } else { Err(Conflict::StaleVersion.into()) }
    }
}

/// A new message: a child of its parent, which exists in that conversation and is not deleted.
#[derive(Debug, Clone)]
pub struct InsertMessage {
    /// Its id, minted for it.
    pub id: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Whose conversation it is.
    pub owner: Subject,
    /// Its parent; `None` makes it a root.
    pub parent: Option<MessageId>,
    /// Where the parent stands, if the caller has seen it: saves a round, decides nothing.
    pub hint: Option<Place>,
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub parts: Vec<Part>,
    /// Open when a run is to write it.
    pub state: MessageState,
    /// The model that writes it.
    pub model: Option<String>,
    /// The run that writes it.
    pub run: Option<RunId>,
    /// The client's own name for it.
    pub client_ref: Option<String>,
    /// Whether the head goes to it.
    pub follow: bool,
    /// When.
    pub at: Timestamp,
}

impl InsertMessage {
    fn parent_place(&self, tx: &mut Tx<'_>, conversation: &Conversation) -> Result<(Place, bool), Stop> {
        let Some(parent) = self.parent else { return Ok((Place::ROOT, conversation.next_seq == 1)) };
        match conversation.head {
            Some(head) if head.message == parent && conversation.cuts == 0 => Ok((head.place, head.open)),
            _ => live_node(tx, conversation, parent).map(|node| (node.place, false)),
        }
    }

    /// The place for a child of `parent`: behind it in its lane if that is free, else the first of a new lane.
    fn claim(
        &self,
        tx: &mut Tx<'_>,
        conversation: &mut Conversation,
        parent: Place,
        free: bool,
    ) -> Result<Place, Stop> {
        let next = parent.next();
        if free {
            return Ok(next);
        }
        let lane = lane_of(tx, self.conversation, parent.lane);
        let slot = tx.get::<Slot>(&(self.conversation, next.lane, next.position));
        let (lane, slot) = (lane?, slot?);
        let closed = lane.is_cut(next.position);
        if slot.is_none() && !closed {
            return Ok(next);
        }
        let place = Place { lane: conversation.next_lane, position: next.position };
        conversation.next_lane += 1;
        tx.insert_fresh(Lane {
            conversation: self.conversation,
            lane: place.lane,
            start: place.position,
            parent: parent.lane,
            role: self.role,
            seq: conversation.next_seq,
            message: Some(self.id),
            elder: slot.filter(|_| !closed).map(|slot| slot.role),
            end: None,
        })?;
        Ok(place)
    }

    fn ask_ahead(&self, tx: &mut Tx<'_>) {
        // what is not loaded is noted as a need; the rule below asks again for what it really wants
        let Some(place) = self.hint else { return };
        let next = place.next();
        let _ = tx.get::<Lane>(&(self.conversation, place.lane));
        let _ = tx.get::<Slot>(&(self.conversation, next.lane, next.position));
        let _ = tx.get::<Fork>(&(self.conversation, place.lane, place.position));
        let _ = self.parent.map(|parent| tx.get::<Node>(&parent));
    }
}

impl Change for InsertMessage {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        self.ask_ahead(tx);
        let conversation = owned(tx, self.conversation, self.owner);
        let number = next_number(tx, Numbered::Messages(self.owner));
        let (mut conversation, number) = (conversation?, number?);
        let (parent, free) = self.parent_place(tx, &conversation)?;
        let place = self.claim(tx, &mut conversation, parent, free)?;
        let seq = conversation.next_seq;
        link(tx, self.owner, &self.parts)?;
        tx.insert_fresh(Message {
            id: self.id,
            conversation: self.conversation,
            owner: self.owner,
            parent: self.parent,
            place,
            seq,
            number,
            role: self.role,
            parts: self.parts.clone(),
            state: self.state,
            model: self.model.clone(),
            usage: None,
            run: self.run,
            client_ref: self.client_ref.clone(),
            created_at: self.at,
            edited_at: None,
        })?;
        conversation.next_seq += 1;
        conversation.message_count += 1;
        if self.follow {
            conversation.head = Some(Head { message: self.id, place, open: true });
            if place.lane != parent.lane {
                choose(tx, Fork { conversation: self.conversation, place: parent, active: place.lane })?;
            }
        } else if let Some(head) = conversation.head.as_mut().filter(|head| head.place == parent) {
            head.open = false;
        }
        conversation.touch(self.at);
        tx.update(conversation)
    }
}

/// The head goes to a message of the conversation that is not deleted.
#[derive(Debug, Clone)]
pub struct MoveHead {
    /// The conversation.
    pub conversation: ConversationId,
    /// Whose it is.
    pub owner: Subject,
    /// Where the head goes.
    pub to: MessageId,
    /// The forks on the way there that pointed elsewhere.
    pub choices: Vec<Fork>,
    /// When.
    pub at: Timestamp,
}

impl Change for MoveHead {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let asked = tx.prefetch::<Node>([self.to]);
        let forks = self.choices.iter().map(|fork| (fork.conversation, fork.place.lane, fork.place.position));
        let chosen = tx.prefetch::<Fork>(forks);
        let mut conversation = owned(tx, self.conversation, self.owner)?;
        asked.and(chosen)?;
        let node = live_node(tx, &conversation, self.to)?;
        for fork in self.choices.iter().filter(|fork| fork.conversation == self.conversation) {
            choose(tx, *fork)?;
        }
        if conversation.head_message() == Some(self.to) {
            return Ok(());
        }
        conversation.head = Some(Head { message: self.to, place: node.place, open: false });
        conversation.touch(self.at);
        tx.update(conversation)
    }
}

/// New settings; what is `None` stays as it is, `Some(None)` is taken away.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The title.
    pub title: Option<Option<String>>,
    /// The system prompt.
    pub system_prompt: Option<Option<String>>,
    /// The model.
    pub model: Option<Option<String>>,
    /// Whether it is kept in front of the others.
    pub pinned: Option<bool>,
    /// Whether it is put away.
    pub archived: Option<bool>,
}

/// The conversation gets new settings. Pinning it or putting it away alone is no use of it: it leaves `updated_at` alone.
#[derive(Debug, Clone)]
pub struct UpdateConversation {
    /// The conversation.
    pub conversation: ConversationId,
    /// Whose it is.
    pub owner: Subject,
    /// The settings.
    pub settings: Settings,
    /// Refuse unless it has this version.
    pub expected_version: Option<u64>,
    /// When.
    pub at: Timestamp,
}

impl Change for UpdateConversation {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let mut conversation = owned(tx, self.conversation, self.owner)?;
        if self.expected_version.is_some_and(|expected| expected != conversation.version) {
            return Err(Conflict::StaleVersion.into());
        }
        let Settings { title, system_prompt, model, pinned, archived } = self.settings.clone();
        let sets_apart = pinned.is_some() || archived.is_some();
        let is_use = !sets_apart || title.is_some() || system_prompt.is_some() || model.is_some();
        conversation.pinned = pinned.unwrap_or(conversation.pinned);
        conversation.archived = archived.unwrap_or(conversation.archived);
        conversation.title = title.unwrap_or(conversation.title);
        conversation.system_prompt = system_prompt.unwrap_or(conversation.system_prompt);
        conversation.model = model.unwrap_or(conversation.model);
        conversation.touch(if is_use { self.at } else { conversation.updated_at });
        tx.update(conversation)
    }
}

/// The content of a message that nobody is writing is replaced, and says so.
#[derive(Debug, Clone)]
pub struct ReviseMessage {
    /// The message.
    pub message: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Whose it is.
    pub owner: Subject,
    /// The new content.
    pub parts: Vec<Part>,
    /// When.
    pub at: Timestamp,
}

impl Change for ReviseMessage {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let conversation = owned(tx, self.conversation, self.owner);
        let message = tx.require::<Message>(&self.message);
        let (mut conversation, message) = (conversation?, message?);
        live_node(tx, &conversation, self.message)?;
        if message.state == MessageState::Open {
            return Err(Conflict::Busy.into());
        }
        relink(tx, self.owner, (&message.parts, &self.parts), self.at)?;
        tx.update(Message { parts: self.parts.clone(), edited_at: Some(self.at), ..message })?;
        conversation.touch(self.at);
        tx.update(conversation)
    }
}

/// A conversation without a title gets one; one that has one keeps it. Its place in lists stays.
#[derive(Debug, Clone)]
pub struct GiveTitle {
    /// The conversation; it may be gone.
    pub conversation: ConversationId,
    /// The title, if there is one.
    pub title: Option<String>,
    /// What a model used to find it.
    pub usage: Option<(String, Usage)>,
}

impl Change for GiveTitle {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Some(mut conversation) = tx.get::<Conversation>(&self.conversation)? else { return Ok(()) };
        if let Some((model, usage)) = &self.usage {
            conversation.spend(model, *usage);
        }
        if conversation.title.is_none() && self.title.is_some() {
            conversation.title.clone_from(&self.title);
            conversation.version = conversation.version.saturating_add(1);
        }
        tx.update(conversation)
    }
}
