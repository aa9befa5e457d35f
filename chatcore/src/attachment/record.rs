//! The records of attachments.

use serde::{Deserialize, Serialize};

use super::hash::ContentHash;
use super::media::MediaKind;
use super::port::BlobName;
use crate::clock::Timestamp;
use crate::conversation::Part;
use crate::id::AttachmentId;
use crate::quota::ScopeKey;
use crate::store::{Entries, Index, Kind, Newest, Record};
use crate::subject::Subject;

/// A file that somebody attached to messages, or is about to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its id, which is also the address of the part of a message that shows it.
    pub id: AttachmentId,
    /// Whose it is.
    pub owner: Subject,
    /// Its bytes.
    pub hash: ContentHash,
    /// The name to be shown; see [`clean_name`](super::clean_name).
    pub name: String,
    /// Its media type, by its bytes.
    pub media_type: String,
    /// Its length in bytes.
    pub size: u64,
    /// Whether its bytes are there.
    pub state: AttachmentState,
    /// How many messages name it.
    pub links: u64,
    /// Since when no message names it; `None` while one does.
    pub idle_since: Option<Timestamp>,
    /// The counters that count its bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<ScopeKey>,
    /// When it came.
    pub created_at: Timestamp,
}

/// The life of an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentState {
    /// Counted, and its bytes are on their way to where they are kept. Nobody sees it.
    Arriving,
    /// There.
    Ready,
}

impl Attachment {
    /// What can be done with it.
    #[must_use]
    pub fn kind(&self) -> MediaKind {
        // a type that is not taken any more is as a document: it is handed on and never shown
        MediaKind::of(&self.media_type).unwrap_or(MediaKind::Document)
    }

    /// The part of a message that shows it.
    #[must_use]
    pub fn part(&self) -> Part {
        let (url, media_type) = (self.id.to_string(), Some(self.media_type.clone()));
        match self.kind() {
            MediaKind::Image => Part::Image { url, media_type },
            MediaKind::Document | MediaKind::Text => Part::File { url, name: Some(self.name.clone()), media_type },
        }
    }
}

impl Record for Attachment {
    type Key = AttachmentId;
    const KIND: Kind = Kind::Attachment;

    fn key(&self) -> AttachmentId {
        self.id
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::AttachmentsByOwner, &(self.owner, Newest(self.created_at), self.id));
        if let Some(since) = self.idle_since {
            entries.add(Index::IdleAttachments, &(since, self.id));
        }
    }
}

/// Bytes that are kept once, however many attachments have them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Their hash.
    pub hash: ContentHash,
    /// The upload that brought them: the other half of their [name](BlobName).
    pub upload: AttachmentId,
    /// How many bytes.
    pub size: u64,
    /// Whether they are there.
    pub state: BlobState,
    /// How many attachments have them.
    pub links: u64,
    /// Since when none has; `None` while one does.
    pub idle_since: Option<Timestamp>,
}

/// The life of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlobState {
    /// On their way to where they are kept.
    Arriving,
    /// There.
    Kept,
    /// About to be removed: nothing can have them until they are.
    Leaving,
}

impl Blob {
    /// The name under which they are kept.
    #[must_use]
    pub const fn name(&self) -> BlobName {
        BlobName { hash: self.hash, upload: self.upload }
    }
}

impl Record for Blob {
    type Key = ContentHash;
    const KIND: Kind = Kind::Blob;

    fn key(&self) -> ContentHash {
        self.hash
    }

    fn index(&self, entries: &mut Entries) {
        if let Some(since) = self.idle_since {
            entries.add(Index::IdleBlobs, &(since, self.hash));
        }
    }
}
