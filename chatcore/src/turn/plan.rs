//! The context plan: what of the branch the model is shown, and why the rest is not.

use serde::Serialize;

use super::model::ModelMessage;
use crate::conversation::{Message, MessageState, Part, Role};
use crate::id::MessageId;

/// What a model is shown, message by message, root first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContextPlan {
    /// The decisions.
    pub items: Vec<PlanItem>,
    /// Tokens that the prompt may have.
    pub budget: u64,
    /// Tokens of what is kept.
    pub tokens: u64,
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
    /// Its size in tokens.
    pub tokens: u64,
}

/// What is done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decision {
    /// The model sees it.
    Keep,
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
    /// There is room.
    Fits,
    /// There is no room for it, or for something newer.
    NoRoom,
    /// It says nothing.
    Empty,
    /// A tool's result without the call, or a call without all its results.
    Unpaired,
}

/// A message with what the plan needs to know of it.
struct Candidate<'a> {
    message: &'a Message,
    tokens: u64,
}

/// Plans the prompt: the system prompt and the newest message always, then older ones as long as they fit. A tool's call
/// and its results stay together. `path` is the branch, root first, or as much of its end as was read.
#[must_use]
pub fn plan(system_prompt: Option<&str>, path: &[Message], budget: u64) -> ContextPlan {
    plan_continuing(system_prompt, path, budget, false)
}

/// The same for a path whose last message is an answer that the model is to go on with, if `goes_on`: that and the message
/// before it are always kept.
pub(super) fn plan_continuing(
    system_prompt: Option<&str>,
    path: &[Message],
    budget: u64,
    goes_on: bool,
) -> ContextPlan {
    let newest = usize::from(goes_on);
    let mut tokens = system_prompt.map_or(0, |prompt| estimate_text(prompt) + PER_MESSAGE);
    let system = system_prompt.map(|_| PlanItem {
        message: None,
        decision: Decision::Keep,
        reason: Reason::SystemPrompt,
        tokens,
    });
    let mut items = Vec::with_capacity(path.len() + 1);
    let mut room = true;
    for (age, message) in path.iter().rev().enumerate() {
        let candidate = Candidate { message, tokens: estimate(&message.parts) };
        let reason = match (age, silent(message)) {
            (age, _) if age < newest => Reason::Continued,
            (age, _) if age == newest => Reason::Newest,
            (_, true) => Reason::Empty,
            (_, false) => {
                room = room && tokens.saturating_add(candidate.tokens) <= budget;
                if room { Reason::Fits } else { Reason::NoRoom }
            }
        };
        let decision = match reason {
            Reason::Newest | Reason::Continued | Reason::Fits => Decision::Keep,
            _ => Decision::Drop,
        };
        if decision == Decision::Keep {
            tokens = tokens.saturating_add(candidate.tokens);
        }
        let item = PlanItem { message: Some(candidate.message.id), decision, reason, tokens: candidate.tokens };
        items.push(item);
    }
    items.reverse();
    unpair(path, &mut items);
    items.splice(0..0, system);
    let kept = items.iter().filter(|item| item.decision == Decision::Keep);
    let tokens = kept.map(|item| item.tokens).fold(0, u64::saturating_add);
    ContextPlan { items, budget, tokens }
}

/// Whether a message would show the model nothing: an answer that failed before its first word, say.
fn silent(message: &Message) -> bool {
    message.state == MessageState::Open
        || message.parts.iter().all(|part| match part {
            Part::Text { text } | Part::Refusal { text } => text.trim().is_empty(),
            Part::Reasoning { .. } => true,
            _ => false,
        })
}

/// Drops calls and results that have lost each other. `items` and `path` run side by side.
fn unpair(path: &[Message], items: &mut [PlanItem]) {
    loop {
        let kept: Vec<&Message> = path
            .iter()
            .zip(items.iter())
            .filter(|(_, item)| item.decision == Decision::Keep)
            .map(|(message, _)| message)
            .collect();
        let calls: Vec<&str> = ids(&kept, |part| match part {
            Part::ToolCall { id, .. } => Some(id),
            _ => None,
        });
        let results: Vec<&str> = ids(&kept, |part| match part {
            Part::ToolResult { call_id, .. } => Some(call_id),
            _ => None,
        });
        let lost = |message: &Message| {
            message.parts.iter().any(|part| match part {
                Part::ToolCall { id, .. } => !results.contains(&id.as_str()),
                Part::ToolResult { call_id, .. } => !calls.contains(&call_id.as_str()),
                _ => false,
            })
        };
        let newest = path.len().saturating_sub(1);
        let unpaired = path
            .iter()
            .zip(items.iter_mut())
            .enumerate()
            .find(|(at, (message, item))| *at != newest && item.decision == Decision::Keep && lost(message));
        // dropping one half may leave another half behind, so look again until all are whole
        let Some((_, (_, item))) = unpaired else { return };
        (item.decision, item.reason) = (Decision::Drop, Reason::Unpaired);
    }
}

fn ids<'a>(messages: &[&'a Message], id: impl Fn(&'a Part) -> Option<&'a String>) -> Vec<&'a str> {
    messages.iter().flat_map(|message| &message.parts).filter_map(id).map(String::as_str).collect()
}

/// The prompt that a plan describes.
#[must_use]
pub fn render(plan: &ContextPlan, system_prompt: Option<&str>, path: &[Message]) -> Vec<ModelMessage> {
    let system = system_prompt.map(|prompt| ModelMessage::text(Role::System, prompt));
    // the plan's items and the path run side by side
    let items = plan.items.iter().filter(|item| item.message.is_some());
    let kept = items.zip(path).filter(|(item, _)| item.decision == Decision::Keep).map(|(_, message)| message);
    system
        .into_iter()
        .chain(kept.map(|message| ModelMessage { role: message.role, parts: message.parts.clone() }))
        .collect()
}

/// What a message costs beside its text.
const PER_MESSAGE: u64 = 4;

/// A rule of thumb for the tokens of a message: four ASCII characters a token, one of any other script.
#[must_use]
pub fn estimate(parts: &[Part]) -> u64 {
    let of = |part: &Part| match part {
        Part::Text { text } | Part::Refusal { text } | Part::Reasoning { text, .. } => estimate_text(text),
        Part::ToolCall { name, arguments, .. } => estimate_text(name) + estimate_text(arguments),
        Part::ToolResult { content, .. } => estimate_text(content),
        Part::Image { .. } | Part::File { .. } => 1_000,
        Part::Provider { raw, .. } => estimate_text(&raw.to_string()),
    };
    parts.iter().map(of).fold(PER_MESSAGE, u64::saturating_add)
}

/// The same rule for a text alone.
#[must_use]
pub fn estimate_text(text: &str) -> u64 {
    let (ascii, other) =
        text.chars().fold(
            (0_u64, 0_u64),
            |(ascii, other), letter| {
                if letter.is_ascii() { (ascii + 1, other) } else { (ascii, other + 1) }
            },
        );
    ascii.div_ceil(4) + other
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Timestamp;
    use crate::conversation::Place;
    use crate::id::{ConversationId, RandomIds, UserId};
    use crate::subject::Subject;

    fn message(role: Role, parts: Vec<Part>) -> Message {
        let at = Timestamp::from_micros(1);
        Message {
            id: MessageId::mint(at, &RandomIds),
            conversation: ConversationId::mint(at, &RandomIds),
            owner: Subject::User(UserId::mint(at, &RandomIds)),
            parent: None,
            place: Place::ROOT,
            seq: 1,
            number: 1,
            role,
            parts,
            state: MessageState::Complete,
            model: None,
            usage: None,
            run: None,
            client_ref: None,
            created_at: at,
            edited_at: None,
        }
    }

    fn said(text: &str) -> Message {
        message(Role::User, vec![Part::text(text)])
    }

    fn call(id: &str) -> Message {
        let call = Part::ToolCall { id: id.into(), name: "look".into(), arguments: "{}".into() };
        message(Role::Assistant, vec![call])
    }

    fn result(id: &str) -> Message {
        let result = Part::ToolResult { call_id: id.into(), content: "x".repeat(40), is_error: false };
        message(Role::Tool, vec![result])
    }

    fn reasons(plan: &ContextPlan) -> Vec<Reason> {
        plan.items.iter().map(|item| item.reason).collect()
    }

    #[test]
    fn what_is_old_goes_first_and_the_newest_stays_however_long() {
        let path = [said(&"a".repeat(400)), said(&"b".repeat(40)), said(&"c".repeat(4000))];
        let tight = plan(Some("be kind"), &path, 50);
        assert_eq!(reasons(&tight), [Reason::SystemPrompt, Reason::NoRoom, Reason::NoRoom, Reason::Newest]);
        let roomy = plan(None, &path, 10_000);
        assert_eq!(reasons(&roomy), [Reason::Fits, Reason::Fits, Reason::Newest]);
        assert_eq!(roomy.tokens, 104 + 14 + 1004);
        let prompt = render(&tight, Some("be kind"), &path);
        assert_eq!(prompt.iter().map(|message| message.role).collect::<Vec<_>>(), [Role::System, Role::User]);
    }

    #[test]
    fn nothing_older_is_shown_behind_a_gap() {
        let path = [said("small"), said(&"long".repeat(100)), said("now")];
        assert_eq!(reasons(&plan(None, &path, 60)), [Reason::NoRoom, Reason::NoRoom, Reason::Newest]);
    }

    #[test]
    fn silent_messages_are_left_out() {
        let mut failed = message(Role::Assistant, vec![]);
        failed.state = MessageState::Failed;
        let path = [said("one"), failed, said("two")];
        assert_eq!(reasons(&plan(None, &path, 1000)), [Reason::Fits, Reason::Empty, Reason::Newest]);
    }

    #[test]
    fn a_call_and_its_result_stay_together() {
        let path = [said("look"), call("1"), result("1"), said("thanks")];
        assert_eq!(plan(None, &path, 1000).items.iter().filter(|item| item.decision == Decision::Keep).count(), 4);
        // room for the result, not for the call
        let room = estimate(&path[3].parts) + estimate(&path[2].parts);
        assert_eq!(
            reasons(&plan(None, &path, room)),
            [Reason::NoRoom, Reason::NoRoom, Reason::Unpaired, Reason::Newest]
        );
        let orphan = [said("look"), call("1"), said("never mind")];
        assert_eq!(reasons(&plan(None, &orphan, 1000)), [Reason::Fits, Reason::Unpaired, Reason::Newest]);
    }

    fn any_message() -> impl Strategy<Value = Message> {
        prop_oneof![
            "[a-zä ]{0,200}".prop_map(|text| said(&text)),
            (0..3_u8).prop_map(|id| call(&id.to_string())),
            (0..3_u8).prop_map(|id| result(&id.to_string())),
        ]
    }

    proptest! {
        #[test]
        fn plans_keep_their_promises(
            path in proptest::collection::vec(any_message(), 1..30),
            budget in 0..500_u64,
            system in proptest::option::of("[a-z ]{0,100}"),
        ) {
            let plan = plan(system.as_deref(), &path, budget);
            prop_assert_eq!(plan.items.len(), path.len() + usize::from(system.is_some()));
            let newest = plan.items.last().unwrap();
            prop_assert_eq!((newest.message, newest.decision), (path.last().map(|last| last.id), Decision::Keep));
            // only what is always kept may go over the budget
            let always = newest.tokens + system.as_ref().map_or(0, |_| plan.items[0].tokens);
            prop_assert!(plan.tokens <= budget.max(always));
            let kept: Vec<_> = plan.items.iter().filter(|item| item.decision == Decision::Keep).collect();
            prop_assert_eq!(render(&plan, system.as_deref(), &path).len(), kept.len());
            for item in &kept[..kept.len() - 1] {
                let Some(message) = path.iter().find(|message| Some(message.id) == item.message) else { continue };
                let partner = |wanted: &Part| kept.iter().any(|other| {
                    path.iter().filter(|message| Some(message.id) == other.message).flat_map(|m| &m.parts).any(|part| {
                        match (wanted, part) {
                            (Part::ToolCall { id, .. }, Part::ToolResult { call_id, .. })
                            | (Part::ToolResult { call_id, .. }, Part::ToolCall { id, .. }) => id == call_id,
                            _ => false,
                        }
                    })
                });
                for part in &message.parts {
                    let paired = matches!(part, Part::ToolCall { .. } | Part::ToolResult { .. });
                    prop_assert!(!paired || partner(part));
                }
            }
        }
    }
}
