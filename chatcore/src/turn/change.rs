//! The rules of runs.

use super::event::RunEvent;
use super::run::{Run, RunError, RunLog, RunState};
use super::usage::UsageByModel;
use crate::clock::Timestamp;
use crate::conversation::{Conversation, Message, MessageState, Part};
use crate::id::RunId;
use crate::store::{Change, Conflict, Stop, Tx};
use crate::turn::FinishReason;

/// A run begins on a message that is open for it.
#[derive(Debug, Clone)]
pub struct BeginRun {
    /// The run.
    pub run: Run,
}

impl Change for BeginRun {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let message = tx.require::<Message>(&self.run.message)?;
        if message.state != MessageState::Open || message.run != Some(self.run.id) {
            return Err(Conflict::Rule("a run begins on a message that is open for it").into());
        }
        tx.insert_fresh(self.run.clone())
    }
}

/// A run that has not ended says more, and shows that it lives.
#[derive(Debug, Clone)]
pub struct AppendEvents {
    /// The run.
    pub run: RunId,
    /// The number of the first event: the one behind the last in the log.
    pub first: u64,
    /// The events; with none it is a heartbeat.
    pub events: Vec<RunEvent>,
    /// When the model said its first word, once that is known.
    pub first_token_at: Option<Timestamp>,
    /// When.
    pub at: Timestamp,
}

impl Change for AppendEvents {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let mut run = tx.require::<Run>(&self.run)?;
        run.expect_active()?;
        append(tx, &mut run, self.first, &self.events)?;
        run.first_token_at = run.first_token_at.or(self.first_token_at);
        run.heartbeat_at = run.heartbeat_at.max(self.at);
        tx.update(run)
    }
}

fn append(tx: &mut Tx<'_>, run: &mut Run, first: u64, events: &[RunEvent]) -> Result<(), Stop> {
    let count = u64::try_from(events.len()).unwrap_or(u64::MAX);
    if count == 0 {
        return Ok(());
    }
    if first != run.last_seq + 1 {
        return Err(Conflict::LogGap.into());
    }
    let last = run.last_seq + count;
    // the run is loaded and says where its log ends, so nothing is in the way
    tx.insert_fresh(RunLog { run: run.id, first, last, events: events.to_vec() })?;
    run.last_seq = last;
    Ok(())
}

/// The log of a run that goes on with an earlier answer begins with what that one had said.
#[derive(Debug, Clone)]
pub struct SeedLog {
    /// The run, which has said nothing yet.
    pub run: RunId,
    /// Its first event, then what was said before.
    pub events: Vec<RunEvent>,
}

impl Change for SeedLog {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let mut run = tx.require::<Run>(&self.run)?;
        run.expect_active()?;
        append(tx, &mut run, 1, &self.events)?;
        run.seeded = run.last_seq.saturating_sub(1);
        tx.update(run)
    }
}

/// A queued run need not wait any more. One that is running already stays so.
#[derive(Debug, Clone)]
pub struct StartRun {
    /// The run.
    pub run: RunId,
    /// When.
    pub at: Timestamp,
}

impl Change for StartRun {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let mut run = tx.require::<Run>(&self.run)?;
        run.expect_active()?;
        if run.state == RunState::Queued {
            run.state = RunState::Running;
            run.started_at = self.at;
        }
        run.heartbeat_at = run.heartbeat_at.max(self.at);
        tx.update(run)
    }
}

/// Somebody wants a run to stop. Asking twice, or asking a run that has ended, changes nothing.
#[derive(Debug, Clone)]
pub struct RequestStop {
    /// The run.
    pub run: RunId,
    /// How much of the text they have seen, in Unicode scalar values: what is behind that is not kept.
    pub seen_len: Option<u64>,
    /// When.
    pub at: Timestamp,
}

impl Change for RequestStop {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let run = tx.require::<Run>(&self.run)?;
        if !run.is_active() || run.stop_requested_at.is_some() {
            return Ok(());
        }
        tx.update(Run { stop_requested_at: Some(self.at), seen_len: self.seen_len, ..run })
    }
}

/// A run ends, and its message with it. Only one end comes first: the run must not have ended. One that was asked to stop
/// ends as stopped, whoever ends it: a request that was stored is not overtaken by an end that did not know of it.
#[derive(Debug, Clone)]
pub struct FinishRun {
    /// The run.
    pub run: RunId,
    /// How it ends.
    pub state: RunState,
    /// The number of the first event that is not in the log yet.
    pub first: u64,
    /// The events that are not in the log yet, the last one included.
    pub events: Vec<RunEvent>,
    /// What was said. Of a run that is stopped only what was seen is kept, if whoever stopped it says so.
    pub parts: Vec<Part>,
    /// The model that answered, if it is another than the one that was asked.
    pub model: Option<String>,
    /// What was used, by each of the models that answered.
    pub usage: UsageByModel,
    /// Why the model ended.
    pub finish: Option<FinishReason>,
    /// What went wrong.
    pub error: Option<RunError>,
    /// When the model said its first word.
    pub first_token_at: Option<Timestamp>,
    /// When.
    pub at: Timestamp,
}

impl Change for FinishRun {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let mut run = tx.require::<Run>(&self.run)?;
        run.expect_active()?;
        if run.stop_requested_at.is_some() && self.state != RunState::Stopped {
            return Err(Conflict::StopRequested.into());
        }
        // both may be gone: deleting does not wait for runs
        let conversation = tx.get::<Conversation>(&run.conversation);
        let message = tx.get::<Message>(&run.message);
        let (conversation, message) = (conversation?, message?);
        append(tx, &mut run, self.first, &self.events)?;
        run.state = self.state;
        run.usage = self.usage.total();
        run.finish = self.finish.clone();
        run.error = self.error.clone();
        run.first_token_at = run.first_token_at.or(self.first_token_at);
        run.ended_at = Some(self.at);
        run.heartbeat_at = run.heartbeat_at.max(self.at);
        run.model = self.model.clone().unwrap_or(run.model);
        let (parts, model, usage) = (run.kept(&self.parts), run.model.clone(), run.usage);
        tx.update(run)?;
        if let Some(message) = message.filter(|message| message.run == Some(self.run)) {
            let state = self.state.message();
            tx.update(Message { parts, state, usage, model: Some(model), ..message })?;
        }
        if let Some(mut conversation) = conversation {
            conversation.touch(self.at);
            self.usage.iter().for_each(|(model, usage)| conversation.spend(model, usage));
            tx.update(conversation)?;
        }
        Ok(())
    }
}

/// Stretches of the log of a run that has ended are removed: its message has the text. What is already gone is passed
/// over, so this may be repeated.
#[derive(Debug, Clone)]
pub struct PurgeLog {
    /// The run.
    pub run: RunId,
    /// The numbers of the first events of the stretches.
    pub stretches: Vec<u64>,
}

impl Change for PurgeLog {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let keys = || self.stretches.iter().map(|first| (self.run, *first));
        let asked = tx.prefetch::<RunLog>(keys());
        let run = tx.get::<Run>(&self.run)?;
        asked?;
        if run.is_some_and(|run| run.is_active()) {
            return Err(Conflict::Busy.into());
        }
        for key in keys() {
            if tx.get::<RunLog>(&key)?.is_some() {
                tx.delete::<RunLog>(&key)?;
            }
        }
        Ok(())
    }
}
