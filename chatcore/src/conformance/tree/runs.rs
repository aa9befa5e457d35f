//! Runs, their logs and their messages agree.

use std::collections::BTreeMap;

use super::{Part, Report};
use crate::conversation::MessageState;
use crate::turn::{Answer, Run, RunEvent, RunState};

impl Part<'_> {
    pub(super) fn check_runs(&self, report: &mut Report) {
        for run in &self.runs {
            self.check_run(run, report);
        }
        for message in self.messages.values().filter(|message| message.state == MessageState::Open) {
            let run = self.runs.iter().find(|run| Some(run.id) == message.run);
            let running = run.is_some_and(|run| run.is_running());
            report.unless(running || self.waiting(), || format!("{} is open, and no run writes it", message.id));
        }
    }

    fn check_run(&self, run: &Run, report: &mut Report) {
        let id = run.id;
        report.unless(run.owner == self.of.owner, || format!("{id} has another owner"));
        let Some(message) = self.messages.get(&run.message) else { return };
        report.unless(message.run == Some(id), || format!("{id} writes a message of another run"));
        report.unless(message.state == run.state.message(), || {
            format!("{id} is {:?}, its message {:?}", run.state, message.state)
        });
        report.unless(run.is_running() == run.ended_at.is_none(), || format!("{id} is {:?} and has an end", run.state));
        let mut logs: BTreeMap<u64, _> = BTreeMap::new();
        for log in self.logs.iter().filter(|log| log.run == id) {
            logs.insert(log.first, log);
        }
        if self.waiting() {
            return;
        }
        let (mut seq, mut answer, mut ends) = (0, Answer::default(), None);
        for log in logs.values() {
            report.unless(log.first == seq + 1, || format!("the log of {id} has a gap behind {seq}"));
            seq = log.last;
            let count = log.events.len() as u64;
            report.unless(log.first + count == log.last + 1, || format!("{id}: a stretch says another length"));
            for event in &log.events {
                report.unless(ends.is_none(), || format!("{id}: something follows the last event"));
                answer.push(event);
                ends = event.is_last().then_some(event);
            }
        }
        report.unless(seq == run.last_seq, || format!("the log of {id} ends at {seq}, not at {}", run.last_seq));
        let fits = match (run.state, ends) {
            (RunState::Running, None)
            | (RunState::Completed, Some(RunEvent::Completed))
            | (RunState::Stopped, Some(RunEvent::Stopped))
            | (RunState::Interrupted, Some(RunEvent::Interrupted)) => true,
            (RunState::Failed, Some(RunEvent::Failed { code, .. })) => {
                run.error.as_ref().is_some_and(|error| error.code == *code)
            }
            _ => false,
        };
        report.unless(fits, || format!("{id} is {:?}, but its log ends with {ends:?}", run.state));
        // a message that was revised says something else on purpose
        let same = run.is_running() || message.edited_at.is_some() || message.parts == answer.parts();
        report.unless(same, || format!("{id}: the log and the message say different things"));
    }
}
