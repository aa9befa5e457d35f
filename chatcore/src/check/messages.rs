//! Messages one by one: their conversation, their number, their run, and whether they are found where they stand.

use std::collections::BTreeMap;

use super::changes::{Absent, Insert, Remove, Stands, Swap};
use super::counters::{self, TOO_BIG};
use super::finding::{Finding, Group};
use super::pages::{Pages, readable};
use super::places;
use super::walk::Walk;
use crate::attachment::named;
use crate::conversation::{Conversation, ConversationState, Message, Node, Numbered};
use crate::id::ConversationId;
use crate::store::{Batch, Change, Conflict, Stop, Store, StoreError, StoreErrorKind, Tx};

/// Conversations that are remembered to exist.
const REMEMBERED: usize = 1_000;

/// Goes over all messages and, at the same time, over their nodes: both are in the order of the message's id.
pub(super) async fn check(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let (mut messages, mut nodes) = (Pages::<Message>::new(), Pages::<Node>::new());
    let mut known = BTreeMap::new();
    let mut kept = None;
    while let Some(message) = messages.next(walk).await? {
        for id in named(&message.parts) {
            *walk.named.entry(id).or_default() += 1;
        }
        let kept = match kept {
            Some(kept) => kept,
            None => *kept.insert(nodes.peek(walk).await?.is_some() || !derives(walk.store, message.node()).await?),
        };
        if kept {
            while let Some(node) = nodes.next_if(walk, |node| node.message < message.id).await? {
                without_message(walk, node).await?;
            }
            let node = nodes.next_if(walk, |node| node.message == message.id).await?;
            if !nodes.is_broken() {
                self::node(walk, &message, node).await?;
            }
        }
        if conversation(walk, &message, &mut known).await? {
            places::listed(walk, &message).await?;
        }
        if let Some(found) = readable(walk.store.message_by_number(message.owner, message.number).await)? {
            counters::number(walk, &message, found).await?;
        }
    }
    walk.messages_unknown = messages.is_broken();
    while let Some(node) = nodes.next(walk).await? {
        without_message(walk, node).await?;
    }
    Ok(())
}

/// Whether the store answers with nodes although a scan shows none, because it makes them of the messages.
async fn derives(store: &dyn Store, node: Node) -> Result<bool, StoreError> {
    match store.commit(Batch::of(super::changes::Same(node))).await {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), StoreErrorKind::Conflict(_) | StoreErrorKind::Corrupt) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn node(walk: &mut Walk<'_>, message: &Message, found: Option<Node>) -> Result<(), StoreError> {
    let node = message.node();
    let mend = Batch::of(Stands(node));
    let (detail, mend) = match found {
        Some(found) if found == node => return Ok(()),
        Some(found) => ("it says another place than its message", mend.and(Swap { before: found, after: node })),
        None => ("its message has none", mend.and(Insert(node))),
    };
    walk.found(Group::of(Finding::on::<Node>("node_differs", &message.id, detail), mend)).await.map(drop)
}

async fn without_message(walk: &mut Walk<'_>, node: Node) -> Result<(), StoreError> {
    if let Some(None) = readable(walk.store.message(node.message).await)? {
        let finding = Finding::on::<Node>("node_without_message", &node.message, "its message does not exist");
        let mend = Batch::of(Absent::<Message>(node.message)).and(Remove(node));
        walk.found(Group::of(finding, mend)).await?;
    }
    Ok(())
}

/// Whether the conversation of a message exists, or does from now on.
async fn conversation(
    walk: &mut Walk<'_>,
    message: &Message,
    known: &mut BTreeMap<ConversationId, bool>,
) -> Result<bool, StoreError> {
    let id = message.conversation;
    if let Some(exists) = known.get(&id) {
        return Ok(*exists);
    }
    let exists = match readable(walk.store.conversation(id).await)? {
        Some(Some(_)) => true,
        None => false,
        Some(None) => restore(walk, message).await?,
    };
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(id, exists);
    Ok(exists)
}

async fn restore(walk: &mut Walk<'_>, message: &Message) -> Result<bool, StoreError> {
    let id = message.conversation;
    if !walk.lost.insert(id) {
        return Ok(false);
    }
    let detail = format!("it does not exist, but {} is in it", message.id);
    let finding = Finding::on::<Conversation>("conversation_missing", &id, detail);
    let pending = walk.jobs.of(id);
    let state = if pending.purge { ConversationState::Deleted } else { ConversationState::Live };
    let mend = if pending.unknown { Vec::new() } else { vec![Batch::of(Restore::of(message, state))] };
    let restored = walk.found(Group { findings: vec![finding], mend }).await?;
    if restored {
        walk.lost.remove(&id);
    }
    Ok(restored)
}

/// A conversation that is gone is made anew around one of its messages. The walk over conversations then counts the
/// others, and finds the head.
#[derive(Debug, Clone)]
struct Restore {
    message: Node,
    conversation: Conversation,
}

impl Restore {
    fn of(message: &Message, state: ConversationState) -> Self {
        let conversation = Conversation {
            id: message.conversation,
            owner: message.owner,
            number: 0,
            external_id: None,
            title: None,
            system_prompt: None,
            model: None,
            head: None,
            version: 1,
            next_seq: message.seq.min(TOO_BIG - 1) + 1,
            next_lane: 1,
            message_count: 0,
            cuts: 0,
            state,
            pinned: false,
            archived: false,
            usage: BTreeMap::new(),
            forked_from: None,
            created_at: message.created_at,
            updated_at: message.created_at,
        };
        Self { message: message.node(), conversation }
    }
}

impl Change for Restore {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        Stands(self.message).apply(tx)?;
        if tx.get::<Conversation>(&self.conversation.id)?.is_some() {
            return Err(Conflict::StaleVersion.into());
        }
        let number = counters::give_number(tx, Numbered::Conversations(self.conversation.owner))?;
        tx.insert(Conversation { number, ..self.conversation.clone() })
    }
}
