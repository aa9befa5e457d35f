//! Group commit: one task owns the connection that writes, and commits together whatever waits.
//!
//! It belongs to the store and not to a caller, so a caller that goes away half-way changes nothing. It lives as long as
//! somebody can hand something in, and then closes the database.

use std::fs::File;
use std::panic::AssertUnwindSafe;

use chatcore::store::{Batch, Committed, StoreError};
use futures::FutureExt;
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;

use super::writer::Writer;

/// More batches than this wait outside the queue.
pub(super) const QUEUE: usize = 1024;

/// After so many turns in which nobody came, the group is complete. Callers that were just answered need a turn or two
/// to come back; without them, two half groups would take turns and sync twice.
const QUIET: usize = 4;

/// A batch, and who waits for its answer.
pub(super) struct Waiting {
    pub(super) batch: Batch,
    pub(super) answer: oneshot::Sender<Result<Committed, StoreError>>,
}

pub(super) struct Committer {
    pub(super) writer: Writer,
    pub(super) queue: mpsc::Receiver<Waiting>,
    pub(super) max_group: usize,
    /// The database is ours until it is closed.
    pub(super) lock: Option<File>,
}

impl Committer {
    pub(super) async fn run(mut self) {
        while let Some(first) = self.queue.recv().await {
            let (batches, answers) = self.gather(first).await;
            self.commit(batches, answers).await;
        }
        self.writer.close().await;
        drop(self.lock);
    }

    /// Everything that waits, or is about to.
    async fn gather(&mut self, first: Waiting) -> (Vec<Batch>, Vec<oneshot::Sender<Result<Committed, StoreError>>>) {
        let mut group = vec![first];
        let mut quiet = 0;
        while quiet < QUIET && group.len() < self.max_group {
            match self.queue.try_recv() {
                Ok(next) => {
                    group.push(next);
                    quiet = 0;
                }
                Err(_) => {
                    quiet += 1;
                    yield_now().await;
                }
            }
        }
        group.into_iter().map(|waiting| (waiting.batch, waiting.answer)).unzip()
    }

    async fn commit(&mut self, batches: Vec<Batch>, answers: Vec<oneshot::Sender<Result<Committed, StoreError>>>) {
        tracing::trace!(batches = batches.len(), "commit");
        match AssertUnwindSafe(self.writer.commit(batches)).catch_unwind().await {
            Ok(results) => {
                for (answer, result) in answers.into_iter().zip(results) {
                    // whoever went away does not want to know
                    let _ = answer.send(result);
                }
            }
            // nobody is told anything, which reads as "unknown"
            Err(_) => self.writer.recover_from_panic().await,
        }
    }
}
