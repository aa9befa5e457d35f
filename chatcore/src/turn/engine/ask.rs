//! What is asked of the engine, and what it answers.

use std::sync::Arc;

use super::Driver;
use super::begin::Target;
use crate::billing::ledger::PriceTable;
use crate::conversation::{MessageView, NewMessage, Parent, Part, Role};
use crate::error::Error;
use crate::id::MessageId;
use crate::once::{Fingerprint, Once};
use crate::turn::plan::ContextPlan;
use crate::turn::{ModelOptions, Run, ToolSpec};

/// What a user says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Say {
    /// The message.
    pub parts: Vec<Part>,
    /// Below which message; the head when it is not said. An edit stays where the old version is.
    pub parent: Parent,
    /// The client's own name for the message, unique in its conversation. The same message under the same name is stored
    /// once: whoever says it again is answered as the first time. Another message under that name is refused with
    /// [`Error::Reused`]. An edit is found under its name while the message is there that it replaces.
    pub client_ref: Option<String>,
    /// How it is to be answered.
    pub ask: Ask,
}

impl Say {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::text(text)], ..Self::default() }
    }

    /// The same, done once whatever happens: see [`Ask::once`].
    #[must_use]
    pub fn once(mut self, once: Once) -> Self {
        self.ask.once = Some(once);
        self
    }

    /// What makes it the same request.
    pub(super) fn fingerprint(&self, target: &Target) -> Fingerprint {
        self.ask.fingerprint(target, &self.parts, self.client_ref.as_deref())
    }
}

/// A message that no model answers for now: [`Conversations::append`](crate::conversation::Conversations::append) stores it.
impl TryFrom<Say> for NewMessage {
    type Error = Error;

    /// # Errors
    /// [`Error::Invalid`] for whatever would say how it is to be answered.
    fn try_from(Say { parts, parent, client_ref, ask }: Say) -> Result<Self, Error> {
        let Ask { model, expected_head, policy, once, options, tools, prices } = ask;
        let ModelOptions {
            max_output_tokens,
            temperature,
            top_p,
            stop,
            tool_choice,
            response_format,
            reasoning_effort,
        } = options;
        let needless = [
            ("model", model.is_some()),
            ("policy", policy != Policy::default()),
            ("tools", !tools.is_empty()),
            ("prices", prices.is_some()),
            ("max_output_tokens", max_output_tokens.is_some()),
            ("temperature", temperature.is_some()),
            ("top_p", top_p.is_some()),
            ("stop", !stop.is_empty()),
            ("tool_choice", tool_choice.is_some()),
            ("response_format", response_format.is_some()),
            ("reasoning_effort", reasoning_effort.is_some()),
        ];
        match needless.into_iter().find(|(_, is_said)| *is_said) {
            Some((field, _)) => Err(Error::invalid(field, "is for messages that are answered")),
            None => Ok(Self { role: Role::User, parts, parent, expected_head, client_ref, once }),
        }
    }
}

impl From<&str> for Say {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

/// How a model is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ask {
    /// Which model; the conversation's, or the default, when it is not said.
    pub model: Option<String>,
    /// Refuse unless the head is there; `Some(None)` means that there is none yet.
    pub expected_head: Option<Option<MessageId>>,
    /// What is done about other answers that are being written.
    pub policy: Policy,
    /// The name of this request: whoever makes it again under the same name gets the turn that began the first time.
    pub once: Option<Once>,
    /// Sampling and length.
    pub options: ModelOptions,
    /// Tools that the caller answers for, beside those of the program.
    pub tools: Vec<ToolSpec>,
    /// By which prices it is charged, in place of those of the terms: a front end of the service may have its own. Without
    /// terms nothing is charged.
    pub prices: Option<Arc<PriceTable>>,
}

impl Ask {
    /// The same, done once whatever happens: see [`Self::once`].
    #[must_use]
    pub fn once(mut self, once: Once) -> Self {
        self.once = Some(once);
        self
    }

    /// What makes it the same request: all that decides what is said and how it is answered.
    pub(super) fn fingerprint(&self, target: &Target, parts: &[Part], client_ref: Option<&str>) -> Fingerprint {
        let Self { model, expected_head, policy, once: _, options, tools, prices } = self;
        let mut asked = format!("{:?}", (target, client_ref, model, expected_head, policy));
        if let Some(prices) = prices {
            asked.push_str(prices.version());
        }
        let json = [serde_json::to_string(parts), serde_json::to_string(options), serde_json::to_string(tools)];
        let json = json.map(Result::unwrap_or_default);
        Fingerprint::of([asked].into_iter().chain(json))
    }
}

/// Turns of one conversation that may wait for others at the same time: each of them holds a driver, and is a message that
/// nobody answers for a while.
pub const MAX_WAITING: usize = 32;

/// What a turn does about answers that are being written, or are waiting to be, on its branch.
///
/// *In the way* of a turn are the runs that write a message above the new one, because the model is to see what they say;
/// and the runs below what is replaced: below the message that is edited, or below the one that is answered again
/// (regenerated, gone on with). Runs elsewhere in the conversation are never in the way. Nothing that is stored is ever
/// replaced or lost: whatever the policy, both versions stay.
///
/// | policy | send | edit | regenerate, answer, continue |
/// | --- | --- | --- | --- |
/// | `Sibling` | one more child of the parent; [`Busy`] below an answer that is not finished | one more version of the message; other versions are answered at the same time; [`Busy`] below an answer that is not finished | one more answer; others are written at the same time; [`Busy`] below an answer that is not finished |
/// | `RejectStale` | [`StaleHead`] unless the head is where it is expected, which is the parent if one is named; [`Busy`] if a run is in the way | [`StaleHead`] unless the head is where it is expected; [`Busy`] if a run is in the way | as for edit |
/// | `Enqueue` | stored below the open answer; answered when it has ended, however it ends | stored beside the other versions; answered when the runs in the way have ended | begins when the runs in the way have ended |
/// | `Interrupt` | the open answer is stopped, and what it said stays; then the new one is written | the runs in the way are stopped; then the new version is answered | the runs in the way are stopped; then the new answer is written |
///
/// All but `Sibling` look at the conversation as it is when the turn is stored: of two that come at once the second sees
/// the first. An expected head counts with every policy.
///
/// At most [`MAX_WAITING`] turns wait in a conversation; one more is refused with [`QueueFull`].
///
/// A turn that waits is stored at once, with its open answer and a run that is [`Queued`]. It waits in the driver: if the
/// process goes away, the next one ends the run as interrupted, and the message that was said stays.
///
/// [`Busy`]: crate::Error::Busy
/// [`QueueFull`]: crate::Error::QueueFull
/// [`StaleHead`]: crate::Error::StaleHead
/// [`Queued`]: crate::turn::RunState::Queued
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Policy {
    /// Beside them.
    #[default]
    Sibling,
    /// Not at all.
    RejectStale,
    /// After them.
    Enqueue,
    /// Instead of them.
    Interrupt,
}

/// A turn that has begun: it is stored, and the model is asked once the driver runs.
pub struct Turn {
    /// The message that was said, unless it was there before.
    pub user_message: Option<MessageView>,
    /// The answer; open, unless the turn is a [replay](Self::replayed) of one that has ended.
    pub assistant_message: MessageView,
    /// The run that writes it.
    pub run: Run,
    /// What the model is shown; `None` while it waits for other answers, and of a replay.
    pub plan: Option<ContextPlan>,
    /// Whether an earlier request of that name began it.
    pub replayed: bool,
    /// Writes the answer. Spawn it, or await it. That of a replay writes nothing and is ready when the run has ended. That
    /// of a turn that waits is ready after those that it waits for, so awaiting it needs them to be driven elsewhere.
    pub driver: Driver,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turn::ToolChoice;

    #[test]
    fn what_nobody_answers_says_nothing_of_answers() {
        let say = |ask: Ask| Say { client_ref: Some("mine".into()), ask, ..Say::text("stored") };
        let fine = Ask { expected_head: Some(None), once: Once::new("key").ok(), ..Ask::default() };
        let stored = NewMessage::try_from(say(fine)).unwrap();
        assert_eq!(
            (stored.role, stored.expected_head, stored.client_ref.as_deref()),
            (Role::User, Some(None), Some("mine"))
        );
        assert_eq!((stored.once, stored.parts), (Once::new("key").ok(), vec![Part::text("stored")]));
        let tool = ToolSpec { name: "t".into(), description: String::new(), parameters: serde_json::json!({}) };
        let none = ModelOptions::default;
        let with = |options: ModelOptions| Ask { options, ..Ask::default() };
        for (field, ask) in [
            ("model", Ask { model: Some("m".into()), ..Ask::default() }),
            ("policy", Ask { policy: Policy::Enqueue, ..Ask::default() }),
            ("tools", Ask { tools: vec![tool], ..Ask::default() }),
            ("prices", Ask { prices: Some(Arc::new(PriceTable::free())), ..Ask::default() }),
            ("max_output_tokens", with(ModelOptions { max_output_tokens: Some(1), ..none() })),
            ("temperature", with(ModelOptions { temperature: Some(1.0), ..none() })),
            ("top_p", with(ModelOptions { top_p: Some(1.0), ..none() })),
            ("stop", with(ModelOptions { stop: vec!["x".into()], ..none() })),
            ("tool_choice", with(ModelOptions { tool_choice: Some(ToolChoice::Auto), ..none() })),
        ] {
            let refused = NewMessage::try_from(say(ask));
            assert!(matches!(refused, Err(Error::Invalid { field: named, .. }) if named == field), "{refused:?}");
        }
    }
}
