//! Attachments, and the bytes that they have.

use chatcore::attachment::{Attachment, AttachmentState, Blob, BlobState, ContentHash};
use chatcore::quota::ScopeKey;
use chatcore::{AttachmentId, Subject, UserId};
use uuid::Uuid;

use super::{Sample, at, sample};

pub(super) fn attachments() -> Vec<Sample> {
    let owner = Subject::User(id!(UserId, 1));
    let idle = Attachment {
        id: id!(AttachmentId, 28),
        owner,
        hash: ContentHash([1; 32]),
        name: "a b.png".into(),
        media_type: "image/png".into(),
        size: 2,
        state: AttachmentState::Arriving,
        links: 0,
        idle_since: Some(at(3)),
        scopes: vec![ScopeKey::subject(owner)],
        created_at: at(4),
    };
    let (state, scopes) = (AttachmentState::Ready, Vec::new());
    let named = Attachment { id: id!(AttachmentId, 29), state, links: 5, idle_since: None, scopes, ..idle.clone() };
    let blob = Blob {
        hash: ContentHash([1; 32]),
        upload: id!(AttachmentId, 28),
        size: 2,
        state: BlobState::Arriving,
        links: 1,
        idle_since: None,
    };
    let kept = Blob { hash: ContentHash([2; 32]), state: BlobState::Kept, ..blob.clone() };
    let (state, links) = (BlobState::Leaving, 0);
    let leaving = Blob { hash: ContentHash([3; 32]), state, links, idle_since: Some(at(6)), ..blob.clone() };
    vec![sample(idle), sample(named), sample(blob), sample(kept), sample(leaving)]
}
