//! A whole store as one file: text that other tools can read, and that says when it is not whole.
//!
//! One JSON object a line:
//!
//! ```text
//! {"format":"chatcore archive","version":1,"program":"0.1.0","encoding":1}
//! {"kind":"conversation","record":{"id":"...", ...}}
//! {"end":"conversation","records":1,"sha256":"..."}
//! {"kind":"message","record":{...}}
//! {"end":"message","records":1,"sha256":"..."}
//! {"end":"archive","records":2,"sha256":"...","lines_sha256":"..."}
//! ```
//!
//! Kinds come in the order of [`kinds`](super::kinds), records in that of their keys. The hash of a kind is that of
//! [`Digest`](super::Digest), and so is the total; `lines_sha256` is the SHA-256 of every byte above its line, so
//! `head -n -1 backup | sha256sum` checks it too. A reader believes nothing before it has seen a last line that fits.

mod error;
mod format;
mod lines;
mod read;
mod restore;
mod sections;
mod write;

pub use error::{ArchiveError, ArchiveProblem};
pub use read::{Reader, read};
pub use restore::restore;
pub use write::write;
