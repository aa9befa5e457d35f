//! Why a transfer did not succeed.

use std::fmt;

use super::archive::ArchiveError;
use crate::attachment::BlobError;
use crate::store::{Kind, StoreError};

/// Why a transfer did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The source cannot be read.
    #[error("failed to read the source")]
    Source(#[source] StoreError),
    /// The target cannot be read or written.
    #[error("failed to fill the target")]
    Target(#[source] StoreError),
    /// The target holds something else than a part of the source. Nothing more was changed.
    #[error("the target is not an unfinished copy of the source: {0}")]
    NotACopy(Difference),
    /// The target holds something, and is to be empty.
    #[error("the target is not empty: there is a {} in it", .0.name())]
    NotEmpty(Kind),
    /// The two do not hold the same records.
    #[error("the two differ: {0}")]
    Differ(Difference),
    /// The archive is not what it should be.
    #[error("failed to use the archive")]
    Archive(#[from] ArchiveError),
    /// The bytes of attachments cannot be read or written.
    #[error(transparent)]
    Files(#[from] BlobError),
}

/// The first difference between two stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Of what kind the record is.
    pub kind: Kind,
    /// Its ordered key.
    pub key: Vec<u8>,
    /// How the two differ.
    pub how: Differs,
}

/// How two stores differ in one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// The source alone has it.
    Missing,
    /// The target alone has it.
    Unexpected,
    /// The two have another record of the same key.
    Changed,
}

/// The key in hexadecimal: that of a record with an id is the id.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} ", self.kind.name())?;
        for byte in &self.key {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(match self.how {
            Differs::Missing => " is in the source alone",
            Differs::Unexpected => " is in the target alone",
            Differs::Changed => " is another one in the target",
        })
    }
}
