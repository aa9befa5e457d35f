//! Group commit without a runtime.
//!
//! Whoever commits puts the batch in a queue. If no group is under way, the next poll starts one with everything that
//! waits; everybody who waits drives the same future. It belongs to the queue, not to a caller: when all callers go away
//! half-way, the next one drives it to its end before a new group begins, so no write is ever cut in two.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{BoxFuture, Shared};

use super::layout::{Asked, Written};
use super::{DoorStore, KeyValue};
use crate::store::group::Group;
use crate::store::{Batch, Commit, Committed, StoreError, StoreErrorKind};

/// More batches than this wait for the next group.
const MAX_GROUP: usize = 256;

type Answer = oneshot::Sender<Result<Committed, StoreError>>;

#[derive(Default)]
pub(super) struct Queue(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: Vec<(Batch, Answer)>,
    running: Option<Shared<BoxFuture<'static, ()>>>,
}

impl Queue {
    fn push(&self, batch: Batch) -> oneshot::Receiver<Result<Committed, StoreError>> {
        let (answer, wait) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).waiting.push((batch, answer));
        wait
    }

    /// The group that is under way, or a new one of what waits.
    fn group(&self, kv: &Arc<impl KeyValue>) -> Shared<BoxFuture<'static, ()>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = state.running.as_ref().filter(|running| running.peek().is_none()) {
            return running.clone();
        }
        // whoever left before their group began wants nothing any more
        state.waiting.retain(|(_, answer)| !answer.is_canceled());
        let size = state.waiting.len().min(MAX_GROUP);
        let (batches, answers) = state.waiting.drain(..size).unzip();
        let work = AssertUnwindSafe(work(kv.clone(), batches, answers)).catch_unwind().map(|_| ()).boxed().shared();
        state.running = Some(work.clone());
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

async fn work(kv: Arc<impl KeyValue>, batches: Vec<Batch>, answers: Vec<Answer>) {
    if batches.is_empty() {
        return;
    }
    // `apply` does not notice a record that is in the way, so every key is looked up
    let mut group = Group::new(batches).careful();
    let results = match load_and_apply(&*kv, &mut group).await {
        Ok(()) => group.finish(),
        Err(error) => group.fail(&error),
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
