//! Conversations, each with its lanes, forks and slots: all of them are in the order of the conversation's id.

use std::collections::BTreeMap;

use super::changes::{Absent, Remove, Swap};
use super::finding::{Finding, Group};
use super::pages::{PAGE, Pages, readable};
use super::tree::{Ground, Tree, free_lane};
use super::walk::Walk;
use super::{counters, external, places, runs};
use crate::conversation::{Conversation, Fork, Lane, Message, Node, Slot};
use crate::id::{ConversationId, MessageId};
use crate::store::{Batch, Record, StoreError};

/// What the store holds by conversation.
struct Streams {
    conversations: Pages<Conversation>,
    lanes: Pages<Lane>,
    forks: Pages<Fork>,
    slots: Pages<Slot>,
}

pub(super) async fn check(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let mut streams =
        Streams { conversations: Pages::new(), lanes: Pages::new(), forks: Pages::new(), slots: Pages::new() };
    while let Some(id) = streams.next_id(walk).await? {
        streams.check_next(walk, id).await?;
    }
    Ok(())
}

impl Streams {
    async fn next_id(&mut self, walk: &mut Walk<'_>) -> Result<Option<ConversationId>, StoreError> {
        let ids = [
            self.conversations.peek(walk).await?.map(|one| one.id),
            self.lanes.peek(walk).await?.map(|lane| lane.conversation),
            self.forks.peek(walk).await?.map(|fork| fork.conversation),
            self.slots.peek(walk).await?.map(|slot| slot.conversation),
        ];
        Ok(ids.into_iter().flatten().min())
    }

    async fn check_next(&mut self, walk: &mut Walk<'_>, id: ConversationId) -> Result<(), StoreError> {
        let conversation = self.conversations.next_if(walk, |one| one.id == id).await?;
        let (mut lanes, mut forks) = (Vec::new(), Vec::new());
        while let Some(lane) = self.lanes.next_if(walk, |lane| lane.conversation == id).await? {
            lanes.push(lane);
        }
        while let Some(fork) = self.forks.next_if(walk, |fork| fork.conversation == id).await? {
            forks.push(fork);
        }
        let conversation = match conversation {
            Some(found) => Some(found),
            None => match readable(walk.store.conversation(id).await)? {
                Some(found) => found,
                None => return self.check_slots(walk, id, &BTreeMap::new()).await,
            },
        };
        let Some(conversation) = conversation else {
            without_conversation(walk, id, lanes, forks).await?;
            return self.check_slots(walk, id, &BTreeMap::new()).await;
        };
        counters::conversation_number(walk, &conversation).await?;
        external::of_conversation(walk, &conversation).await?;
        if self.lanes.is_broken() {
            return self.check_slots(walk, id, &BTreeMap::new()).await;
        }
        let (ground, pending) = (Ground::new(&conversation, lanes), walk.jobs.of(id));
        let Some(nodes) = nodes(walk, &conversation, &ground, pending.any()).await? else {
            walk.incomplete.insert(id);
            return self.check_slots(walk, id, &BTreeMap::new()).await;
        };
        self.check_slots(walk, id, &nodes).await?;
        if walk.incomplete.contains(&id) {
            // two that stand at one place are parted by a new lane, so there has to be one
            if let Some(group) = free_lane(&conversation, &ground) {
                walk.found(group).await?;
            }
            return Ok(());
        }
        for group in Tree::new(conversation, nodes, ground, forks, pending).check() {
            walk.found(group).await?;
        }
        Ok(())
    }

    async fn check_slots(
        &mut self,
        walk: &mut Walk<'_>,
        id: ConversationId,
        nodes: &BTreeMap<MessageId, Node>,
    ) -> Result<(), StoreError> {
        while let Some(slot) = self.slots.next_if(walk, |slot| slot.conversation == id).await? {
            places::slot(walk, slot, nodes.get(&slot.message)).await?;
        }
        Ok(())
    }
}

/// Where the messages of a conversation stand; `None` when that cannot be read. Looks at each on the way.
async fn nodes(
    walk: &mut Walk<'_>,
    conversation: &Conversation,
    ground: &Ground,
    purging: bool,
) -> Result<Option<BTreeMap<MessageId, Node>>, StoreError> {
    let (mut nodes, mut after) = (BTreeMap::new(), None);
    loop {
        let Some(page) = readable(walk.store.tree(conversation.id, after, PAGE).await)? else { return Ok(None) };
        let Some(last) = page.last() else { return Ok(Some(nodes)) };
        // slots that lead to messages that stand elsewhere are defects of their own, and could lead in a circle
        if after.is_some_and(|after| last.place <= after) {
            return Ok(None);
        }
        after = Some(last.place);
        for message in page.into_iter().filter(|message| message.conversation == conversation.id) {
            nodes.insert(message.id, message.node());
            runs::of_message(walk, &message, purging && ground.is_dead(message.place)).await?;
            if message.owner != conversation.owner {
                other_owner(walk, conversation, message).await?;
            }
        }
    }
}

async fn other_owner(walk: &mut Walk<'_>, of: &Conversation, message: Message) -> Result<(), StoreError> {
    let detail = format!("its owner is {}, the conversation's is {}", message.owner, of.owner);
    let finding = Finding::on::<Message>("message_owner_differs", &message.id, detail);
    let after = Message { owner: of.owner, ..message.clone() };
    walk.found(Group::of(finding, Batch::of(Swap { before: message, after }))).await.map(drop)
}

async fn without_conversation(
    walk: &mut Walk<'_>,
    id: ConversationId,
    lanes: Vec<Lane>,
    forks: Vec<Fork>,
) -> Result<(), StoreError> {
    // they belong to a conversation that a repair makes anew
    if walk.lost.contains(&id) {
        return Ok(());
    }
    let gone = || Batch::of(Absent::<Conversation>(id));
    let detail = format!("{id} does not exist");
    for lane in lanes {
        let finding = Finding::on::<Lane>("lane_without_conversation", &lane.key(), detail.clone());
        walk.found(Group::of(finding, gone().and(Remove(lane)))).await?;
    }
    for fork in forks {
        let finding = Finding::on::<Fork>("fork_without_conversation", &fork.key(), detail.clone());
        walk.found(Group::of(finding, gone().and(Remove(fork)))).await?;
    }
    Ok(())
}
