//! A thread that owns what it works on.
//!
//! File operations block, and the door has no runtime that could lend a thread for them. So the store brings its own:
//! nobody else touches the file, one piece of work is done after the other, and one that has begun is done to its end
//! whether or not its caller still waits. The price: a read waits for the write before it to reach the disk.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use chatcore::store::{StoreError, StoreErrorKind};
use futures::channel::oneshot;

type Work<T> = Box<dyn FnOnce(&mut T) + Send>;

pub(super) struct Worker<T> {
    work: Option<Sender<Work<T>>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: 'static> Worker<T> {
    /// Starts a thread that works on what `open` makes.
    pub(super) async fn start(open: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<Self> {
        let (work, waiting) = channel::<Work<T>>();
        let (opened, result) = oneshot::channel();
        let body = move || match open() {
            Ok(mut value) => {
                // whoever opens may have gone away: then there is no work, and this ends
                let _ = opened.send(Ok(()));
                waiting.into_iter().for_each(|work| work(&mut value));
            }
            Err(error) => drop(opened.send(Err(error))),
        };
        let thread = Builder::new().name("json-lines".to_owned()).spawn(body)?;
        result.await.map_err(io::Error::other)??;
        Ok(Self { work: Some(work), thread: Some(thread) })
    }

    /// Has something done, and waits for the answer.
    pub(super) async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> Result<R, StoreError> {
        let (answer, result) = oneshot::channel();
        // whoever went away does not want to know
        let work = Box::new(move |value: &mut T| drop(answer.send(work(value))));
        let sender = self.work.as_ref().ok_or_else(|| ended(StoreErrorKind::NotApplied))?;
        // work that was not taken was not done; work that was taken and not answered may have been
        sender.send(work).map_err(|_| ended(StoreErrorKind::NotApplied))?;
        result.await.map_err(|_| ended(StoreErrorKind::Unavailable))
    }
}

/// Waits for the thread, so that the file is free when the store is gone. By then nobody waits for an answer.
impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        drop(self.work.take());
        // a panic was told to whoever waited
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn ended(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, "reach the thread of the store")
}
