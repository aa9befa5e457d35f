//! Batches: all of their messages or none.

use chatcore::{ConversationId, Error};

use super::super::journal::{RawBatch, Work};
use super::super::ledger::Open;
use super::Audit;

impl Audit<'_> {
    pub(super) async fn batches(&mut self) -> Result<(), Error> {
        let deleting = |open: &Open| match open.work {
            Work::DeleteConversation { conversation } => Some(conversation),
            _ => None,
        };
        let going: Vec<ConversationId> = self.ledger.unsure.iter().filter_map(deleting).collect();
        for batch in std::mem::take(&mut self.ledger.batches) {
            if going.contains(&batch.row) || going.contains(&batch.other) {
                // the trees tell, when it is known whether they are there
                continue;
            }
            let found = self.found(&batch).await?;
            if found < batch.ids.len() {
                self.tally.lost(format!("{found} of {} messages of an acknowledged batch are there", batch.ids.len()));
            }
        }
        for open in self.unsure(|open| matches!(open.work, Work::Batch(_))) {
            let Work::Batch(batch) = open.work else { continue };
            match self.found(&batch).await? {
                0 => self.tally.settle(false),
                all if all == batch.ids.len() => {
                    self.tally.settle(true);
                    self.ledger.add_batch(&batch);
                }
                some => {
                    let of = batch.ids.len();
                    self.tally.torn(format!("{some} of {of} messages of a batch that was under way are there"));
                }
            }
        }
        Ok(())
    }

    /// How many of its messages are there.
    async fn found(&self, batch: &RawBatch) -> Result<usize, Error> {
        let mut found = 0;
        for id in &batch.ids {
            found += usize::from(self.opened.store.message(*id).await.map_err(Error::Store)?.is_some());
        }
        Ok(found)
    }
}
