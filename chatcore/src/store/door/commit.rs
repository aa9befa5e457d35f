//! Group commit without a runtime.
//!
//! Whoever commits puts the batch in a queue. If no group is under way, the next poll starts one, which takes everything
//! that waits by then; everybody who waits drives the same future. It belongs to the queue, not to a caller: when all callers go away
//! half-way, the next one drives it to its end before a new group begins, so no write is ever cut in two.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use async_trait::async_trait;
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{BoxFuture, Shared};

use super::layout::{Asked, Written};
use super::{DoorStore, KeyValue};
use crate::store::group::Group;
use crate::store::known::Known;
use crate::store::{Batch, Commit, Committed, StoreError, StoreErrorKind};

/// More batches than this wait for the next group.
const MAX_GROUP: usize = 256;

/// After so many turns in which nobody came, the group is complete. Callers that were just answered need a turn or two
/// to come back; without them, two half groups would take turns and sync twice.
const QUIET: usize = 16;

type Answer = oneshot::Sender<Result<Committed, StoreError>>;
type Work = Shared<BoxFuture<'static, ()>>;

#[derive(Default)]
pub(super) struct Queue {
    waiting: Arc<Waiting>,
    known: Arc<Known>,
    running: Mutex<Option<Work>>,
}

/// Who waits for a group.
#[derive(Default)]
struct Waiting(Mutex<Vec<(Batch, Answer)>>);

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Vec<(Batch, Answer)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that waits, or is about to.
    async fn gather(&self) -> (Vec<Batch>, Vec<Answer>) {
        let (mut quiet, mut known) = (0, self.lock().len());
        while quiet < QUIET && known < MAX_GROUP {
            let_others_in().await;
            let now = self.lock().len();
            quiet = if now > known { 0 } else { quiet + 1 };
            known = now;
        }
        let mut waiting = self.lock();
        // whoever left before their group began wants nothing any more
        waiting.retain(|(_, answer)| !answer.is_canceled());
        let size = waiting.len().min(MAX_GROUP);
        waiting.drain(..size).unzip()
    }
}

/// Gives way once.
async fn let_others_in() {
    let mut gone_by = false;
    poll_fn(|context| {
        if std::mem::replace(&mut gone_by, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Queue {
    fn push(&self, batch: Batch) -> oneshot::Receiver<Result<Committed, StoreError>> {
        let (answer, wait) = oneshot::channel();
        self.waiting.lock().push((batch, answer));
        wait
    }

    /// The group that is under way, or a new one.
    fn group(&self, kv: &Arc<impl KeyValue>) -> Work {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.as_ref().filter(|running| running.peek().is_none()) {
            return running.clone();
        }
        let work = work(kv.clone(), self.waiting.clone(), self.known.clone());
        let known = self.known.clone();
        let done = move |done: Result<(), _>| done.unwrap_or_else(|_| known.forget());
        let work = AssertUnwindSafe(work).catch_unwind().map(done).boxed().shared();
        *running = Some(work.clone());
        work
    }
}

#[async_trait]
impl<K: KeyValue> Commit for DoorStore<K> {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let mut wait = self.queue.push(batch);
        loop {
            self.queue.group(&self.kv).await;
            match wait.try_recv() {
                Ok(Some(answer)) => return answer,
                Ok(None) => {}
                Err(oneshot::Canceled) => {
                    return Err(StoreError::new(StoreErrorKind::Unavailable, "commit").context("the store panicked"));
                }
            }
        }
    }
}

async fn work(kv: Arc<impl KeyValue>, waiting: Arc<Waiting>, known: Arc<Known>) {
    let (batches, answers) = waiting.gather().await;
    if batches.is_empty() {
        return;
    }
    // `apply` does not notice a record that is in the way, so every key is looked up
    let mut group = Group::new(batches).careful().knowing(known.clone());
    let results = match load_and_apply(&*kv, &mut group).await {
        Ok(()) => {
            if kv.is_exclusive() {
                group.tell(&known);
            }
            group.finish()
        }
        Err(error) => {
            known.forget();
            group.fail(&error)
        }
    };
    for (answer, result) in answers.into_iter().zip(results) {
        // whoever went away does not want to know
        let _ = answer.send(result);
    }
}

async fn load_and_apply(kv: &impl KeyValue, group: &mut Group) -> Result<(), StoreError> {
    while let Some(keys) = group.step() {
        let asked = Asked::of(&keys);
        let values = kv.get_many(asked.raw()).await.map_err(unloaded)?;
        group.give(asked.decode(values)?);
    }
    let writes = Written::of(group.rows());
    if writes.is_empty() { Ok(()) } else { kv.apply(writes).await }
}

/// Whoever cannot even read has certainly written nothing.
fn unloaded(error: StoreError) -> StoreError {
    match error.kind() {
        StoreErrorKind::Unavailable => {
            StoreError::new(StoreErrorKind::NotApplied, "commit").context("the records cannot be read").caused_by(error)
        }
        _ => error,
    }
}
