//! What a run emits: numbered from 1 without gaps, and what every wire format is made from.

use serde::{Deserialize, Serialize};

use super::usage::Usage;

/// One event of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunEvent {
    /// The run began. Always the first event.
    Started,
    /// More text.
    Delta {
        /// The text.
        text: String,
    },
    /// More thought.
    Reasoning {
        /// The words.
        text: String,
        /// The provider's proof of the whole thought, at its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    /// More of the model's words why it declines.
    Refusal {
        /// The words.
        text: String,
    },
    /// A whole tool call.
    ToolCall {
        /// The provider's id of the call.
        id: String,
        /// Which tool.
        name: String,
        /// Its arguments, JSON as the model wrote it.
        arguments: String,
    },
    /// What a tool answered.
    ToolResult {
        /// The id of the call.
        call_id: String,
        /// The answer, text as a rule.
        content: String,
        /// Whether the tool failed.
        #[serde(default)]
        is_error: bool,
    },
    /// A block of the provider's own.
    Provider {
        /// Whose it is.
        provider: String,
        /// The block as it came.
        raw: serde_json::Value,
    },
    /// Another model answers than the one that was asked.
    Model {
        /// Its name.
        model: String,
    },
    /// Tokens used so far.
    Usage {
        /// How many.
        usage: Usage,
    },
    /// The answer is complete. A last event.
    Completed,
    /// The answer was ended on request; what there is stays. A last event.
    Stopped,
    /// The answer was ended by an error; what there is stays. A last event.
    Failed {
        /// What kind of error, for programs.
        code: String,
        /// What happened, for people.
        message: String,
    },
    /// The program that wrote the answer went away; what was stored stays. A last event.
    Interrupted,
}

impl RunEvent {
    /// Whether nothing follows.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        matches!(self, Self::Completed | Self::Stopped | Self::Failed { .. } | Self::Interrupted)
    }

    /// Its name on wires.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Delta { .. } => "delta",
            Self::Reasoning { .. } => "reasoning",
            Self::Refusal { .. } => "refusal",
            Self::ToolCall { .. } => "tool_call",
            Self::ToolResult { .. } => "tool_result",
            Self::Provider { .. } => "provider",
            Self::Model { .. } => "model",
            Self::Usage { .. } => "usage",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Failed { .. } => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// An event with its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Numbered {
    /// From 1, without gaps.
    pub seq: u64,
    /// The event.
    pub event: RunEvent,
}
