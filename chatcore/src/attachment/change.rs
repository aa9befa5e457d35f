//! The rules of attachments.

use super::record::{Attachment, AttachmentState, Blob, BlobState};
use crate::billing::entitlement::{Bid, keep_bytes, moved, release_bytes};
use crate::clock::Timestamp;
use crate::id::AttachmentId;
use crate::store::{Change, Conflict, Kind, Stop, Tx};
use crate::subject::Subject;

/// A file has come and is staged. Its bytes are counted, or the batch is refused with the verdict; it is ready at once if
/// they are kept already. Refused with [`Conflict::StaleVersion`] while the same bytes are being removed.
#[derive(Debug, Clone)]
pub struct ReceiveAttachment {
    /// What came. Whether it is ready, and what counts it, is decided here.
    pub attachment: Attachment,
    /// What it wants of the quota, if anything counts.
    pub(crate) bid: Option<Bid>,
}

impl Change for ReceiveAttachment {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Attachment { id, hash, size, created_at, .. } = self.attachment.clone();
        let blob = tx.get::<Blob>(&hash);
        let scopes = self.bid.as_ref().map_or(Ok(Vec::new()), |bid| keep_bytes(tx, bid));
        let (blob, scopes) = (blob?, scopes?);
        let state = match &blob {
            Some(Blob { state: BlobState::Kept, .. }) => AttachmentState::Ready,
            Some(Blob { state: BlobState::Leaving, .. }) => return Err(Conflict::StaleVersion.into()),
            _ => AttachmentState::Arriving,
        };
        match blob {
            Some(blob) => tx.update(Blob { links: blob.links.saturating_add(1), idle_since: None, ..blob })?,
            None => {
                let (state, links) = (BlobState::Arriving, 1);
                tx.insert(Blob { hash, upload: id, size, state, links, idle_since: None })?;
            }
        }
        tx.insert_fresh(Attachment { state, links: 0, idle_since: Some(created_at), scopes, ..self.attachment.clone() })
    }
}

/// The bytes of an attachment are where they are kept.
#[derive(Debug, Clone)]
pub struct SettleAttachment {
    /// The attachment.
    pub id: AttachmentId,
}

impl Change for SettleAttachment {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let attachment = tx.require::<Attachment>(&self.id)?;
        let blob = tx.require::<Blob>(&attachment.hash)?;
        if blob.state == BlobState::Arriving {
            tx.update(Blob { state: BlobState::Kept, ..blob })?;
        }
        tx.update(Attachment { state: AttachmentState::Ready, ..attachment })
    }
}

/// An attachment goes: its bytes count for nobody any more. Messages that name it show that it is gone.
#[derive(Debug, Clone)]
pub struct RemoveAttachment {
    /// The attachment.
    pub id: AttachmentId,
    /// Only if it is theirs.
    pub owner: Option<Subject>,
    /// Only if no message has named it since then; one that is named, or gone, is passed over.
    pub idle_before: Option<Timestamp>,
    /// Whether the store knows visitors, who may have become users.
    pub knows_visitors: bool,
    /// When.
    pub at: Timestamp,
}

impl Change for RemoveAttachment {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let found = match self.idle_before {
            None => tx.require::<Attachment>(&self.id)?,
            Some(before) => match tx.get::<Attachment>(&self.id)? {
                Some(found) if found.idle_since.is_some_and(|since| since <= before) => found,
                _ => return Ok(()),
            },
        };
        if self.owner.is_some_and(|owner| owner != found.owner) {
            return Err(Conflict::Missing(Kind::Attachment).into());
        }
        let blob = tx.get::<Blob>(&found.hash);
        let released = release_bytes(tx, (found.owner, self.knows_visitors), &found.scopes, found.size);
        if let Some(blob) = blob? {
            let links = blob.links.saturating_sub(1);
            let idle_since = if links == 0 { Some(self.at) } else { None };
            tx.update(Blob { links, idle_since, ..blob })?;
        }
        released?;
        tx.delete::<Attachment>(&self.id)
    }
}

/// Attachments get another owner: those of a visitor who has become a user. One that is somebody else's, or gone, is passed
/// over.
#[derive(Debug, Clone)]
pub struct AdoptAttachments {
    /// The attachments.
    pub attachments: Vec<AttachmentId>,
    /// Whose they are.
    pub from: Subject,
    /// Whose they become.
    pub to: Subject,
}

impl Change for AdoptAttachments {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.prefetch::<Attachment>(self.attachments.iter().copied())?;
        for id in &self.attachments {
            let Some(found) = tx.get::<Attachment>(id)?.filter(|found| found.owner == self.from) else { continue };
            // what counts for the visitor counts for the user since the batch that made them one
            let scopes = found.scopes.iter().map(|scope| moved(scope, self.from, self.to)).collect();
            tx.update(Attachment { owner: self.to, scopes, ..found })?;
        }
        Ok(())
    }
}
