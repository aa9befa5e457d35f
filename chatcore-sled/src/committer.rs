//! The thread that writes. It belongs to no executor, and it lives as long as somebody can hand something in.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use chatcore::StoreError;
use chatcore::store::{KvWrite, StoreErrorKind};
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::Shared;

use crate::error::{not_applied, unopened};
use crate::options::SledOptions;
use crate::view::View;
use crate::writer::Writer;

type Answer = oneshot::Sender<Result<(), StoreError>>;

enum Job {
    Apply(Vec<KvWrite>, Answer),
    /// Only looks whether sled has given up, and if so gets it back.
    Recover(Answer),
}

/// Where writes are handed in.
pub(crate) struct Committer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    ended: Shared<oneshot::Receiver<()>>,
}

impl Committer {
    /// Opens the database on the thread that then writes to it.
    pub(crate) async fn start(options: SledOptions) -> Result<(Self, Arc<View>), StoreError> {
        let (jobs, inbox) = mpsc::channel();
        let (end, ended) = oneshot::channel();
        let (ready, opened) = oneshot::channel();
        let thread = move || {
            run(&options, ready, &inbox);
            // whoever waits is told that it is over
            let _ = end.send(());
        };
        let spawned = std::thread::Builder::new().name("chatcore-sled".into()).spawn(thread);
        spawned.map_err(|error| unopened("no thread can be started").caused_by(error))?;
        let view = opened.await.unwrap_or_else(|_| Err(unopened("the thread that writes ended")))?;
        Ok((Self { jobs: Mutex::new(Some(jobs)), ended: ended.shared() }, view))
    }

    pub(crate) async fn apply(&self, writes: Vec<KvWrite>) -> Result<(), StoreError> {
        self.hand_in(|answer| Job::Apply(writes, answer)).await
    }

    pub(crate) async fn recover(&self) -> Result<(), StoreError> {
        self.hand_in(Job::Recover).await
    }

    async fn hand_in(&self, job: impl FnOnce(Answer) -> Job) -> Result<(), StoreError> {
        let (answer, wait) = oneshot::channel();
        let closed = || not_applied("the store is closed");
        {
            let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
            jobs.as_ref().ok_or_else(closed)?.send(job(answer)).map_err(|_| closed())?;
        }
        let lost =
            || StoreError::new(StoreErrorKind::Unavailable, "commit").context("the thread that writes gave no answer");
        wait.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Returns when everything that was handed in is written and the folder is free.
    pub(crate) async fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        // an error says that the thread has ended, too
        let _ = self.ended.clone().await;
    }
}

fn run(options: &SledOptions, ready: oneshot::Sender<Result<Arc<View>, StoreError>>, inbox: &mpsc::Receiver<Job>) {
    let mut writer = match Writer::open(options) {
        Ok(writer) => writer,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    // whoever opened it may have gone away; then nobody can hand anything in
    let _ = ready.send(Ok(writer.view()));
    while let Ok(job) = inbox.recv() {
        let (answer, result) = match job {
            Job::Apply(writes, answer) => (answer, catch_unwind(AssertUnwindSafe(|| writer.apply(&writes)))),
            Job::Recover(answer) => (answer, catch_unwind(AssertUnwindSafe(|| writer.recover()))),
        };
        if let Ok(result) = result {
            let _ = answer.send(result);
        }
    }
    writer.close();
}
