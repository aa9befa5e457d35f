//! The ids that owners gave their conversations: unique, and found.

use super::changes::{Absent, Insert, Remove, Same, Swap};
use super::finding::{Finding, Group};
use super::pages::{Pages, readable};
use super::walk::Walk;
use crate::conversation::{Conversation, ExternalId, Name};
use crate::store::{Batch, Change, Conflict, Record, Stop, StoreError, Tx};

/// The conversation is found by its external id, and no other has it.
pub(super) async fn of_conversation(walk: &mut Walk<'_>, one: &Conversation) -> Result<(), StoreError> {
    let Some(external_id) = &one.external_id else { return Ok(()) };
    let found = walk.store.find_conversation(one.owner, Name::External(external_id)).await;
    let Some(found) = readable(found)? else { return Ok(()) };
    let group = match found {
        Some(found) if found.id == one.id => return Ok(()),
        Some(found) if found.owner == one.owner && found.external_id == one.external_id => {
            let (stays, goes) = if found.id < one.id { (found, one.clone()) } else { (one.clone(), found) };
            let finding =
                Finding::on::<Conversation>("external_id_twice", &goes.id, format!("{} has it too", stays.id));
            let version = goes.version.saturating_add(1);
            let after = Conversation { external_id: None, version, ..goes.clone() };
            Group::of(finding, Batch::of(Same(stays)).and(Swap { before: goes, after }))
        }
        _ => {
            let key = (one.owner, external_id.clone());
            let finding =
                Finding::on::<ExternalId>("external_id_differs", &key, format!("it does not lead to {}", one.id));
            Group::of(finding, Batch::of(Same(one.clone())).and(Lead(one.clone())))
        }
    };
    walk.found(group).await.map(drop)
}

/// External ids lead to conversations that have them.
pub(super) async fn check(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let mut pages = Pages::<ExternalId>::new();
    while let Some(external) = pages.next(walk).await? {
        let Some(found) = readable(walk.store.conversation(external.conversation).await)? else { continue };
        let (evidence, detail) = match found {
            Some(found) if has(&found, &external) => continue,
            Some(found) => (Batch::of(Same(found)), "its conversation does not have it"),
            None => (Batch::of(Absent::<Conversation>(external.conversation)), "its conversation does not exist"),
        };
        let finding = Finding::on::<ExternalId>("external_id_without_conversation", &external.key(), detail);
        walk.found(Group::of(finding, evidence.and(Remove(external)))).await?;
    }
    Ok(())
}

fn has(conversation: &Conversation, external: &ExternalId) -> bool {
    conversation.owner == external.owner && conversation.external_id.as_ref() == Some(&external.external_id)
}

/// The external id of a conversation leads to it, unless it leads to another that has it too.
#[derive(Debug, Clone)]
struct Lead(Conversation);

impl Change for Lead {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Conversation { id, owner, external_id: Some(external_id), .. } = self.0.clone() else { return Ok(()) };
        let external = ExternalId { owner, external_id, conversation: id };
        let Some(found) = tx.get::<ExternalId>(&external.key())? else { return Insert(external).apply(tx) };
        if tx.get::<Conversation>(&found.conversation)?.is_some_and(|other| has(&other, &external)) {
            return Err(Conflict::StaleVersion.into());
        }
        tx.update(external)
    }
}
