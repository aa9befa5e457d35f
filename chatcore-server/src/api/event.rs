//! What an event of a run carries, as JSON.

use chatcore::RunId;
use chatcore::turn::{Outcome, RunEvent};
use poem_openapi::Object;

use super::dto::{MessageDto, Render, RunDto, RunErrorDto, UsageDto};

/// What an event carries. Its name is the event's (`started`, `delta`, `reasoning`, `refusal`, `tool_call`, `provider`,
/// `usage`; then one last of `completed`, `stopped`, `failed`, `interrupted`), its number follows the run's id in the
/// event's id: `<run>:<seq>`. In a stream of several runs more follows behind a comma, which says where the other runs
/// are: whoever comes back sends it as it is.
#[derive(Object, Default)]
#[oai(rename = "RunEvent", skip_serializing_if_is_none)]
pub(super) struct RunEventDto {
    /// The run (`started`).
    run_id: Option<String>,
    /// More text (`delta`, `reasoning`, `refusal`).
    text: Option<String>,
    /// The provider's proof of a thought (`reasoning`).
    signature: Option<String>,
    /// The call (`tool_call`).
    tool_call: Option<CallDto>,
    /// What a tool answered (`tool_result`).
    tool_result: Option<OutcomeDto>,
    /// The model that answers instead of the one that was asked (`model`).
    model: Option<String>,
    /// A block of the provider's own (`provider`).
    provider: Option<serde_json::Value>,
    /// Tokens so far (`usage`).
    usage: Option<UsageDto>,
    /// What went wrong (`failed`).
    error: Option<RunErrorDto>,
    /// The whole message (the last event).
    pub(super) message: Option<MessageDto>,
    /// The run as it ended (the last event).
    pub(super) run: Option<RunDto>,
}

/// A tool call.
#[derive(Object)]
#[oai(rename = "ToolCall")]
struct CallDto {
    /// The id of the call.
    id: String,
    /// Which tool.
    name: String,
    /// Its arguments, JSON as the model wrote it.
    arguments: String,
}

/// What a tool answered.
#[derive(Object)]
#[oai(rename = "ToolResult")]
struct OutcomeDto {
    /// The id of the call.
    call_id: String,
    /// The answer.
    content: String,
    /// Whether the tool failed.
    is_error: bool,
}

impl RunEventDto {
    pub(super) fn of(event: &RunEvent, run: RunId) -> Self {
        let empty = Self::default();
        match event.clone() {
            RunEvent::Started => Self { run_id: Some(run.to_string()), ..empty },
            RunEvent::Delta { text } | RunEvent::Refusal { text } => Self { text: Some(text), ..empty },
            RunEvent::Reasoning { text, signature } => Self { text: Some(text), signature, ..empty },
            RunEvent::ToolCall { id, name, arguments } => {
                Self { tool_call: Some(CallDto { id, name, arguments }), ..empty }
            }
            RunEvent::ToolResult { call_id, content, is_error } => {
                Self { tool_result: Some(OutcomeDto { call_id, content, is_error }), ..empty }
            }
            RunEvent::Model { model } => Self { model: Some(model), ..empty },
            RunEvent::Provider { raw, .. } => Self { provider: Some(raw), ..empty },
            RunEvent::Usage { usage } => Self { usage: Some(usage.into()), ..empty },
            RunEvent::Failed { code, message } => Self { error: Some(RunErrorDto { code, message }), ..empty },
            _ => empty,
        }
    }

    /// The last event, with the message and the run as they ended.
    pub(super) fn last(event: &RunEvent, run: RunId, outcome: Outcome, render: Option<Render>) -> Self {
        let message = MessageDto::ended(outcome.message, &outcome.run, render);
        Self { message: Some(message), run: Some(outcome.run.into()), ..Self::of(event, run) }
    }
}
