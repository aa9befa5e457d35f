//! Puts into a store what it lacks.

use super::digest::Digester;
use super::error::TransferError;
use super::insert::InsertRecord;
use super::kinds;
use super::merge::{Merge, Pair};
use super::options::{Meter, Options, Progress, Summary};
use super::records::{Entry, Records};
use super::source::Source;
use crate::store::{Batch, Store};

/// Inserts every record that the target lacks. The first one that differs, or that the target alone has, ends it.
pub(super) async fn fill(
    source: &mut dyn Source,
    to: &dyn Store,
    options: &Options,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Summary, TransferError> {
    let mut target = Records::new(to);
    let (mut pending, mut meter, mut digester) = (Pending::new(options), Meter::new(progress), Digester::default());
    let (mut inserted, mut present) = (0, 0);
    for kind in kinds() {
        // what is inserted lies before the place where the target is read, so it is not met again
        let mut merge = Merge::new(kind, source, &mut target).await?;
        while let Some(pair) = merge.next().await? {
            let (entry, lacking) = match pair {
                Pair::Differ(difference) => return Err(TransferError::NotACopy(difference)),
                Pair::Both(entry) => (entry, false),
                Pair::Source(entry) => (entry, true),
            };
            digester.add(&entry);
            meter.count(kind, entry.bytes.len());
            if lacking {
                inserted += 1;
                pending.push(entry, to).await?;
            } else {
                present += 1;
            }
        }
    }
    pending.commit(to).await?;
    Ok(Summary { inserted, present, digest: digester.finish() })
}

/// Refuses a store that holds anything.
pub(super) async fn require_empty(store: &dyn Store) -> Result<(), TransferError> {
    for kind in kinds() {
        if !store.scan(kind, None, 1).await.map_err(TransferError::Target)?.is_empty() {
            return Err(TransferError::NotEmpty(kind));
        }
    }
    Ok(())
}

/// The batch that is being gathered.
struct Pending<'a> {
    options: &'a Options,
    batch: Batch,
    bytes: usize,
}

impl<'a> Pending<'a> {
    fn new(options: &'a Options) -> Self {
        Self { options, batch: Batch::default(), bytes: 0 }
    }

    async fn push(&mut self, entry: Entry, to: &dyn Store) -> Result<(), TransferError> {
        let full = self.batch.changes().len() >= self.options.batch_records;
        if full || self.bytes + entry.bytes.len() > self.options.batch_bytes {
            self.commit(to).await?;
        }
        self.bytes += entry.bytes.len();
        self.batch.push(InsertRecord(entry.record));
        Ok(())
    }

    async fn commit(&mut self, to: &dyn Store) -> Result<(), TransferError> {
        let batch = std::mem::take(&mut self.batch);
        self.bytes = 0;
        if !batch.changes().is_empty() {
            to.commit(batch).await.map_err(TransferError::Target)?;
        }
        Ok(())
    }
}
