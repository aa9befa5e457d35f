//! Attachments, and the bytes that they have.

use chatcore::AttachmentId;
use chatcore::attachment::{Attachment, AttachmentState, Blob, BlobState, ContentHash};
use chatcore::quota::ScopeKey;

use super::records::{at, maybe, owner, text, uuid};

pub(crate) fn id(a: u8) -> AttachmentId {
    AttachmentId::from_uuid(uuid(a))
}

pub(crate) fn hash(a: u8) -> ContentHash {
    ContentHash([a; 32])
}

pub(crate) fn attachment(a: u8, salt: u8) -> Attachment {
    Attachment {
        id: id(a),
        owner: owner(salt % 3),
        hash: hash(salt),
        name: text(salt),
        media_type: text(a),
        size: u64::from(salt),
        state: [AttachmentState::Arriving, AttachmentState::Ready][usize::from(salt % 2)],
        links: u64::from(salt),
        idle_since: maybe(salt, || at(salt % 6)),
        scopes: (0..salt % 3).map(|n| ScopeKey::subject(owner(n))).collect(),
        created_at: at(salt % 4),
    }
}

pub(crate) fn blob(a: u8, salt: u8) -> Blob {
    Blob {
        hash: hash(a),
        upload: id(salt),
        size: u64::from(salt),
        state: [BlobState::Arriving, BlobState::Kept, BlobState::Leaving][usize::from(salt % 3)],
        links: u64::from(salt),
        idle_since: maybe(salt, || at(salt % 6)),
    }
}
