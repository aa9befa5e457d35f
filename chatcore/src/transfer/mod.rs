//! Whole stores on the move: copied from one to another, compared by a digest, written to an archive and read back.
//!
//! Everything here works on any store, through [`Scan`](crate::store::Scan) and
//! [`Commit`](crate::store::Commit) alone, and moves raw records: ids, numbers and times stay what they are. Projections
//! are not moved; they follow from the records.
//!
//! ```
//! use chatcore::MemoryStore;
//! use chatcore::transfer::{self, Options, archive};
//!
//! # futures::executor::block_on(async {
//! let (from, to, restored) = (MemoryStore::in_memory(), MemoryStore::in_memory(), MemoryStore::in_memory());
//! let copied = transfer::copy(&from, &to, &Options::default(), &mut |_| {}).await?;
//! assert_eq!(copied.digest, transfer::verify(&from, &to).await?);
//!
//! let mut backup = Vec::new();
//! archive::write(&from, &mut backup, &mut |_| {}).await?;
//! archive::restore(&backup[..], &restored, &Options::default(), &mut |_| {}).await?;
//! assert_eq!(transfer::digest(&restored).await?, copied.digest);
//! # Ok::<(), transfer::TransferError>(())
//! # }).unwrap();
//! ```
//!
//! None of these functions guards against somebody who writes to the stores meanwhile: a source is a snapshot, or a
//! store that nobody uses.

pub mod archive;
mod copy;
mod digest;
mod error;
pub mod files;
mod fill;
mod insert;
mod merge;
mod options;
mod records;
mod source;
mod verify;

pub use copy::copy;
pub use digest::{Digest, KindDigest, Sha256Hash, digest};
pub use error::{Difference, Differs, TransferError};
pub use insert::InsertRecord;
pub use options::{Options, Progress, Summary};
pub use verify::verify;

use crate::store::Kind;

/// The kinds that are moved, in the order in which they are: all but projections.
pub fn kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| !kind.is_projection())
}
