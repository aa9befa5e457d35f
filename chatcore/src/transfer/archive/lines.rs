//! The lines of an archive as they come in.

use std::io::{BufRead, Read};

use sha2::{Digest as _, Sha256};

use super::error::{ArchiveError, ArchiveProblem};
use super::format::MAX_LINE;
use crate::transfer::digest::Sha256Hash;

/// Cuts what is read into lines, counts them and hashes them.
pub(super) struct Lines<R> {
    from: R,
    /// Without the line that was read last.
    above: Sha256,
    /// With its end.
    current: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, above: Sha256::new(), current: Vec::new(), number: 0 }
    }

    /// Reads a line. A line without an end is not one.
    pub(super) fn turn(&mut self) -> Result<(), ArchiveProblem> {
        self.above.update(&self.current);
        self.current.clear();
        self.number += 1;
        let mut limited = self.from.by_ref().take(MAX_LINE as u64);
        limited.read_until(b'\n', &mut self.current)?;
        match self.current.last() {
            Some(b'\n') => Ok(()),
            _ if self.current.len() == MAX_LINE => Err(ArchiveProblem::TooLong),
            _ => Err(ArchiveProblem::Truncated),
        }
    }

    /// The line that was read last, without its end.
    pub(super) fn current(&self) -> &[u8] {
        self.current.strip_suffix(b"\n").unwrap_or(&self.current)
    }

    /// The hash of all lines before it.
    pub(super) fn above(&self) -> Sha256Hash {
        Sha256Hash(self.above.clone().finalize().into())
    }

    /// Refuses anything that follows.
    pub(super) fn require_end(&mut self) -> Result<(), ArchiveProblem> {
        if self.from.fill_buf()?.is_empty() { Ok(()) } else { Err(ArchiveProblem::Trailing) }
    }

    /// A problem with the line that was read last.
    pub(super) fn error(&self, problem: ArchiveProblem) -> ArchiveError {
        ArchiveError { line: self.number, problem }
    }
}
