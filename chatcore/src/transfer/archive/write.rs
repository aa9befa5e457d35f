//! Writing.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use super::error::{ArchiveError, ArchiveProblem};
use super::format::{self, Header, MAX_LINE};
use crate::store::Scan;
use crate::transfer::digest::{Digest, Section, Sha256Hash};
use crate::transfer::error::TransferError;
use crate::transfer::kinds;
use crate::transfer::options::{Meter, Progress};
use crate::transfer::records::Records;

/// Writes everything that a store holds, and flushes it. What was written is whole only when this function says so.
///
/// # Errors
/// [`TransferError::Source`] when the store cannot be read, [`TransferError::Archive`] when nothing can be written.
pub async fn write(
    from: &dyn Scan,
    to: &mut (impl Write + Send),
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Digest, TransferError> {
    let (mut records, mut lines) = (Records::new(from), Lines::new(to));
    let (mut sections, mut meter) = (Vec::new(), Meter::new(progress));
    lines.put(&Header::line())?;
    for kind in kinds() {
        let mut section = Section::default();
        while let Some(entry) = records.next(kind).await.map_err(TransferError::Source)? {
            lines.put(&format::record(kind, &entry.bytes))?;
            section.add(&entry.key, &entry.bytes);
            meter.count(kind, entry.bytes.len());
        }
        let section = section.finish(kind);
        lines.put(&format::section_end(&section))?;
        sections.push(section);
    }
    let digest = Digest::of(sections);
    lines.end(&digest)?;
    Ok(digest)
}

/// Counts and hashes what is written.
struct Lines<'a, W> {
    to: &'a mut W,
    hash: Sha256,
    line: u64,
}

impl<'a, W: Write> Lines<'a, W> {
    fn new(to: &'a mut W) -> Self {
        Self { to, hash: Sha256::new(), line: 0 }
    }

    fn put(&mut self, line: &[u8]) -> Result<(), ArchiveError> {
        self.line += 1;
        if line.len() >= MAX_LINE {
            return Err(ArchiveError { line: self.line, problem: ArchiveProblem::TooLong });
        }
        for bytes in [line, b"\n"] {
            self.hash.update(bytes);
            self.to.write_all(bytes).map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    fn end(mut self, digest: &Digest) -> Result<(), ArchiveError> {
        let above = Sha256Hash(self.hash.clone().finalize().into());
        self.put(&format::end(digest, above))?;
        self.to.flush().map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> ArchiveError {
        ArchiveError { line: self.line, problem: error.into() }
    }
}
