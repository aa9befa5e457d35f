//! From an archive to a store.

use std::io::BufRead;

use async_trait::async_trait;

use super::read::{Reader, read};
use crate::store::{Kind, Store};
use crate::transfer::error::TransferError;
use crate::transfer::fill::{fill, require_empty};
use crate::transfer::options::{Options, Progress, Summary};
use crate::transfer::records::Entry;
use crate::transfer::source::Source;

/// Puts the records of an archive into an empty store, or with [`Options::resume`] into one where that broke off.
///
/// An archive shows only at its end that it is whole. So after an error the store may hold a part of it; to have none in
/// that case, let [`read`] go through the archive first. The digest of the summary is that of the archive: compare it
/// with that of the store to see whether the store kept everything.
///
/// # Errors
/// [`TransferError`].
pub async fn restore(
    from: impl BufRead + Send,
    to: &dyn Store,
    options: &Options,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Summary, TransferError> {
    let reader = read(from)?;
    if !options.resume {
        require_empty(to).await?;
    }
    fill(&mut Archived { reader, next: None }, to, options, progress).await
}

/// An archive as a source. The reader keeps to the order of kinds, so that there is nothing more of the last one is
/// known only when it has seen the whole archive and found it good.
struct Archived<R> {
    reader: Reader<R>,
    next: Option<Entry>,
}

#[async_trait]
impl<R: BufRead + Send> Source for Archived<R> {
    async fn next(&mut self, kind: Kind) -> Result<Option<Entry>, TransferError> {
        if self.next.is_none() {
            self.next = self.reader.next_entry()?;
        }
        Ok(self.next.take_if(|entry| entry.record.kind() == kind))
    }
}
