//! Group commit: one task owns the connection that writes, and commits together whatever waits.
//!
//! It belongs to the store and not to a caller, so a caller that goes away half-way changes nothing: no transaction is
//! ever part of a request's future. It lives as long as somebody can hand something in.

use std::panic::AssertUnwindSafe;
use std::sync::{PoisonError, RwLock};

use chatcore::store::{Batch, Committed, StoreError, StoreErrorKind};
use futures::FutureExt;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::{JoinHandle, yield_now};

use crate::error::not_applied;

/// More batches than this wait outside the queue.
const QUEUE: usize = 1024;

/// After so many turns in which nobody came, the group is complete. Callers that were just answered need a turn or two
/// to come back; without them, two half groups would take turns and sync twice.
const QUIET: usize = 4;

/// Writes groups of batches over a connection of its own.
pub(crate) trait GroupWriter: Send + 'static {
    /// Commits batches together. When this returns, what the answers say is durable.
    fn commit(&mut self, batches: Vec<Batch>) -> impl Future<Output = Vec<Result<Committed, StoreError>>> + Send;

    /// After a panic half-way through a group: leaves no transaction open.
    fn recover(&mut self) -> impl Future<Output = ()> + Send;

    /// Lets go of the connection.
    fn close(self) -> impl Future<Output = ()> + Send;
}

type Answer = oneshot::Sender<Result<Committed, StoreError>>;

/// A batch, and who waits for its answer.
struct Waiting {
    batch: Batch,
    answer: Answer,
}

/// Where batches are handed in.
pub(crate) struct Commits {
    queue: RwLock<Option<mpsc::Sender<Waiting>>>,
    committer: Mutex<Option<JoinHandle<()>>>,
}

impl Commits {
    /// Starts the task.
    pub(crate) fn start(writer: impl GroupWriter, max_group: usize) -> Self {
        let (sender, queue) = mpsc::channel(QUEUE);
        let committer = Committer { writer, queue, max_group };
        Self { queue: RwLock::new(Some(sender)), committer: Mutex::new(Some(tokio::spawn(committer.run()))) }
    }

    pub(crate) async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let (answer, wait) = oneshot::channel();
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner).clone();
        let closed = || not_applied("the store is closed");
        queue.ok_or_else(closed)?.send(Waiting { batch, answer }).await.map_err(|_| closed())?;
        let lost = || StoreError::new(StoreErrorKind::Unavailable, "commit").context("the committer gave no answer");
        wait.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Writes what was handed in, and ends the task. Whatever comes later is refused.
    pub(crate) async fn close(&self) {
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(committer) = self.committer.lock().await.take()
            && let Err(error) = committer.await
        {
            tracing::warn!(%error, "the committer did not end by itself");
        }
    }
}

struct Committer<W> {
    writer: W,
    queue: mpsc::Receiver<Waiting>,
    max_group: usize,
}

impl<W: GroupWriter> Committer<W> {
    async fn run(mut self) {
        while let Some(first) = self.queue.recv().await {
            let (batches, answers) = self.gather(first).await;
            self.commit(batches, answers).await;
        }
        self.writer.close().await;
    }

    /// Everything that waits, or is about to.
    async fn gather(&mut self, first: Waiting) -> (Vec<Batch>, Vec<Answer>) {
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

    async fn commit(&mut self, batches: Vec<Batch>, answers: Vec<Answer>) {
        tracing::trace!(batches = batches.len(), "commit");
        match AssertUnwindSafe(self.writer.commit(batches)).catch_unwind().await {
            Ok(results) => {
                for (answer, result) in answers.into_iter().zip(results) {
                    // whoever went away does not want to know
                    let _ = answer.send(result);
                }
            }
            // nobody is told anything, which reads as "unknown"
            Err(_) => self.writer.recover().await,
        }
    }
}
