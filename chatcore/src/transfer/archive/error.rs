//! Why an archive is refused.

use std::io;

use super::format::VERSION;
use crate::store::Kind;
use crate::store::codec::CodecError;

/// Why an archive is refused, and where.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ArchiveError {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    #[source]
    pub problem: ArchiveProblem,
}

/// What is wrong with an archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveProblem {
    /// It cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("this is not an archive of chatcore")]
    NotAnArchive,
    /// A newer program wrote it.
    #[error(
        "the archive has version {version} and was written by chatcore {program}; this program reads version {VERSION}"
    )]
    Newer {
        /// Its version.
        version: u32,
        /// Who wrote it.
        program: String,
    },
    /// It ends before its last line.
    #[error("the archive is cut off")]
    Truncated,
    /// It goes on behind its last line.
    #[error("there is something behind the end of the archive")]
    Trailing,
    /// A line is none of those that archives have.
    #[error("the line cannot be understood")]
    Garbage,
    /// A line is longer than any record.
    #[error("the line is too long")]
    TooLong,
    /// A kind that this program does not know.
    #[error("there is no kind of record named `{0}`")]
    UnknownKind(String),
    /// A record does not have the fields of its kind.
    #[error("the {} cannot be read", .0.name())]
    Record(Kind, #[source] CodecError),
    /// A record or a kind comes a second time, or too late.
    #[error("the {} is not in its place", .0.name())]
    OutOfOrder(Kind),
    /// What was read of a kind is not what was written.
    #[error("the records of kind `{}` are not those that were written", .0.name())]
    WrongSection(Kind),
    /// What was read is not what was written.
    #[error("the archive is not what was written")]
    WrongTotal,
}
