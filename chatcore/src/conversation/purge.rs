//! Deleting: first a mark, which takes effect at once, then bounded batches that remove what is marked.

use super::change::{choose, is_alive, lane_of, live_node, owned};
use super::message::Message;
use super::place::{Fork, Lane, Node, Place};
use super::record::{Conversation, ConversationState, Head};
use crate::account::TokenHash;
use crate::attachment::{Attachment, named, unlink};
use crate::clock::Timestamp;
use crate::feedback::Feedback;
use crate::id::{ConversationId, JobId, MessageId, RunId};
use crate::job::{Job, Work};
use crate::once::{IdempotencyKey, RequestName, free_client_ref};
use crate::share::Share;
use crate::store::{Change, Conflict, Kind, Record, Stop, Tx};
use crate::subject::Subject;
use crate::turn::{Run, RunLog};

/// A message and everything below it is deleted. The head ends up outside.
#[derive(Debug, Clone)]
pub struct DeleteSubtree {
    /// The conversation.
    pub conversation: ConversationId,
    /// Whose it is.
    pub owner: Subject,
    /// The message.
    pub message: MessageId,
    /// Where the head goes if it is inside; `None` when nothing is left.
    pub head: Option<MessageId>,
    /// Forks that pointed into the part that goes.
    pub choices: Vec<Fork>,
    /// The job that will remove what is marked.
    pub job: JobId,
    /// When.
    pub at: Timestamp,
}

impl Change for DeleteSubtree {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let mut conversation = owned(tx, self.conversation, self.owner)?;
        let node = live_node(tx, &conversation, self.message)?;
        let lane = lane_of(tx, self.conversation, node.place.lane)?;
        let cut = Lane { end: Some(node.place.position), ..lane };
        match tx.get::<Lane>(&cut.key())? {
            Some(_) => tx.update(cut)?,
            None => tx.insert(cut)?,
        }
        for fork in self.choices.iter().filter(|fork| fork.conversation == self.conversation) {
            choose(tx, *fork)?;
        }
        if lane.lane != 0 && lane.start == node.place.position {
            // it became the active child since somebody looked which forks lead into it
            let place = lane.fork();
            let fork = tx.get::<Fork>(&(self.conversation, place.lane, place.position))?;
            if fork.is_some_and(|fork| fork.active == lane.lane) {
                return Err(Conflict::HeadInside.into());
            }
        }
        conversation.cuts += 1;
        conversation.head = self.head_after(tx, &conversation)?;
        conversation.touch(self.at);
        let work =
            Work::PurgeSubtree { conversation: self.conversation, lane: node.place.lane, from: node.place.position };
        tx.update(conversation)?;
        tx.insert_fresh(Job { id: self.job, work, created_at: self.at })
    }
}

impl DeleteSubtree {
    fn head_after(&self, tx: &mut Tx<'_>, conversation: &Conversation) -> Result<Option<Head>, Stop> {
        let Some(head) = conversation.head else { return Ok(None) };
        if is_alive(tx, self.conversation, head.place)? {
            return Ok(Some(Head { open: false, ..head }));
        }
        let Some(to) = self.head else {
            // only a root leaves nothing behind
            let root = tx.require::<Node>(&self.message)?.parent.is_none();
            return if root { Ok(None) } else { Err(Conflict::HeadInside.into()) };
        };
        match live_node(tx, conversation, to) {
            Ok(node) => Ok(Some(Head { message: to, place: node.place, open: false })),
            Err(Stop::Conflict(Conflict::Deleted)) => Err(Conflict::HeadInside.into()),
            Err(stop) => Err(stop),
        }
    }
}

/// A conversation is deleted: it is gone for its owner at once.
#[derive(Debug, Clone)]
pub struct DeleteConversation {
    /// The conversation.
    pub conversation: ConversationId,
    /// Whose it is.
    pub owner: Subject,
    /// The job that will remove what is marked.
    pub job: JobId,
    /// When.
    pub at: Timestamp,
}

impl Change for DeleteConversation {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let mut conversation = owned(tx, self.conversation, self.owner)?;
        conversation.state = ConversationState::Deleted;
        conversation.external_id = None;
        conversation.head = None;
        conversation.touch(self.at);
        tx.update(conversation)?;
        let work = Work::PurgeConversation { conversation: self.conversation };
        tx.insert_fresh(Job { id: self.job, work, created_at: self.at })
    }
}

/// Removes messages that are marked as deleted, with their runs.
#[derive(Debug, Clone, Default)]
pub struct Purge {
    /// Messages.
    pub messages: Vec<MessageId>,
    /// Their runs, which have ended unless the whole conversation goes.
    pub runs: Vec<RunId>,
    /// Stretches of the runs' logs.
    pub logs: Vec<(RunId, u64)>,
    /// Lanes of which nothing is left.
    pub lanes: Vec<u32>,
    /// Links to messages that go.
    pub shares: Vec<TokenHash>,
}

impl Purge {
    /// Whether there is nothing to remove.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
            && self.runs.is_empty()
            && self.logs.is_empty()
            && self.lanes.is_empty()
            && self.shares.is_empty()
    }
}

/// One bounded step of a purge. What is already gone is passed over, so a step may be repeated.
#[derive(Debug, Clone)]
pub struct PurgeStep {
    /// The conversation.
    pub conversation: ConversationId,
    /// What goes.
    pub purge: Purge,
}

impl Change for PurgeStep {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let id = self.conversation;
        let asked = [
            tx.prefetch::<Message>(self.purge.messages.iter().copied()),
            tx.prefetch::<Run>(self.purge.runs.iter().copied()),
            tx.prefetch::<RunLog>(self.purge.logs.iter().copied()),
            tx.prefetch::<Lane>(self.purge.lanes.iter().map(|lane| (id, *lane))),
            tx.prefetch::<Share>(self.purge.shares.iter().copied()),
        ];
        let mut conversation = tx.require::<Conversation>(&id)?;
        asked.into_iter().collect::<Result<(), Stop>>()?;
        self.hangers_on(tx)?;
        self.end_shares(tx, &conversation)?;
        for message in &self.purge.messages {
            let Some(message) = tx.get::<Message>(message)? else { continue };
            expect_marked(tx, &conversation, message.conversation, message.place)?;
            tx.delete::<Message>(&message.id)?;
            // the mark that deletes it is no older than that
            unlink(tx, &message.parts, conversation.updated_at)?;
            if let Some(name) = &message.client_ref {
                free_client_ref(tx, message.owner, id, (message.id, name))?;
            }
            let feedback = (message.id, message.owner);
            if tx.get::<Feedback>(&feedback)?.is_some() {
                tx.delete::<Feedback>(&feedback)?;
            }
            conversation.message_count = conversation.message_count.saturating_sub(1);
            let fork = (id, message.place.lane, message.place.position);
            if tx.get::<Fork>(&fork)?.is_some() {
                tx.delete::<Fork>(&fork)?;
            }
        }
        for run in &self.purge.runs {
            if let Some(run) = tx.get::<Run>(run)?.filter(|run| run.conversation == id) {
                if run.is_active() && conversation.state == ConversationState::Live {
                    // what it used is not counted yet
                    return Err(Conflict::Busy.into());
                }
                if let Some(node) = tx.get::<Node>(&run.message)? {
                    expect_marked(tx, &conversation, node.conversation, node.place)?;
                }
                tx.delete::<Run>(&run.id)?;
            }
        }
        for log in &self.purge.logs {
            if tx.get::<RunLog>(log)?.is_some() {
                if tx.get::<Run>(&log.0)?.is_some() {
                    return Err(Conflict::Rule("a log is not purged before its run").into());
                }
                tx.delete::<RunLog>(log)?;
            }
        }
        for lane in &self.purge.lanes {
            if let Some(lane) = tx.get::<Lane>(&(id, *lane))? {
                expect_marked(tx, &conversation, id, Place { lane: lane.lane, position: lane.start })?;
                tx.delete::<Lane>(&(id, lane.lane))?;
            }
        }
        tx.update(conversation)
    }
}

impl PurgeStep {
    /// Asks for the names that clients gave to the messages, for what is said of them and what is attached to them, all at
    /// once.
    fn hangers_on(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (mut names, mut feedback, mut attachments) = (Vec::new(), Vec::new(), Vec::new());
        for message in &self.purge.messages {
            let message = tx.get::<Message>(message)?;
            feedback.extend(message.as_ref().map(|it| (it.id, it.owner)));
            attachments.extend(message.iter().flat_map(|message| named(&message.parts)));
            names.extend(
                message.and_then(|it| Some((it.owner, RequestName::ClientRef(it.conversation, it.client_ref?)))),
            );
        }
        let feedback = tx.prefetch::<Feedback>(feedback);
        let attachments = tx.prefetch::<Attachment>(attachments);
        tx.prefetch::<IdempotencyKey>(names).and(feedback).and(attachments)
    }

    /// Ends links to what is deleted.
    fn end_shares(&self, tx: &mut Tx<'_>, conversation: &Conversation) -> Result<(), Stop> {
        for hash in &self.purge.shares {
            let Some(share) = tx.get::<Share>(hash)? else { continue };
            if let Some(node) = tx.get::<Node>(&share.message)? {
                expect_marked(tx, conversation, node.conversation, node.place)?;
            }
            tx.delete::<Share>(hash)?;
        }
        Ok(())
    }
}

/// Refuses to purge what is not deleted.
fn expect_marked(tx: &mut Tx<'_>, conversation: &Conversation, of: ConversationId, place: Place) -> Result<(), Stop> {
    if of != conversation.id {
        return Err(Conflict::ElsewhereMessage.into());
    }
    if conversation.state != ConversationState::Live || !is_alive(tx, of, place)? {
        return Ok(());
    }
    Err(Conflict::Rule("what is not marked as deleted is not purged").into())
}

/// The last step: the job is done, and with it the conversation or one of its cuts.
#[derive(Debug, Clone)]
pub struct EndPurge {
    /// The job.
    pub job: JobId,
}

impl Change for EndPurge {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Some(job) = tx.get::<Job>(&self.job)? else { return Ok(()) };
        match job.work {
            Work::PurgeSubtree { conversation, .. } => {
                if let Some(mut found) = tx.get::<Conversation>(&conversation)? {
                    found.cuts = found.cuts.saturating_sub(1);
                    tx.update(found)?;
                }
            }
            Work::Adopt { .. } | Work::Erase { .. } => {}
            Work::PurgeConversation { conversation } | Work::Fork { conversation, .. } => {
                if let Some(found) = tx.get::<Conversation>(&conversation)? {
                    if found.message_count > 0 || found.state == ConversationState::Live {
                        return Err(Conflict::Missing(Kind::Job).into());
                    }
                    tx.delete::<Conversation>(&conversation)?;
                }
                if tx.get::<Lane>(&(conversation, 0))?.is_some() {
                    tx.delete::<Lane>(&(conversation, 0))?;
                }
                if tx.get::<Fork>(&(conversation, 0, 0))?.is_some() {
                    tx.delete::<Fork>(&(conversation, 0, 0))?;
                }
            }
        }
        tx.delete::<Job>(&self.job)
    }
}
