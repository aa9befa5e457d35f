//! Turns as JSON: what is asked, how long the caller waits, what they get.

use chatcore::Error;
use chatcore::MessageId;
use chatcore::account::Caller;
use chatcore::conversation::Parent;
use chatcore::once::Once;
use chatcore::turn::{Ask, ModelOptions, Policy, ReasoningEffort, Say, ToolOutcome, ToolSpec};
use poem_openapi::payload::Json;
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{ApiResponse, Enum, Object};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::dto::{MessageDto, Render, RunDto};
use super::events::Events;
use super::part::{PartDto, attached, said};
use super::support::{Answer, path_id};
use super::text::Text;
use crate::app::{App, Begun};

/// A body that asks a model.
pub(super) trait Asking {
    /// How the model is asked; takes what it needs out of the body.
    fn ask(&mut self, once: Option<Once>) -> Answer<Ask>;

    /// How long the caller waits.
    ///
    /// # Errors
    /// When it says two ways at once.
    fn wait(&self) -> Answer<Wait>;
}

/// A body that asks a model: fields of its own, and those that say how it is to answer.
macro_rules! asking {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Default, Object)]
        #[oai(deny_unknown_fields)]
        pub(super) struct $name {
            $($(#[$field_doc])* pub(super) $field: $type,)*
            /// Refuse, with 409, unless the head is there; `null` means that there is no message yet.
            expected_head: MaybeUndefined<Text>,
            /// Which model answers.
            model: Option<Text>,
            /// The longest answer in tokens.
            #[oai(validator(minimum(value = "1")))]
            max_output_tokens: Option<u64>,
            /// 0 picks the likeliest word, higher is more surprising.
            #[oai(validator(minimum(value = "0"), maximum(value = "2")))]
            temperature: Option<f64>,
            /// Picks among the likeliest words that together have this probability.
            #[oai(validator(minimum(value = "0"), maximum(value = "1")))]
            top_p: Option<f64>,
            /// Texts at which the answer ends, up to 4; they are not part of it.
            #[oai(validator(max_items = 4))]
            stop: Option<Vec<Text>>,
            /// How hard to think first.
            reasoning_effort: Option<EffortDto>,
            /// The form of the answer: `{"type": "text"}`, `{"type": "json_object"}`, or
            /// `{"type": "json_schema", "name": ..., "schema": {...}, "strict": true}`.
            response_format: Option<Value>,
            /// Tools that you run: when the model calls one, the answer ends, and you hand its result to `tool-results`.
            tools: Option<Vec<ToolDto>>,
            /// Whether tools are called: `"auto"`, `"none"`, `"required"`, or `{"tool": {"name": ...}}`.
            tool_choice: Option<Value>,
            /// What is done about other answers that are being written. `sibling` if left out.
            pub(super) policy: Option<PolicyDto>,
            /// Answer with the stream of events.
            #[oai(default)]
            stream: bool,
            /// Answer at once; the events are at the run.
            #[oai(default)]
            detach: bool,
        }

        impl Asking for $name {
            fn ask(&mut self, once: Option<Once>) -> Answer<Ask> {
                Ok(Ask {
                    model: self.model.take().map(String::from),
                    expected_head: expected(&self.expected_head)?,
                    policy: self.policy.map(Policy::from).unwrap_or_default(),
                    once,
                    options: ModelOptions {
                        max_output_tokens: self.max_output_tokens,
                        temperature: self.temperature,
                        top_p: self.top_p,
                        stop: self.stop.take().into_iter().flatten().map(String::from).collect(),
                        tool_choice: read("tool_choice", self.tool_choice.take())?,
                        response_format: read("response_format", self.response_format.take())?,
                        reasoning_effort: self.reasoning_effort.map(ReasoningEffort::from),
                    },
                    tools: self.tools.take().into_iter().flatten().map(ToolSpec::from).collect(),
                    prices: None,
                })
            }

            fn wait(&self) -> Answer<Wait> {
                Wait::of(self.stream, self.detach)
            }
        }
    };
}

asking! {
    /// What is said, and how it is answered.
    Send {
        /// The message as text.
        text: Option<Text>,
        /// The message as parts, instead of `text`.
        parts: Option<Vec<PartDto>>,
        /// Ids of files that you uploaded, to be shown with it.
        #[oai(validator(max_items = 64))]
        attachments: Option<Vec<Text>>,
        /// The message that it follows; `null` makes it a first one; left out, it is the head. An edit has its own.
        parent_id: MaybeUndefined<Text>,
        /// Your own name for the message, unique in the conversation: the same message is stored once under it.
        client_ref: Option<Text>,
        /// `false` stores the message without asking a model.
        run: Option<bool>,
    }
}

asking! {
    /// How a stored message is answered.
    Again {}
}

asking! {
    /// What your tools answered, and how the model goes on.
    Results {
        /// One for each call of the answer that has none.
        results: Vec<ResultDto>,
    }
}

/// A field whose shape the core knows.
fn read<T: DeserializeOwned>(field: &'static str, value: Option<Value>) -> Answer<Option<T>> {
    let read = value.filter(|value| !value.is_null()).map(serde_json::from_value).transpose();
    read.map_err(|_| Error::invalid(field, "has none of the shapes that it may have").into())
}

/// A tool that you run.
#[derive(Object)]
#[oai(rename = "Tool", deny_unknown_fields)]
pub(super) struct ToolDto {
    /// Its name: 1 to 64 letters, digits, `_` and `-`.
    name: Text,
    /// What it does, for the model.
    #[oai(default)]
    description: String,
    /// JSON Schema of its arguments.
    parameters: Value,
}

impl From<ToolDto> for ToolSpec {
    fn from(ToolDto { name, description, parameters }: ToolDto) -> Self {
        Self { name: name.into(), description, parameters }
    }
}

/// What one of your tools answered.
#[derive(Object)]
#[oai(rename = "ToolOutcome", deny_unknown_fields)]
pub(super) struct ResultDto {
    /// The id of the call.
    call_id: Text,
    /// The answer.
    content: Text,
    /// Whether the tool failed.
    #[oai(default)]
    is_error: bool,
}

impl From<ResultDto> for ToolOutcome {
    fn from(ResultDto { call_id, content, is_error }: ResultDto) -> Self {
        Self { call_id: call_id.into(), content: content.into(), is_error }
    }
}

/// How hard a model thinks before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "ReasoningEffort", rename_all = "snake_case")]
enum EffortDto {
    /// Not at all, where the model can be told so.
    None,
    /// As little as it can.
    Minimal,
    /// A little.
    Low,
    /// As usual.
    Medium,
    /// A lot.
    High,
}

impl From<EffortDto> for ReasoningEffort {
    fn from(effort: EffortDto) -> Self {
        match effort {
            EffortDto::None => Self::None,
            EffortDto::Minimal => Self::Minimal,
            EffortDto::Low => Self::Low,
            EffortDto::Medium => Self::Medium,
            EffortDto::High => Self::High,
        }
    }
}

/// A turn that began.
#[derive(Object)]
#[oai(rename = "Turn")]
pub(super) struct TurnDto {
    /// The message that was said; `null` if it was there before.
    pub(super) user_message: Option<MessageDto>,
    /// The answer: whole, or open when it was not waited for. `null` when no model was asked.
    pub(super) assistant_message: Option<MessageDto>,
    /// The run that writes it.
    pub(super) run: Option<RunDto>,
}

/// A turn began.
#[derive(ApiResponse)]
pub(super) enum Began {
    /// The events of its run, to the end (`stream`).
    #[oai(status = 200)]
    Stream(Events),
    /// The whole turn.
    #[oai(status = 201)]
    Done(Json<TurnDto>),
    /// The answer is being written (`detach`).
    #[oai(status = 202)]
    Running(Json<TurnDto>),
}

/// How long the caller waits.
#[derive(Clone, Copy)]
pub(super) enum Wait {
    Stream,
    Detach,
    End,
}

impl Wait {
    fn of(stream: bool, detach: bool) -> Answer<Self> {
        match (stream, detach) {
            (true, true) => Err(Error::invalid("detach", "cannot be chosen together with `stream`").into()),
            (true, false) => Ok(Self::Stream),
            (false, true) => Ok(Self::Detach),
            (false, false) => Ok(Self::End),
        }
    }

    /// Refuses to wait in a way of its own for an answer that nobody gives.
    pub(super) fn not_at_all(self) -> Answer<()> {
        let field = match self {
            Self::Stream => "stream",
            Self::Detach => "detach",
            Self::End => return Ok(()),
        };
        Err(Error::invalid(field, "is for messages that are answered").into())
    }
}

/// What a turn does about answers that are being written, or are waiting to be, on its branch. A run is *in the way* if it
/// writes a message above the new one, or one below what is replaced: the message that is edited, or the one that is
/// answered again. Nothing that is stored is replaced or lost, whatever the policy.
///
/// | policy | send | edit | regenerate, answer, continue |
/// | --- | --- | --- | --- |
/// | `sibling` | one more child of its parent; 409 `busy` below an answer that is not finished | one more version, answered beside the others; 409 `busy` below an answer that is not finished | one more answer, written beside the others; 409 `busy` below an answer that is not finished |
/// | `reject_stale` | 409 `stale-head` unless the head is `expected_head`, or the `parent_id` if only that is named; 409 `busy` if a run is in the way | 409 `stale-head` unless the head is `expected_head`; 409 `busy` if a run is in the way | as for edit |
/// | `enqueue` | stored below the open answer, answered when that has ended | stored beside the other versions, answered when the runs in the way have ended | begins when the runs in the way have ended |
/// | `interrupt` | the open answer is stopped and keeps what it said, then this one is written | the runs in the way are stopped, then this version is answered | the runs in the way are stopped, then this answer is written |
///
/// A turn that waits is stored at once; its run is `queued`. If the server goes away meanwhile, the run ends as
/// `interrupted`, and what was said stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "Policy", rename_all = "snake_case")]
pub(super) enum PolicyDto {
    /// Beside them: all are written at the same time. 409 (`busy`) below an answer that is not finished.
    Sibling,
    /// Not at all: 409 (`stale-head`) unless the head is `expected_head`, or else the `parent_id` if one is named; 409
    /// (`busy`) if a run is in the way.
    RejectStale,
    /// After them: stored at once, with a run that is `queued` until the runs in the way have ended.
    Enqueue,
    /// Instead of them: the runs in the way are stopped, what they said stays, and then this one begins.
    Interrupt,
}

impl From<PolicyDto> for Policy {
    fn from(policy: PolicyDto) -> Self {
        match policy {
            PolicyDto::Sibling => Self::Sibling,
            PolicyDto::RejectStale => Self::RejectStale,
            PolicyDto::Enqueue => Self::Enqueue,
            PolicyDto::Interrupt => Self::Interrupt,
        }
    }
}

fn expected(head: &MaybeUndefined<Text>) -> Answer<Option<Option<MessageId>>> {
    Ok(match head {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(id) => Some(Some(path_id(id, "message")?)),
    })
}

fn parent(parent: &MaybeUndefined<Text>) -> Answer<Parent> {
    Ok(match parent {
        MaybeUndefined::Undefined => Parent::Head,
        MaybeUndefined::Null => Parent::Root,
        MaybeUndefined::Value(id) => Parent::Message(path_id(id, "message")?),
    })
}

impl Send {
    pub(super) fn say(mut self, once: Option<Once>) -> Answer<Say> {
        let (ask, parent) = (self.ask(once)?, parent(&self.parent_id)?);
        let parts = said(self.text, self.parts, attached(self.attachments)?)?;
        Ok(Say { parts, parent, client_ref: self.client_ref.map(String::from), ask })
    }
}

/// Answers a turn that began as its caller wants to wait for it.
pub(super) async fn wait_for(
    app: &App,
    caller: &Caller,
    begun: Begun,
    wait: Wait,
    render: Option<Render>,
) -> Answer<Began> {
    let Begun { user_message, assistant_message, run, ended } = begun;
    let user_message = user_message.map(|view| MessageDto::of(view, render));
    match wait {
        Wait::Stream => {
            let found = app.chat.events_of(caller, &run, 0)?;
            Ok(Began::Stream(Events::of_run(app, caller, run.id, found, render)))
        }
        Wait::Detach => Ok(Began::Running(Json(TurnDto {
            user_message,
            assistant_message: Some(MessageDto::of(assistant_message, render)),
            run: Some(run.into()),
        }))),
        Wait::End => {
            ended.await;
            let answer = app.chat.conversations().message(caller, assistant_message.message.id).await?;
            Ok(Began::Done(Json(TurnDto {
                user_message,
                assistant_message: Some(MessageDto::explained(&app.chat, caller, answer, render).await),
                run: Some(app.chat.run(caller, run.id).await?.into()),
            })))
        }
    }
}
