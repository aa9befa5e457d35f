//! From events to parts: what a run has said so far.

use super::event::RunEvent;
use super::run::{Run, TurnStore};
use super::usage::{Usage, UsageByModel};
use crate::conversation::{Message, MessageState, Part};
use crate::id::RunId;
use crate::store::StoreError;

/// The result of a call that was not made, or not to its end.
const CANCELLED: &str = "cancelled";

/// A place in what was said.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Mark {
    parts: usize,
    /// Bytes of the text of the last of them.
    bytes: usize,
}

/// The text of a part that may yet grow.
fn growing(part: &Part) -> Option<&str> {
    match part {
        Part::Text { text } | Part::Refusal { text } | Part::Reasoning { text, .. } => Some(text),
        _ => None,
    }
}

/// Collects the events of a run into the parts of a message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    parts: Vec<Part>,
    usage: Option<Usage>,
    model: Option<String>,
    /// How much had been said when the usage was told last.
    told: Mark,
    /// What models used that answered before the present one; those that were asked by name go by `None`.
    before: Vec<(Option<String>, Usage)>,
}

impl Answer {
    /// Takes the next event.
    pub fn push(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Delta { text } => match self.parts.last_mut() {
                Some(Part::Text { text: said }) => said.push_str(text),
                _ => self.parts.push(Part::text(text)),
            },
            RunEvent::Reasoning { text, signature } => match self.parts.last_mut() {
                Some(Part::Reasoning { text: thought, signature: proof }) if proof.is_none() => {
                    thought.push_str(text);
                    proof.clone_from(signature);
                }
                _ => self.parts.push(Part::Reasoning { text: text.clone(), signature: signature.clone() }),
            },
            RunEvent::Refusal { text } => match self.parts.last_mut() {
                Some(Part::Refusal { text: said }) => said.push_str(text),
                _ => self.parts.push(Part::Refusal { text: text.clone() }),
            },
            RunEvent::ToolCall { id, name, arguments } => {
                self.parts.push(Part::ToolCall { id: id.clone(), name: name.clone(), arguments: arguments.clone() });
            }
            RunEvent::ToolResult { call_id, content, is_error } => {
                let (call_id, content, is_error) = (call_id.clone(), content.clone(), *is_error);
                self.parts.push(Part::ToolResult { call_id, content, is_error });
            }
            RunEvent::Provider { provider, raw } => {
                self.parts.push(Part::Provider { provider: provider.clone(), raw: raw.clone() });
            }
            RunEvent::Model { model } => {
                if self.usage.is_some() {
                    self.before.push((self.model.clone(), self.of_present()));
                }
                self.model = Some(model.clone());
            }
            RunEvent::Usage { usage } => {
                self.usage = Some(*usage);
                self.reported();
            }
            RunEvent::Started
            | RunEvent::Completed
            | RunEvent::Stopped
            | RunEvent::Failed { .. }
            | RunEvent::Interrupted => {}
        }
    }

    /// What has been said.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What has been said by now is in a report of what was used.
    pub(super) fn reported(&mut self) {
        let bytes = self.parts.last().and_then(growing).map_or(0, str::len);
        self.told = Mark { parts: self.parts.len(), bytes };
    }

    /// What was said since the usage was told last.
    pub(super) fn untold(&self) -> Vec<Part> {
        let Mark { parts, bytes } = self.told;
        let last = parts.checked_sub(1).and_then(|last| self.parts.get(last));
        let rest = last.and_then(growing).and_then(|text| text.get(bytes..)).filter(|rest| !rest.is_empty());
        rest.map(Part::text).into_iter().chain(self.parts.iter().skip(parts).cloned()).collect()
    }

    /// An id for a call: the provider's, or another if the answer has had a call of that id. Some providers give none, and
    /// their clients begin to count anew with each round.
    pub(super) fn fresh_call(&self, id: String) -> String {
        let taken =
            |id: &str| self.parts.iter().any(|part| matches!(part, Part::ToolCall { id: known, .. } if known == id));
        if !id.is_empty() && !taken(&id) {
            return id;
        }
        let base = if id.is_empty() { "call" } else { &id };
        (1_u64..).map(|n| format!("{base}_{n}")).find(|id| !taken(id)).unwrap_or_default()
    }

    /// Results for calls that have none: whoever reads the conversation next, a model above all, finds no call without
    /// its result.
    pub(super) fn cancelled(&self) -> Vec<RunEvent> {
        let result =
            |id: &str| RunEvent::ToolResult { call_id: id.to_owned(), content: CANCELLED.to_owned(), is_error: true };
        open_calls(&self.parts).map(result).collect()
    }

    /// The model that answered, if it is another than the one that was asked.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// What the present model used: the events tell totals of the run.
    fn of_present(&self) -> Usage {
        let before = self.before.iter().map(|(_, usage)| *usage).reduce(Usage::plus);
        self.usage.unwrap_or_default().since(before.unwrap_or_default())
    }

    /// What each model used, as far as they said so, in a run that asked `first`.
    pub(super) fn usage_by_model(&self, first: &str) -> UsageByModel {
        let mut all = UsageByModel::default();
        if self.usage.is_some() {
            let present = (self.model.clone(), self.of_present());
            let each = self.before.iter().chain([&present]);
            each.for_each(|(model, usage)| all.add(model.as_deref().unwrap_or(first), *usage));
        }
        all
    }

    /// What has been used, if the model said so.
    #[must_use]
    pub const fn usage(&self) -> Option<Usage> {
        self.usage
    }
}

/// The calls that have no result yet.
pub(super) fn open_calls(parts: &[Part]) -> impl Iterator<Item = &str> {
    let answered =
        |id: &str| parts.iter().any(|part| matches!(part, Part::ToolResult { call_id, .. } if call_id == id));
    parts.iter().filter_map(move |part| match part {
        Part::ToolCall { id, .. } if !answered(id) => Some(id.as_str()),
        _ => None,
    })
}

/// Stretches of a log that are read at once.
pub(super) const LOG_PAGE: usize = 100;

/// What a run has stored.
pub(super) async fn stored(store: &(impl TurnStore + ?Sized), run: RunId) -> Result<(Answer, u64), StoreError> {
    let (mut answer, mut seq) = (Answer::default(), 0);
    loop {
        let logs = store.run_log(run, seq, LOG_PAGE).await?;
        let Some(last) = logs.last() else { return Ok((answer, seq)) };
        seq = last.last;
        logs.iter().flat_map(|log| &log.events).for_each(|event| answer.push(event));
    }
}

/// What a run repeats of the answer that it goes on with.
pub(super) async fn seed(store: &(impl TurnStore + ?Sized), run: &Run) -> Result<Answer, StoreError> {
    let mut answer = Answer::default();
    if run.seeded > 0 {
        // it was stored in one piece, before anything else
        let first = store.run_log(run.id, 0, 1).await?;
        let count = usize::try_from(run.seeded).unwrap_or(usize::MAX).saturating_add(1);
        first.iter().flat_map(|log| &log.events).take(count).for_each(|event| answer.push(event));
    }
    Ok(answer)
}

/// The parts of a message; those of an open one come from its run's log.
pub(crate) async fn materialise(store: &(impl TurnStore + ?Sized), message: &Message) -> Result<Vec<Part>, StoreError> {
    match message.run {
        Some(run) if message.state == MessageState::Open => Ok(stored(store, run).await?.0.parts),
        _ => Ok(message.parts.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_a_kind_become_one_part() {
        let mut answer = Answer::default();
        let thought = |text: &str, signature: Option<&str>| RunEvent::Reasoning {
            text: text.into(),
            signature: signature.map(str::to_owned),
        };
        let delta = |text: &str| RunEvent::Delta { text: text.into() };
        let call = RunEvent::ToolCall { id: "1".into(), name: "look".into(), arguments: "{}".into() };
        let events = [
            RunEvent::Started,
            thought("hm", None),
            thought(" yes", Some("proof")),
            thought("more", None),
            delta("It "),
            delta("is"),
            call,
            delta("done"),
            RunEvent::Refusal { text: "no".into() },
            RunEvent::Refusal { text: " thanks".into() },
            RunEvent::Usage { usage: Usage { input: 3, ..Usage::default() } },
            RunEvent::Completed,
        ];
        events.iter().for_each(|event| answer.push(event));
        let signature = Some("proof".to_owned());
        assert_eq!(
            answer.parts(),
            [
                Part::Reasoning { text: "hm yes".into(), signature },
                Part::Reasoning { text: "more".into(), signature: None },
                Part::text("It is"),
                Part::ToolCall { id: "1".into(), name: "look".into(), arguments: "{}".into() },
                Part::text("done"),
                Part::Refusal { text: "no thanks".into() },
            ]
        );
        assert_eq!(answer.usage().map(|usage| usage.input), Some(3));
    }
}
