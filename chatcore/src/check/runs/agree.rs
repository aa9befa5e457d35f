//! A run, its log and its message tell the same story.

use super::log::{Told, lost};
use crate::check::changes::{Rewrite, Same, Swap};
use crate::check::finding::{Finding, Group};
use crate::conversation::{Message, MessageState};
use crate::store::Batch;
use crate::turn::{Run, RunLog, RunState};

/// What is wrong with a run and the message that it writes. Without a log (it cannot be read) nothing is
/// said about it.
pub(super) fn judge(run: Run, message: Message, log: Option<Vec<RunLog>>) -> Group {
    let mut told = log.as_deref().map(|log| Told::read(run.id, log));
    let after = settled(&run, &message, told.as_ref());
    let mut answer = answered(&message, &after, told.as_ref());
    let mut faults = own_faults(&run, &message);
    if let Some(told) = &told {
        let fault = log_fault(&run, told);
        if let Some(marked) = reconciled(&answer, &after, told) {
            if fault.is_none() && faults.is_empty() {
                faults.push(("answer_differs_from_log", "its log and its message say different things".into()));
            }
            answer = marked;
        }
        faults.extend(fault);
    }
    let findings: Vec<Finding> =
        faults.into_iter().map(|(rule, detail)| Finding::on::<Run>(rule, &run.id, detail)).collect();
    if findings.is_empty() {
        return Group::default();
    }
    let mut after = after;
    if let Some(told) = &mut told {
        told.end_like(&after);
        after.last_seq = told.last_seq();
    }
    let mut mend = Batch::of(Swap { before: run.clone(), after });
    if answer == message {
        mend.push(Same(message));
    } else {
        mend.push(Swap { before: message, after: answer });
    }
    if let Some((before, told)) = log.zip(told).filter(|(before, told)| *before != told.stretches) {
        mend.push(Rewrite { run: run.id, before, after: told.stretches });
    }
    Group { findings, mend: vec![mend] }
}

/// The run as it should be: an end counts wherever it was noted.
fn settled(run: &Run, message: &Message, told: Option<&Told>) -> Run {
    let noted = match message.state {
        MessageState::Open => RunState::Running,
        MessageState::Complete => RunState::Completed,
        MessageState::Stopped => RunState::Stopped,
        MessageState::Failed => RunState::Failed,
        MessageState::Interrupted => RunState::Interrupted,
    };
    let logged = told.and_then(Told::state);
    let state = match run.state {
        RunState::Queued if logged.is_none() && noted == RunState::Running => RunState::Queued,
        RunState::Queued | RunState::Running => logged.unwrap_or(noted),
        // two of three agree
        _ if logged == Some(noted) => noted,
        ended => ended,
    };
    let ended_at = if state.is_active() { None } else { run.ended_at.or(Some(run.heartbeat_at)) };
    let error = match state {
        RunState::Failed => run.error.clone().or_else(|| told.and_then(Told::error)).or_else(|| Some(lost())),
        _ => run.error.clone(),
    };
    let (conversation, owner) = (message.conversation, message.owner);
    Run { conversation, owner, state, ended_at, error, ..run.clone() }
}

/// The message as the run leaves it.
fn answered(message: &Message, run: &Run, told: Option<&Told>) -> Message {
    let state = run.state.message();
    let mut after = Message { state, ..message.clone() };
    if let Some(told) = told.filter(|_| message.state == MessageState::Open && state != MessageState::Open) {
        if after.parts.is_empty() {
            after.parts = run.kept(told.answer.parts());
        }
        after.usage = after.usage.or_else(|| told.answer.usage());
    }
    after
}

fn own_faults(run: &Run, message: &Message) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    if (run.conversation, run.owner) != (message.conversation, message.owner) {
        faults.push(("run_elsewhere", "it has another conversation or owner than its message".to_owned()));
    }
    if message.state != run.state.message() {
        let detail = format!("it is {:?}, its message {:?}", run.state, message.state);
        faults.push(("run_state_differs", detail));
    } else if run.is_active() != run.ended_at.is_none() {
        faults.push(("run_end_differs", format!("it is {:?}, and its end is {:?}", run.state, run.ended_at)));
    }
    faults
}

fn log_fault(run: &Run, told: &Told) -> Option<(&'static str, String)> {
    if told.fault.is_some() {
        return told.fault.clone();
    }
    let last = told.last_seq();
    if last != run.last_seq {
        return Some(("run_last_seq_differs", format!("its log ends at {last}, not at {}", run.last_seq)));
    }
    let name = told.end.as_ref().map_or("nothing", |event| event.name());
    (!told.fits(run)).then(|| ("run_log_end_differs", format!("it is {:?}, but its log ends with {name}", run.state)))
}

/// A message that says something else than the log of its run says so: as one that was revised. An empty one gets the
/// words of the log.
fn reconciled(message: &Message, run: &Run, told: &Told) -> Option<Message> {
    let kept = run.kept(told.answer.parts());
    let differs = !run.is_active() && message.edited_at.is_none() && message.parts != kept;
    differs.then(|| match message.parts.is_empty() {
        true => Message { parts: kept, ..message.clone() },
        false => Message { edited_at: run.ended_at, ..message.clone() },
    })
}
