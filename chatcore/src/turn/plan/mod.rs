//! The context plan: what of the branch the model is shown, what of it only in part, and why the rest is not.
//!
//! Whatever the branch holds, the plan keeps these promises, and a property test holds it to them:
//! * the prompt is within the budget ([`MIN_BUDGET`] or more);
//! * the system prompt, the newest user message and the message to be answered are in it, cut if they must be;
//! * a tool's call and its result are both in it or both not;
//! * behind a gap nothing older is shown.
//!
//! What goes with every request, the schemas of the tools above all, is counted first: the rest shares what is left. A
//! request that grew since it was planned (a round of tools, a hook) is made to fit by the same rules.

mod cut;
mod fit;
mod pairs;
mod request;
mod tokens;

use serde::Serialize;

pub use tokens::{Estimate, estimate, estimate_text};
pub(super) use tokens::{PER_MESSAGE, part_size};

pub(super) use cut::cut;
pub(super) use request::{Fixed, fit, room};

use super::model::{ModelMessage, TokenCounter};
use crate::conversation::{Message, MessageState, Part, Role};
use crate::id::MessageId;
use tokens::size;

/// The smallest budget, in tokens: less is taken for this.
pub const MIN_BUDGET: u64 = 64;

/// What a model is shown, message by message, root first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContextPlan {
    /// The decisions.
    pub items: Vec<PlanItem>,
    /// Tokens that the prompt may have.
    pub budget: u64,
    /// Tokens that it has, the fixed ones included.
    pub tokens: u64,
    /// Tokens that go with every request: the schemas of the tools, and of the form of the answer.
    pub fixed: u64,
    /// Who counted: the name of a tokenizer, or `estimate`.
    pub counted_by: String,
}

/// The decision about one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PlanItem {
    /// The message; `None` for the system prompt.
    pub message: Option<MessageId>,
    /// What is done with it.
    pub decision: Decision,
    /// Why.
    pub reason: Reason,
    /// Its size in tokens, as it is shown; for one that is not shown, as it is.
    pub tokens: u64,
}

/// What is done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decision {
    /// The model sees it.
    Keep,
    /// The model sees a part of it.
    Truncate,
    /// The model does not see it.
    Drop,
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The system prompt is always shown.
    SystemPrompt,
    /// The newest message is what is to be answered.
    Newest,
    /// The answer so far, which the model is to go on with.
    Continued,
    /// The newest user message, or what belongs to the newest message.
    Turn,
    /// There is room.
    Fits,
    /// There is no room for it, or for something newer.
    NoRoom,
    /// It says nothing.
    Empty,
    /// Calls without their results, or results without their calls, are left out.
    Unpaired,
}

/// A plan, and the prompt that it describes.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// The decisions.
    pub plan: ContextPlan,
    /// What the model is shown.
    pub messages: Vec<ModelMessage>,
}

impl Context {
    /// The plan of a prompt beside which so many tokens go with every request.
    pub(super) fn beside(mut self, fixed: u64) -> Self {
        let ContextPlan { budget, tokens, .. } = &mut self.plan;
        (*budget, *tokens) = (budget.saturating_add(fixed), tokens.saturating_add(fixed));
        self.plan.fixed = fixed;
        self
    }
}

/// A message before it is decided about.
#[derive(Clone, Copy)]
struct Line<'a> {
    id: Option<MessageId>,
    role: Role,
    state: MessageState,
    parts: &'a [Part],
}

impl<'a> From<&'a Message> for Line<'a> {
    fn from(message: &'a Message) -> Self {
        Self { id: Some(message.id), role: message.role, state: message.state, parts: &message.parts }
    }
}

/// A message on its way into the prompt.
struct Entry {
    id: Option<MessageId>,
    role: Role,
    parts: Vec<Part>,
    /// Of `parts`.
    tokens: u64,
    decision: Decision,
    reason: Reason,
}

/// Plans a prompt. `path` is the branch, root first, or as much of its end as was read; its last message is the one to be
/// answered, or the answer that the model is to go on with.
#[must_use]
pub fn plan(system_prompt: Option<&str>, path: &[Message], budget: u64, counter: &dyn TokenCounter) -> Context {
    let system: Vec<Part> = system_prompt.map(Part::text).into_iter().collect();
    let state = MessageState::Complete;
    let system: Vec<Line<'_>> =
        system.chunks(1).map(|parts| Line { id: None, role: Role::System, state, parts }).collect();
    let path: Vec<Line<'_>> = path.iter().map(Line::from).collect();
    decide(&system, &path, budget, counter)
}

/// The rules. What `system` says is always shown.
fn decide(system: &[Line<'_>], path: &[Line<'_>], budget: u64, counter: &dyn TokenCounter) -> Context {
    let budget = budget.max(MIN_BUDGET);
    let mut entries = entries(system, path, counter);
    let path_at = system.len();
    let units = pairs::units(path);
    let must = |at: usize| units.get(at).cloned().unwrap_or(at..at + 1);
    let newest = path.len().checked_sub(1);
    let user = path.iter().rposition(|message| message.role == Role::User);
    let turn: Vec<usize> = user.into_iter().chain(newest).flat_map(must).collect();
    for at in turn.iter().copied() {
        let is_newest = Some(at) == newest;
        let entry = &mut entries[path_at + at];
        let reason = match entry.role {
            Role::Assistant if is_newest => Reason::Continued,
            _ if is_newest => Reason::Newest,
            _ => Reason::Turn,
        };
        if entry.reason != Reason::Unpaired && (is_newest || entry.reason != Reason::Empty) {
            (entry.decision, entry.reason) = (Decision::Keep, reason);
        }
    }
    fit::always(&mut entries, budget, counter);
    let mut tokens = shown(&entries);
    let mut end = path.len();
    let mut room = true;
    while end > 0 {
        let unit = must(end - 1);
        end = unit.start;
        if turn.contains(&end) {
            continue;
        }
        let unit = &mut entries[path_at + unit.start..path_at + unit.end];
        let open = |entry: &&mut Entry| entry.decision == Decision::Drop && entry.reason == Reason::NoRoom;
        let more: u64 = unit.iter_mut().filter(open).map(|entry| entry.tokens).fold(0, u64::saturating_add);
        room = room && tokens.saturating_add(more) <= budget;
        if room {
            tokens += more;
            for entry in unit.iter_mut().filter(open) {
                (entry.decision, entry.reason) = (Decision::Keep, Reason::Fits);
            }
        }
    }
    finish(entries, path, path_at, budget, counter)
}

/// What there is: nothing has room yet.
fn entries(system: &[Line<'_>], path: &[Line<'_>], counter: &dyn TokenCounter) -> Vec<Entry> {
    let lost = pairs::lost(path);
    let system = system.iter().map(|line| Entry {
        id: None,
        role: line.role,
        parts: line.parts.to_vec(),
        tokens: 0,
        decision: Decision::Keep,
        reason: Reason::SystemPrompt,
    });
    let of_path = path.iter().zip(lost).map(|(message, lost)| {
        let whole = message.parts.iter().zip(lost).filter(|(_, lost)| !lost);
        let parts: Vec<Part> = whole.map(|(part, _)| part.clone()).collect();
        let reason = match (silent(message.state, message.parts), silent(message.state, &parts)) {
            (true, _) => Reason::Empty,
            (false, true) => Reason::Unpaired,
            (false, false) => Reason::NoRoom,
        };
        Entry { id: message.id, role: message.role, parts, tokens: 0, decision: Decision::Drop, reason }
    });
    let mut entries: Vec<Entry> = system.chain(of_path).collect();
    entries.iter_mut().for_each(|entry| entry.tokens = size(entry.role, &entry.parts, counter));
    entries
}

/// Whether a message would show the model nothing: an answer that failed before its first word, say.
fn silent(state: MessageState, parts: &[Part]) -> bool {
    state == MessageState::Open
        || parts.iter().all(|part| match part {
            Part::Text { text } | Part::Refusal { text } => text.trim().is_empty(),
            Part::Reasoning { .. } => true,
            _ => false,
        })
}

fn shown(entries: &[Entry]) -> u64 {
    let shown = entries.iter().filter(|entry| entry.decision != Decision::Drop);
    shown.map(|entry| entry.tokens).fold(0, u64::saturating_add)
}

fn finish(entries: Vec<Entry>, path: &[Line<'_>], path_at: usize, budget: u64, counter: &dyn TokenCounter) -> Context {
    let tokens = shown(&entries);
    let whole = |at: usize| at.checked_sub(path_at).map(|at| path[at].parts.len());
    let (mut items, mut messages) = (Vec::with_capacity(entries.len()), Vec::new());
    for (at, entry) in entries.into_iter().enumerate() {
        let Entry { id: message, role, parts, tokens, mut decision, mut reason } = entry;
        if decision == Decision::Keep && whole(at).is_some_and(|count| count > parts.len()) {
            (decision, reason) = (Decision::Truncate, Reason::Unpaired);
        }
        if decision != Decision::Drop {
            messages.extend(speeches(role, &parts));
        }
        items.push(PlanItem { message, decision, reason, tokens });
    }
    let counted_by = counter.name().to_owned();
    Context { plan: ContextPlan { items, budget, tokens, fixed: 0, counted_by }, messages }
}

/// A message as models take it: what a model said and what its tools answered in between are one message here, and take
/// turns there.
pub(super) fn speeches(role: Role, parts: &[Part]) -> Vec<ModelMessage> {
    let speaker = |part: &Part| match part {
        Part::ToolResult { .. } => Role::Tool,
        _ if role == Role::Tool => Role::Tool,
        _ => role,
    };
    let turns = parts.chunk_by(|one, next| speaker(one) == speaker(next));
    let speech = |parts: &[Part]| ModelMessage { role: speaker(&parts[0]), parts: parts.to_vec() };
    turns.map(speech).collect()
}

#[cfg(test)]
mod tests;
