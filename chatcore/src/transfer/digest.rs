//! What a store holds, in a few bytes.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::error::TransferError;
use super::kinds;
use super::records::{Entry, Records};
use crate::store::{Kind, Scan};

/// What a store holds: two stores of any make hold the same records exactly if these are equal.
///
/// Nothing that depends on the store goes in: records go in order of kind and key, each as length, key, length and
/// [stored form](crate::store::AnyRecord::encode), lengths as eight bytes with the highest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Digest {
    kinds: Vec<KindDigest>,
}

/// What a store holds of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindDigest {
    /// Which kind.
    pub kind: Kind,
    /// How many records.
    pub records: u64,
    /// Over all of them.
    pub hash: Sha256Hash,
}

/// A SHA-256, shown in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sha256Hash(pub [u8; 32]);

impl Digest {
    pub(super) fn of(mut kinds: Vec<KindDigest>) -> Self {
        kinds.retain(|kind| kind.records > 0);
        Self { kinds }
    }

    /// Of every kind that there is any of, in order.
    #[must_use]
    pub fn kinds(&self) -> &[KindDigest] {
        &self.kinds
    }

    /// How many records there are.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.records).sum()
    }

    /// Over everything. A kind that a later version adds changes nothing as long as there is none of it.
    #[must_use]
    pub fn total(&self) -> Sha256Hash {
        let mut total = Sha256::new();
        for kind in &self.kinds {
            total.update([kind.kind as u8]);
            total.update(kind.records.to_be_bytes());
            total.update(kind.hash.0);
        }
        Sha256Hash(total.finalize().into())
    }
}

/// The total and the number of records.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} records)", self.total(), self.records())
    }
}

impl fmt::Display for Sha256Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Takes records in order of kind and key.
#[derive(Default)]
pub(super) struct Digester {
    done: Vec<KindDigest>,
    current: Option<(Kind, Section)>,
}

/// The records of one kind.
#[derive(Default)]
pub(super) struct Section {
    records: u64,
    hash: Sha256,
}

impl Section {
    pub(super) fn add(&mut self, key: &[u8], stored: &[u8]) {
        self.records += 1;
        for bytes in [key, stored] {
            self.hash.update((bytes.len() as u64).to_be_bytes());
            self.hash.update(bytes);
        }
    }

    pub(super) fn finish(self, kind: Kind) -> KindDigest {
        KindDigest { kind, records: self.records, hash: Sha256Hash(self.hash.finalize().into()) }
    }
}

impl Digester {
    pub(super) fn add(&mut self, entry: &Entry) {
        let kind = entry.record.kind();
        if self.current.as_ref().is_none_or(|(current, _)| *current != kind) {
            self.end_section();
        }
        let (_, section) = self.current.get_or_insert_with(|| (kind, Section::default()));
        section.add(&entry.key, &entry.bytes);
    }

    fn end_section(&mut self) {
        self.done.extend(self.current.take().map(|(kind, section)| section.finish(kind)));
    }

    pub(super) fn finish(mut self) -> Digest {
        self.end_section();
        Digest::of(self.done)
    }
}

/// What a store holds.
///
/// # Errors
/// [`TransferError::Source`] when it cannot be read.
pub async fn digest(store: &dyn Scan) -> Result<Digest, TransferError> {
    let (mut records, mut digester) = (Records::new(store), Digester::default());
    for kind in kinds() {
        while let Some(entry) = records.next(kind).await.map_err(TransferError::Source)? {
            digester.add(&entry);
        }
    }
    Ok(digester.finish())
}
