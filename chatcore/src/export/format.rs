//! What the lines of an export say.

use serde::{Deserialize, Serialize};

use crate::attachment::ContentHash;
use crate::clock::Timestamp;
use crate::conversation::{MessageState, Part, Role};
use crate::feedback::Rating;
use crate::id::{AttachmentId, ConversationId, MessageId};

/// The version of exports that this program writes, and the newest one that it reads.
pub(super) const VERSION: u32 = 1;

pub(super) const HEADER: &str = "chatcore-export.json";
pub(super) const END: &str = "end.json";
const FORMAT: &str = "chatcore export";

/// Bytes of a line. A message has a megabyte at most, which JSON makes six of if it consists of control characters.
pub(super) const MAX_LINE: usize = 8 * 1024 * 1024;

pub(super) fn records(number: u64) -> String {
    format!("records/{number:06}.jsonl")
}

pub(super) fn attachment(id: AttachmentId) -> String {
    format!("attachments/{id}")
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    format: String,
    version: u32,
    program: String,
    created_at: Timestamp,
}

impl Header {
    pub(super) fn now(created_at: Timestamp) -> Self {
        Self { format: FORMAT.into(), version: VERSION, program: env!("CARGO_PKG_VERSION").into(), created_at }
    }

    pub(super) fn is_export(&self) -> bool {
        self.format == FORMAT
    }

    pub(super) const fn is_newer(&self) -> bool {
        self.version > VERSION
    }
}

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Profile(Profile),
    Attachment(File),
    Conversation(Box<Talk>),
    Message(Box<Said>),
}

/// Who it was, for whoever reads the file; an import passes it over.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Profile {
    pub(super) id: String,
    pub(super) username: Option<String>,
    pub(super) email: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) created_at: Timestamp,
    /// Ways in, without what proves them.
    pub(super) identities: Vec<Way>,
}

/// A way in.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Way {
    pub(super) kind: String,
    pub(super) provider: Option<String>,
    pub(super) value: String,
    pub(super) verified_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct File {
    pub(super) id: AttachmentId,
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) sha256: ContentHash,
    pub(super) size: u64,
    /// Whether a message names it.
    pub(super) is_named: bool,
    pub(super) created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Talk {
    pub(super) id: ConversationId,
    pub(super) external_id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) system_prompt: Option<String>,
    pub(super) model: Option<String>,
    /// The message at which it goes on.
    pub(super) head: Option<MessageId>,
    #[serde(default)]
    pub(super) pinned: bool,
    #[serde(default)]
    pub(super) archived: bool,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) id: MessageId,
    pub(super) parent: Option<MessageId>,
    pub(super) role: Role,
    pub(super) parts: Vec<Part>,
    pub(super) state: MessageState,
    pub(super) model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) client_ref: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rating: Option<Rating>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    pub(super) created_at: Timestamp,
}

/// How much there was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totals {
    pub(super) attachments: u64,
    pub(super) conversations: u64,
    pub(super) messages: u64,
}
