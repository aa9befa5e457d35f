//! Attachments: messages that name them, the bytes that they have, and the counters that count these.

use std::collections::BTreeMap;

use super::changes::{Absent, Insert, Swap};
use super::finding::{Finding, Group};
use super::pages::Pages;
use super::walk::Walk;
use crate::attachment::{Attachment, AttachmentState, Blob, BlobState, ContentHash};
use crate::id::AttachmentId;
use crate::store::{Batch, StoreError};

/// What attachments say of bytes: how many have them, the first of these, how many bytes, and whether they are there.
type Had = BTreeMap<ContentHash, (u64, AttachmentId, u64, BlobState)>;

/// Comes when all messages were seen.
pub(super) async fn check(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let mut named = std::mem::take(&mut walk.named);
    let (mut attachments, mut had) = (Pages::<Attachment>::new(), Had::new());
    while let Some(one) = attachments.next(walk).await? {
        note(&mut had, &one);
        for scope in &one.scopes {
            let owner = super::quotas::now(walk.store, one.owner).await?;
            let scope = crate::billing::entitlement::moved(scope, one.owner, owner);
            let bytes = walk.bytes.entry(scope).or_default();
            *bytes = bytes.saturating_add(one.size);
        }
        let links = named.remove(&one.id).unwrap_or_default();
        if !walk.messages_unknown && (links != one.links || (links == 0) != one.idle_since.is_some()) {
            let detail = format!("it says that {} messages name it, and {links} do", one.links);
            let finding = Finding::on::<Attachment>("attachment_links_differ", &one.id, detail);
            let idle_since = if links == 0 { one.idle_since.or(Some(one.created_at)) } else { None };
            let after = Attachment { links, idle_since, ..one.clone() };
            walk.found(Group::of(finding, Batch::of(Swap { before: one, after }))).await?;
        }
    }
    walk.bytes_unknown = attachments.is_broken();
    if attachments.is_broken() { Ok(()) } else { blobs(walk, had).await }
}

fn note(had: &mut Had, one: &Attachment) {
    let (links, first, _, state) = had.entry(one.hash).or_insert((0, one.id, one.size, BlobState::Arriving));
    *links += 1;
    *first = one.id.min(*first);
    if one.state == AttachmentState::Ready {
        *state = BlobState::Kept;
    }
}

async fn blobs(walk: &mut Walk<'_>, mut had: Had) -> Result<(), StoreError> {
    let mut blobs = Pages::<Blob>::new();
    while let Some(blob) = blobs.next(walk).await? {
        let (links, state) = had.remove(&blob.hash).map_or((0, blob.state), |(links, _, _, state)| (links, state));
        // bytes that somebody has are not about to go
        let state = if blob.state == BlobState::Leaving { state } else { blob.state };
        let is_idle = blob.idle_since.is_some();
        if (links, links == 0, state) == (blob.links, is_idle, blob.state) {
            continue;
        }
        let detail = format!("it says that {} attachments have them, and {links} do", blob.links);
        let finding = Finding::on::<Blob>("blob_links_differ", &blob.hash, detail);
        let idle_since = if links == 0 { blob.idle_since.or(Some(blob.upload.minted_at())) } else { None };
        let after = Blob { links, state, idle_since, ..blob.clone() };
        walk.found(Group::of(finding, Batch::of(Swap { before: blob, after }))).await?;
    }
    if blobs.is_broken() {
        return Ok(());
    }
    for (hash, (links, upload, size, state)) in had {
        let detail = format!("it does not exist, but {upload} has it");
        let finding = Finding::on::<Blob>("blob_missing", &hash, detail);
        let anew = Blob { hash, upload, size, state, links, idle_since: None };
        walk.found(Group::of(finding, Batch::of(Absent::<Blob>(hash)).and(Insert(anew)))).await?;
    }
    Ok(())
}
