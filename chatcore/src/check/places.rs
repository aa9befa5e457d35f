//! Places and slots: whoever stands somewhere is found there, and nobody else.

use super::changes::{Insert, Move, Remove, Stands, Swap, standing};
use super::finding::{Finding, Group};
use super::pages::readable;
use super::tree::TOO_HIGH;
use super::walk::Walk;
use crate::conversation::{Conversation, Lane, Message, Node, Place, Slot};
use crate::store::{Batch, Change, Conflict, Stop, Store, StoreError, Tx};

/// The slot of a message.
const fn slot_of(node: &Node) -> Slot {
    Slot { conversation: node.conversation, place: node.place, message: node.message, role: node.role }
}

/// The place right before a place in the order of a tree.
fn before(place: Place) -> Option<Place> {
    match (place.position.checked_sub(1), place.lane.checked_sub(1)) {
        (Some(position), _) => Some(Place { position, ..place }),
        (None, Some(lane)) => Some(Place { lane, position: u32::MAX }),
        (None, None) => None,
    }
}

/// A message is what its conversation's tree has at its place.
pub(super) async fn listed(walk: &mut Walk<'_>, message: &Message) -> Result<(), StoreError> {
    let node = message.node();
    let found = walk.store.tree(node.conversation, before(node.place), 1).await;
    let Some(found) = readable(found)? else { return Ok(()) };
    let there = found.first().map(Message::node);
    let group = match there {
        Some(there) if there.message == node.message => return Ok(()),
        Some(there) if (there.conversation, there.place) == (node.conversation, node.place) => {
            let Some(group) = both(walk.store, node, there).await? else { return Ok(()) };
            group
        }
        _ => {
            let detail = format!("it is not in its tree at {:?}", node.place);
            Group::of(Finding::on::<Message>("message_unlisted", &node.message, detail), Batch::of(List(node)))
        }
    };
    if !walk.found(group).await? {
        walk.incomplete.insert(node.conversation);
    }
    Ok(())
}

/// Two messages stand at one place: the one that came later moves to a lane of its own.
async fn both(store: &dyn Store, one: Node, other: Node) -> Result<Option<Group>, StoreError> {
    let (stays, goes) = if (one.seq, one.message) < (other.seq, other.message) { (one, other) } else { (other, one) };
    let detail = format!("it stands at {:?}, like {}", goes.place, stays.message);
    let finding = Finding::on::<Message>("place_taken_twice", &goes.message, detail);
    let Some(Some(conversation)) = readable(store.conversation(stays.conversation).await)? else {
        return Ok(None);
    };
    Ok(Some(Group::of(finding, Batch::of(Part { stays, goes, conversation }))))
}

/// A slot says who stands at its place.
pub(super) async fn slot(walk: &mut Walk<'_>, slot: Slot, known: Option<&Node>) -> Result<(), StoreError> {
    if known.is_some_and(|node| slot_of(node) == slot) {
        return Ok(());
    }
    let Some(found) = readable(walk.store.message(slot.message).await)? else { return Ok(()) };
    let key = (slot.conversation, slot.place.lane, slot.place.position);
    let group = match found.map(|message| message.node()) {
        Some(node) if slot_of(&node) == slot => return Ok(()),
        Some(node) if (node.conversation, node.place) == (slot.conversation, slot.place) => {
            let mend = Batch::of(Stands(node)).and(Swap { before: slot, after: slot_of(&node) });
            Group::of(Finding::on::<Slot>("slot_differs", &key, "it says another role than its message"), mend)
        }
        _ => {
            let detail = format!("{} does not stand there", slot.message);
            let mend = Batch::of(Elsewhere(slot)).and(Remove(slot));
            Group::of(Finding::on::<Slot>("slot_without_message", &key, detail), mend)
        }
    };
    walk.found(group).await.map(drop)
}

/// Refuses if the message of a slot stands there.
#[derive(Debug, Clone)]
struct Elsewhere(Slot);

impl Change for Elsewhere {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let node = tx.get::<Message>(&self.0.message)?.map(|message| message.node());
        let there = node.is_some_and(|node| (node.conversation, node.place) == (self.0.conversation, self.0.place));
        if there { Err(Conflict::StaleVersion.into()) } else { Ok(()) }
    }
}

/// A message that stands where it was seen gets the slot of its place, unless somebody else stands there.
#[derive(Debug, Clone)]
struct List(Node);

impl Change for List {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let slot = slot_of(&self.0);
        let key = (slot.conversation, slot.place.lane, slot.place.position);
        let (found, stands) = (tx.get::<Slot>(&key), standing(tx, &self.0));
        match (found?, stands?) {
            (None, _) => tx.insert(slot),
            (Some(found), _) if found == slot => Err(Conflict::StaleVersion.into()),
            (Some(found), _) => {
                Elsewhere(found).apply(tx)?;
                tx.update(slot)
            }
        }
    }
}

/// Of two messages at one place one moves to a new lane that forks off at the same parent.
#[derive(Debug, Clone)]
struct Part {
    stays: Node,
    goes: Node,
    conversation: Conversation,
}

impl Part {
    /// The place above the one that both stand at.
    fn above(&self, own: Option<&Lane>) -> Place {
        let place = self.stays.place;
        match own {
            Some(lane) if lane.lane != 0 && lane.start == place.position => lane.fork(),
            _ => Place { position: place.position.saturating_sub(1), ..place },
        }
    }
}

impl Change for Part {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (id, place) = (self.conversation.id, self.stays.place);
        let number = self.conversation.next_lane;
        let own = tx.get::<Lane>(&(id, place.lane));
        tx.prefetch::<Message>([self.stays.message, self.goes.message])?;
        standing(tx, &self.stays)?;
        if number >= TOO_HIGH {
            return Err(Conflict::StaleVersion.into());
        }
        let above = self.above(own?.as_ref());
        let version = self.conversation.version.saturating_add(1);
        let after = Conversation { next_lane: number + 1, version, ..self.conversation.clone() };
        Swap { before: self.conversation.clone(), after }.apply(tx)?;
        let to = Node { place: Place { lane: number, position: place.position }, ..self.goes };
        Move { from: self.goes, to }.apply(tx)?;
        Insert(Lane {
            conversation: id,
            lane: number,
            start: place.position,
            parent: above.lane,
            role: to.role,
            seq: to.seq,
            message: Some(to.message),
            elder: (above.lane == place.lane).then_some(self.stays.role),
            end: None,
        })
        .apply(tx)?;
        // the slot may have been that of the one that went
        let slot = slot_of(&self.stays);
        match tx.get::<Slot>(&(id, place.lane, place.position))? {
            None => tx.insert(slot),
            Some(found) if found == slot => Ok(()),
            Some(_) => tx.update(slot),
        }
    }
}
