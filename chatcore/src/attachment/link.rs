//! Links: a message that names an attachment keeps it.

use std::collections::BTreeSet;

use super::record::{Attachment, AttachmentState};
use crate::clock::Timestamp;
use crate::conversation::Part;
use crate::id::AttachmentId;
use crate::store::{Conflict, Kind, Stop, Tx};
use crate::subject::Subject;

/// The attachments that parts name, each once.
pub(crate) fn named(parts: &[Part]) -> BTreeSet<AttachmentId> {
    parts.iter().filter_map(Part::attachment).collect()
}

/// A message of somebody names these from now on. They are there, and that person's own: others look like none.
pub(crate) fn link(tx: &mut Tx<'_>, owner: Subject, parts: &[Part]) -> Result<(), Stop> {
    add(tx, owner, &named(parts))
}

/// A message of somebody says something else. What it named before and does not any more may be idle from then on.
pub(crate) fn relink(
    tx: &mut Tx<'_>,
    owner: Subject,
    (before, after): (&[Part], &[Part]),
    at: Timestamp,
) -> Result<(), Stop> {
    let (before, after) = (named(before), named(after));
    tx.prefetch::<Attachment>(before.symmetric_difference(&after).copied())?;
    add(tx, owner, &after.difference(&before).copied().collect())?;
    remove(tx, &before.difference(&after).copied().collect(), at)
}

/// A message is gone. What it named and is gone already is passed over.
pub(crate) fn unlink(tx: &mut Tx<'_>, parts: &[Part], at: Timestamp) -> Result<(), Stop> {
    remove(tx, &named(parts), at)
}

fn add(tx: &mut Tx<'_>, owner: Subject, ids: &BTreeSet<AttachmentId>) -> Result<(), Stop> {
    tx.prefetch::<Attachment>(ids.iter().copied())?;
    for id in ids {
        let found = tx.require::<Attachment>(id)?;
        if found.owner != owner || found.state != AttachmentState::Ready {
            return Err(Conflict::Missing(Kind::Attachment).into());
        }
        tx.update(Attachment { links: found.links.saturating_add(1), idle_since: None, ..found })?;
    }
    Ok(())
}

fn remove(tx: &mut Tx<'_>, ids: &BTreeSet<AttachmentId>, at: Timestamp) -> Result<(), Stop> {
    tx.prefetch::<Attachment>(ids.iter().copied())?;
    for id in ids {
        let Some(found) = tx.get::<Attachment>(id)? else { continue };
        let links = found.links.saturating_sub(1);
        let idle_since = if links == 0 { found.idle_since.or(Some(at)) } else { None };
        tx.update(Attachment { links, idle_since, ..found })?;
    }
    Ok(())
}
