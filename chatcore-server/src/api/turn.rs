//! Turns as JSON: what is asked, how long the caller waits, what they get.

use chatcore::MessageId;
use chatcore::account::Caller;
use chatcore::conversation::Parent;
use chatcore::once::Once;
use chatcore::turn::{Ask, ModelOptions, Policy, Say};
use poem_openapi::payload::{EventStream, Json};
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{ApiResponse, Enum, Object};

use super::dto::{MessageDto, Render, RunDto};
use super::part::{PartDto, said};
use super::runs::{Stream, events};
use super::support::{Answer, path_id};
use super::text::Text;
use crate::app::{App, Begun};

/// What is said, and how it is answered.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub(super) struct Send {
    /// The message as text.
    text: Option<Text>,
    /// The message as parts, instead of `text`.
    parts: Option<Vec<PartDto>>,
    /// The message that it follows; `null` makes it a first one; left out, it is the head. An edit has its own.
    pub(super) parent_id: MaybeUndefined<Text>,
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
    /// What is done about other answers that are being written. `sibling` if left out.
    pub(super) policy: Option<PolicyDto>,
    /// Your own name for the message, unique in the conversation: the same message is stored once under it.
    client_ref: Option<Text>,
    /// Answer with the stream of events.
    #[oai(default)]
    stream: bool,
    /// Answer at once; the events are at the run.
    #[oai(default)]
    detach: bool,
    /// `false` stores the message without asking a model.
    pub(super) run: Option<bool>,
}

/// How a stored message is answered.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub(super) struct Again {
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
    /// What is done about other answers that are being written. `sibling` if left out.
    policy: Option<PolicyDto>,
    /// Answer with the stream of events.
    #[oai(default)]
    stream: bool,
    /// Answer at once; the events are at the run.
    #[oai(default)]
    detach: bool,
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
    Stream(EventStream<Stream>),
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
    fn of(stream: bool, detach: bool) -> Self {
        match (stream, detach) {
            (true, _) => Self::Stream,
            (false, true) => Self::Detach,
            (false, false) => Self::End,
        }
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

impl Again {
    pub(super) fn ask(self, once: Option<Once>) -> Answer<Ask> {
        Ok(Ask {
            model: self.model.map(String::from),
            expected_head: expected(&self.expected_head)?,
            policy: self.policy.map(Policy::from).unwrap_or_default(),
            once,
            options: ModelOptions { max_output_tokens: self.max_output_tokens, temperature: self.temperature },
        })
    }

    pub(super) fn wait(&self) -> Wait {
        Wait::of(self.stream, self.detach)
    }
}

fn parent(parent: &MaybeUndefined<Text>) -> Answer<Parent> {
    Ok(match parent {
        MaybeUndefined::Undefined => Parent::Head,
        MaybeUndefined::Null => Parent::Root,
        MaybeUndefined::Value(id) => Parent::Message(path_id(id, "message")?),
    })
}

impl Send {
    pub(super) fn say(self, once: Option<Once>) -> Answer<Say> {
        let ask = Ask {
            model: self.model.map(String::from),
            expected_head: expected(&self.expected_head)?,
            policy: self.policy.map(Policy::from).unwrap_or_default(),
            once,
            options: ModelOptions { max_output_tokens: self.max_output_tokens, temperature: self.temperature },
        };
        let parent = parent(&self.parent_id)?;
        Ok(Say { parts: said(self.text, self.parts)?, parent, client_ref: self.client_ref.map(String::from), ask })
    }

    pub(super) fn wait(&self) -> Wait {
        Wait::of(self.stream, self.detach)
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
        Wait::Stream => Ok(Began::Stream(events(app, caller, run.id, 0, render).await?)),
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
