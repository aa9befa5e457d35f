//! The log of a run: what it says, and what it should look like.

use crate::id::RunId;
use crate::turn::{Answer, Run, RunError, RunEvent, RunLog, RunState};

/// A log as it was read.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The stretches as they should be: numbered from 1 without gaps, nothing behind the last event.
    pub(super) stretches: Vec<RunLog>,
    /// The last event, if the log has ended.
    pub(super) end: Option<RunEvent>,
    /// What it says.
    pub(super) answer: Answer,
    /// What is wrong with it first.
    pub(super) fault: Option<(&'static str, String)>,
}

impl Told {
    pub(super) fn read(run: RunId, logs: &[RunLog]) -> Self {
        let mut told = Self::default();
        for log in logs {
            let seq = told.last_seq();
            let count = u64::try_from(log.events.len()).unwrap_or(u64::MAX);
            if told.end.is_some() {
                told.blame("run_log_goes_on", || format!("events follow the last one, {seq}"));
                continue;
            }
            if count == 0 || log.first != seq + 1 || log.first.checked_add(count - 1) != Some(log.last) {
                let said = format!("behind {seq} comes a stretch {} to {} of {count} events", log.first, log.last);
                told.blame("run_log_gap", || said);
            }
            let kept = log.events.iter().position(RunEvent::is_last).map_or(log.events.len(), |last| last + 1);
            if kept < log.events.len() {
                told.blame("run_log_goes_on", || {
                    format!("events follow the last one, in the stretch at {}", log.first)
                });
            }
            told.push(run, log.events.iter().take(kept).cloned().collect());
        }
        told
    }

    fn blame(&mut self, rule: &'static str, detail: impl FnOnce() -> String) {
        self.fault.get_or_insert_with(|| (rule, detail()));
    }

    /// The number of the last event.
    pub(super) fn last_seq(&self) -> u64 {
        self.stretches.last().map_or(0, |log| log.last)
    }

    fn push(&mut self, run: RunId, events: Vec<RunEvent>) {
        let before = self.last_seq();
        let last = before.saturating_add(u64::try_from(events.len()).unwrap_or(u64::MAX));
        if events.is_empty() {
            return;
        }
        events.iter().for_each(|event| self.answer.push(event));
        self.end = events.last().filter(|event| event.is_last()).cloned();
        self.stretches.push(RunLog { run, first: before + 1, last, events });
    }

    /// Whether a run that ended so, or did not end, has such a log.
    pub(super) fn fits(&self, run: &Run) -> bool {
        match (run.state, &self.end) {
            (RunState::Queued | RunState::Running, None)
            | (RunState::Completed, Some(RunEvent::Completed))
            | (RunState::Stopped, Some(RunEvent::Stopped))
            | (RunState::Interrupted, Some(RunEvent::Interrupted)) => true,
            (RunState::Failed, Some(RunEvent::Failed { code, .. })) => {
                run.error.as_ref().is_some_and(|error| error.code == *code)
            }
            _ => false,
        }
    }

    /// How a run that has this log ended, if its log says so.
    pub(super) fn state(&self) -> Option<RunState> {
        match self.end.as_ref()? {
            RunEvent::Completed => Some(RunState::Completed),
            RunEvent::Stopped => Some(RunState::Stopped),
            RunEvent::Failed { .. } => Some(RunState::Failed),
            _ => Some(RunState::Interrupted),
        }
    }

    /// The error that the log ends with.
    pub(super) fn error(&self) -> Option<RunError> {
        match self.end.as_ref()? {
            RunEvent::Failed { code, message } => Some(RunError { code: code.clone(), message: message.clone() }),
            _ => None,
        }
    }

    /// Makes the log end as the run does.
    pub(super) fn end_like(&mut self, run: &Run) {
        if self.fits(run) {
            return;
        }
        if self.end.take().is_some() {
            self.drop_last();
        }
        let end = match run.state {
            RunState::Queued | RunState::Running => return,
            RunState::Completed => RunEvent::Completed,
            RunState::Stopped => RunEvent::Stopped,
            RunState::Interrupted => RunEvent::Interrupted,
            RunState::Failed => {
                let RunError { code, message } = run.error.clone().unwrap_or_else(lost);
                RunEvent::Failed { code, message }
            }
        };
        self.push(run.id, vec![end]);
    }

    fn drop_last(&mut self) {
        let Some(log) = self.stretches.last_mut() else { return };
        log.events.pop();
        log.last = log.last.saturating_sub(1);
        if log.events.is_empty() {
            self.stretches.pop();
        }
    }
}

/// The error of a run of which only that it failed is known.
pub(super) fn lost() -> RunError {
    RunError { code: "lost".into(), message: "how it failed is not known any more".into() }
}
