//! An archive as it comes in: its entries one after the other, each a piece at a time.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};

use super::tar::{BLOCK, Head, padding};
use super::{ExportError, ExportProblem};
use crate::error::Error;

/// Cuts what comes in into entries. Nothing is read ahead but what came with what was asked for.
pub(super) struct Entries<S> {
    from: S,
    held: BytesMut,
    number: u64,
    /// What is left of the entry, and the padding behind it.
    left: u64,
    padding: usize,
}

impl<S: Stream<Item = Result<Bytes, Error>> + Unpin + Send> Entries<S> {
    pub(super) fn new(from: S) -> Self {
        Self { from, held: BytesMut::new(), number: 0, left: 0, padding: 0 }
    }

    pub(super) const fn error(&self, problem: ExportProblem) -> ExportError {
        ExportError::Archive { entry: self.number, problem }
    }

    /// Waits until something is held; `false` at the end.
    async fn fill(&mut self) -> Result<bool, ExportError> {
        while self.held.is_empty() {
            match self.from.next().await {
                Some(piece) => self.held.extend_from_slice(&piece?),
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    async fn exactly(&mut self, bytes: usize) -> Result<BytesMut, ExportError> {
        let mut taken = BytesMut::with_capacity(bytes);
        while taken.len() < bytes {
            if !self.fill().await? {
                return Err(self.error(ExportProblem::Truncated));
            }
            let most = self.held.len().min(bytes - taken.len());
            taken.extend_from_slice(&self.held.split_to(most));
        }
        Ok(taken)
    }

    /// The next entry, when all of the one before was read.
    pub(super) async fn next(&mut self) -> Result<Head, ExportError> {
        self.number += 1;
        let block = self.exactly(BLOCK).await?;
        let block: &[u8; BLOCK] = block[..].try_into().map_err(|_| self.error(ExportProblem::Truncated))?;
        let wrong = if self.number == 1 { ExportProblem::NotAnExport } else { ExportProblem::Misplaced };
        let head = Head::parse(block).ok_or_else(|| self.error(wrong))?;
        (self.left, self.padding) = (head.size, padding(head.size));
        Ok(head)
    }

    /// The next piece of the entry; `None` at its end.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>, ExportError> {
        if self.left == 0 {
            let padding = std::mem::take(&mut self.padding);
            self.exactly(padding).await?;
            return Ok(None);
        }
        if !self.fill().await? {
            return Err(self.error(ExportProblem::Truncated));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.held.len());
        self.left -= u64::try_from(most).unwrap_or(u64::MAX);
        Ok(Some(self.held.split_to(most).freeze()))
    }

    /// All of a small entry.
    pub(super) async fn whole(&mut self, most: u64) -> Result<Vec<u8>, ExportError> {
        if self.left > most {
            return Err(self.error(ExportProblem::TooLong));
        }
        let mut whole = Vec::new();
        while let Some(piece) = self.piece().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }

    /// The two blocks of zeros behind the last entry; whatever other programs add behind them is read and passed over.
    pub(super) async fn finish(&mut self) -> Result<(), ExportError> {
        let zeros = self.exactly(2 * BLOCK).await?;
        if zeros.iter().any(|byte| *byte != 0) {
            return Err(self.error(ExportProblem::Misplaced));
        }
        while self.fill().await? {
            if self.held.iter().any(|byte| *byte != 0) {
                return Err(self.error(ExportProblem::Misplaced));
            }
            self.held.clear();
        }
        Ok(())
    }
}
