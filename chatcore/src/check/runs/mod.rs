//! Runs, their logs and their messages: each knows the others, and they agree.

mod agree;
mod log;

use super::changes::{Absent, Remove, Rewrite, Same, Swap};
use super::finding::{Finding, Group};
use super::pages::{PAGE, Pages, readable};
use super::walk::Walk;
use crate::conversation::{Message, MessageState, Part};
use crate::id::RunId;
use crate::store::{Batch, Change, Store, StoreError};
use crate::turn::{Answer, Run, RunLog};

/// A message that names a run is written by it, and one that is open names one.
/// While a purge removes the message, the run may already be gone.
pub(super) async fn of_message(walk: &mut Walk<'_>, message: &Message, purging: bool) -> Result<(), StoreError> {
    let Some(id) = message.run else {
        if message.state == MessageState::Open && !purging {
            let close = Batch::of(unlink(message, Vec::new()));
            let finding = Finding::on::<Message>("open_without_run", &message.id, "it names no run");
            walk.found(Group::of(finding, close)).await?;
        }
        return Ok(());
    };
    match readable(walk.store.run(id).await)? {
        None => Ok(()),
        Some(Some(run)) if run.message == message.id => Ok(()),
        Some(Some(run)) => of_another(walk, message, run).await,
        Some(None) if purging => {
            walk.purged.insert(id);
            Ok(())
        }
        Some(None) => {
            let open = message.state == MessageState::Open;
            let rule = if open { "open_without_run" } else { "message_without_run" };
            let finding = Finding::on::<Message>(rule, &message.id, format!("{id} does not exist"));
            let Some(said) = said(walk.store, id).await? else {
                return walk.found(Group::open(finding)).await.map(drop);
            };
            let mend = Batch::of(Absent::<Run>(id)).and(unlink(message, said));
            walk.found(Group::of(finding, mend)).await.map(drop)
        }
    }
}

/// A message without its run; one that was open has ended, with what its run is known to have said.
fn unlink(message: &Message, said: Vec<Part>) -> impl Change + 'static {
    let mut after = Message { run: None, ..message.clone() };
    if after.state == MessageState::Open {
        after.state = MessageState::Interrupted;
        if after.parts.is_empty() {
            after.parts = said;
        }
    }
    Swap { before: message.clone(), after }
}

/// What a log says; `None` when it cannot be read.
async fn said(store: &dyn Store, run: RunId) -> Result<Option<Vec<Part>>, StoreError> {
    let (mut answer, mut after) = (Answer::default(), 0);
    loop {
        let Some(logs) = readable(store.run_log(run, after, PAGE).await)? else { return Ok(None) };
        match logs.last() {
            Some(last) if last.last > after => after = last.last,
            _ => return Ok(Some(answer.parts().to_vec())),
        }
        logs.iter().flat_map(|log| &log.events).for_each(|event| answer.push(event));
    }
}

/// A message names a run that names another message: whichever of the two agrees with that other one is right.
async fn of_another(walk: &mut Walk<'_>, message: &Message, run: Run) -> Result<(), StoreError> {
    let Some(other) = readable(walk.store.message(run.message).await)? else { return Ok(()) };
    let detail = format!("it names {}, which writes {}", run.id, run.message);
    let finding = Finding::on::<Message>("message_of_another_run", &message.id, detail);
    let mend = match other {
        Some(other) if other.run == Some(run.id) => Batch::of(Same(run)).and(unlink(message, Vec::new())),
        other => {
            walk.judged.insert(run.id);
            let evidence = match other {
                Some(other) => Batch::of(Same(other)),
                None => Batch::of(Absent::<Message>(run.message)),
            };
            let after = Run { message: message.id, ..run.clone() };
            evidence.and(Same(message.clone())).and(Swap { before: run, after })
        }
    };
    walk.found(Group::of(finding, mend)).await.map(drop)
}

/// Goes over all runs and, at the same time, over their logs: both are in the order of the run's id.
pub(super) async fn check(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let (mut runs, mut logs) = (Pages::<Run>::new(), Pages::<RunLog>::new());
    while let Some(run) = runs.next(walk).await? {
        while let Some(log) = logs.next_if(walk, |log| log.run < run.id).await? {
            without_run(walk, &mut logs, log).await?;
        }
        let mut own = Vec::new();
        while let Some(log) = logs.next_if(walk, |log| log.run == run.id).await? {
            own.push(log);
        }
        let whole = !logs.is_broken();
        self::run(walk, run, whole.then_some(own)).await?;
    }
    while let Some(log) = logs.next(walk).await? {
        without_run(walk, &mut logs, log).await?;
    }
    Ok(())
}

async fn without_run(walk: &mut Walk<'_>, logs: &mut Pages<RunLog>, first: RunLog) -> Result<(), StoreError> {
    let (id, key) = (first.run, (first.run, first.first));
    let mut before = vec![first];
    while let Some(log) = logs.next_if(walk, |log| log.run == id).await? {
        before.push(log);
    }
    // a purge removes the run first
    let hidden = walk.messages_unknown || !walk.lost.is_empty() || !walk.incomplete.is_empty();
    if hidden || walk.purged.contains(&id) || !matches!(readable(walk.store.run(id).await)?, Some(None)) {
        return Ok(());
    }
    let finding = Finding::on::<RunLog>("log_without_run", &key, format!("{id} does not exist"));
    let mend = Batch::of(Absent::<Run>(id)).and(Rewrite { run: id, before, after: Vec::new() });
    walk.found(Group::of(finding, mend)).await.map(drop)
}

/// One run, with its log if that can be read.
async fn run(walk: &mut Walk<'_>, run: Run, log: Option<Vec<RunLog>>) -> Result<(), StoreError> {
    if walk.judged.contains(&run.id) {
        return Ok(());
    }
    let group = match readable(walk.store.message(run.message).await)? {
        None => return Ok(()),
        Some(None) => {
            let finding = Finding::on::<Run>("run_without_message", &run.id, format!("{} does not exist", run.message));
            let gone = Rewrite { run: run.id, before: log.unwrap_or_default(), after: Vec::new() };
            Group::of(finding, Batch::of(Absent::<Message>(run.message)).and(Remove(run)).and(gone))
        }
        Some(Some(message)) if message.run != Some(run.id) => {
            let detail = format!("it writes {}, which names another", run.message);
            let finding = Finding::on::<Run>("run_of_another_message", &run.id, detail);
            let mend = if message.run.is_none() && message.role == crate::conversation::Role::Assistant {
                let after = Message { run: Some(run.id), ..message.clone() };
                Batch::of(Same(run)).and(Swap { before: message, after })
            } else {
                let gone = Rewrite { run: run.id, before: log.unwrap_or_default(), after: Vec::new() };
                Batch::of(Same(message)).and(Remove(run)).and(gone)
            };
            Group::of(finding, mend)
        }
        Some(Some(message)) => {
            let log = log.filter(|log| !is_purged(&run, log));
            agree::judge(run, message, log)
        }
    };
    walk.found(group).await.map(drop)
}

/// Whether the log of a run that has ended is removed or about to be, from its front: then it has nothing to say.
fn is_purged(run: &Run, log: &[RunLog]) -> bool {
    !run.is_active() && log.first().map_or(run.last_seq > 0, |log| log.first > 1)
}
