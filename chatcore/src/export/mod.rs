//! Everything that somebody owns, as one file that they take away, and that [`Portable::import`] takes in again: into another
//! account, of this server or another one.
//!
//! The file is a tar archive (POSIX `ustar`), so anybody can look into it:
//!
//! ```text
//! chatcore-export.json       {"format":"chatcore export","version":1,"program":"0.1.0","created_at":"..."}
//! records/000001.jsonl       {"profile":{...}}
//!                            {"attachment":{"id":"att_...","name":"cat.png","sha256":"...","size":1234,...}}
//! attachments/att_...        the bytes of the attachment that came last
//! records/000002.jsonl       {"conversation":{"id":"conv_...","title":"...","head":"msg_...",...}}
//!                            {"message":{"id":"msg_...","parent":null,"role":"user","parts":[...],...}}
//! end.json                   {"attachments":1,"conversations":1,"messages":1}
//! ```
//!
//! Parents come before their children, attachments before the messages that name them. An archive without its last entry was
//! cut off. Nothing in it is compressed, and the names in it lead nowhere: they are compared, never used as paths.
//!
//! What is exported is what its owner can see, as it is when it is its turn; what others write meanwhile may be in it or not.
//! Not in it are secrets (hashes of passwords, tokens, keys), the books, and what is deleted. Ids are there to tell what belongs to
//! what; an import makes new ones.

mod change;
mod format;
mod import;
mod read;
mod tar;
mod write;

use std::fmt;

pub use change::{PublishImport, StartImport};
pub use import::Imported;

use crate::attachment::Attachments;
use crate::conversation::Conversations;
use crate::error::Error;
use crate::turn::Chat;

/// Exports and imports of whoever asks.
#[derive(Clone)]
pub struct Portable {
    conversations: Conversations,
    attachments: Option<Attachments>,
}

impl Portable {
    /// Over the conversations and the attachments of a chat.
    #[must_use]
    pub fn new(chat: &Chat) -> Self {
        Self { conversations: chat.conversations().clone(), attachments: chat.attachments() }
    }
}

/// Why an export or an import did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// Whoever reads the archive has gone away.
    #[error("nobody reads the export any more")]
    Closed,
    /// The archive is not one, or not one that can be taken.
    #[error("entry {entry}: {problem}")]
    Archive {
        /// The entry of the archive, from 1.
        entry: u64,
        /// What is wrong with it.
        problem: ExportProblem,
    },
    /// What is in the archive could not be read or stored.
    #[error(transparent)]
    Service(#[from] Error),
}

impl From<crate::StoreError> for ExportError {
    fn from(error: crate::StoreError) -> Self {
        Self::Service(error.into())
    }
}

/// What is wrong with an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportProblem {
    /// It is something else.
    NotAnExport,
    /// A newer program wrote it.
    Newer,
    /// It ends before its last entry.
    Truncated,
    /// There is something that no export has, or not there.
    Misplaced,
    /// An entry or a line is longer than any.
    TooLong,
    /// There are more things in it than may be.
    TooMany,
    /// A line cannot be understood.
    Garbage,
    /// Something names what did not come before it.
    Unknown,
    /// The bytes of an attachment are not those that were exported.
    WrongBytes,
    /// What was read is not what was written.
    WrongTotal,
}

impl fmt::Display for ExportProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnExport => "this is not an export of chatcore",
            Self::Newer => "a newer version of chatcore wrote it",
            Self::Truncated => "the archive is cut off",
            Self::Misplaced => "there is something that does not belong there",
            Self::TooLong => "it is too long",
            Self::TooMany => "there are too many things in the archive",
            Self::Garbage => "a line cannot be understood",
            Self::Unknown => "it names something that did not come before it",
            Self::WrongBytes => "the bytes are not those that were exported",
            Self::WrongTotal => "the archive does not hold what its end says",
        })
    }
}
