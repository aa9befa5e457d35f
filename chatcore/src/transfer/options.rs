//! How a transfer is done, how far it is, and what it did.

use super::digest::Digest;
use crate::store::{Batch, Kind};

/// How records are put into a store.
#[derive(Debug, Clone)]
pub struct Options {
    pub(super) batch_records: usize,
    pub(super) batch_bytes: usize,
    pub(super) resume: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { batch_records: Batch::MAX_CHANGES, batch_bytes: 4 * 1024 * 1024, resume: false }
    }
}

impl Options {
    /// How many records are committed together at most: 1 to [`Batch::MAX_CHANGES`], which is the default.
    #[must_use]
    pub fn batch_records(mut self, records: usize) -> Self {
        self.batch_records = records.clamp(1, Batch::MAX_CHANGES);
        self
    }

    /// How many bytes of records are committed together, 4 MiB by default. A larger record goes alone.
    #[must_use]
    pub fn batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes;
        self
    }

    /// Goes on with a restore that broke off. Without it [`restore`](super::archive::restore) takes empty stores alone. A
    /// copy goes on in any case.
    #[must_use]
    pub fn resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }
}

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being moved.
    pub kind: Kind,
    /// Records of all kinds so far.
    pub records: u64,
    /// Bytes of all records so far, in their stored form.
    pub bytes: u64,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Records that the target lacked.
    pub inserted: u64,
    /// Records that the target had already.
    pub present: u64,
    /// What the source holds, as it was read.
    pub digest: Digest,
}

/// Counts what passes, and tells.
pub(super) struct Meter<'a> {
    tell: &'a mut (dyn FnMut(Progress) + Send),
    records: u64,
    bytes: u64,
}

impl<'a> Meter<'a> {
    pub(super) fn new(tell: &'a mut (dyn FnMut(Progress) + Send)) -> Self {
        Self { tell, records: 0, bytes: 0 }
    }

    pub(super) fn count(&mut self, kind: Kind, bytes: usize) {
        self.records += 1;
        self.bytes += bytes as u64;
        (self.tell)(Progress { kind, records: self.records, bytes: self.bytes });
    }
}
