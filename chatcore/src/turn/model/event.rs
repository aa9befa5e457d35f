//! What a model answers.

use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::ModelError;
use crate::turn::usage::Usage;

/// The events of one answer.
pub type ModelStream = BoxStream<'static, Result<ModelEvent, ModelError>>;

/// One event of an answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ModelEvent {
    /// Another model than the one that was asked answers; comes before what it says.
    Model {
        /// Its name, one of [`LanguageModel::models`](super::LanguageModel::models).
        id: String,
    },
    /// More text.
    Text(String),
    /// More thought.
    Reasoning {
        /// The words; may be empty when only the signature comes.
        text: String,
        /// The provider's proof of the whole thought, once, at its end.
        signature: Option<String>,
    },
    /// A whole tool call. Back ends collect the pieces that providers send.
    ToolCall {
        /// The provider's id of the call.
        id: String,
        /// Which tool.
        name: String,
        /// Arguments, JSON as the model wrote it.
        arguments: String,
    },
    /// More of the model's own words why it declines.
    Refusal(String),
    /// Tokens used so far; the last one counts.
    Usage(Usage),
    /// The answer is complete.
    Finish(FinishReason),
    /// Something that only this provider knows, kept for the next turn.
    Provider {
        /// Whose it is.
        provider: String,
        /// The block as it came.
        raw: Value,
    },
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReason {
    /// The model had said everything.
    Stop,
    /// The token limit was reached.
    Length,
    /// The model waits for tool results.
    ToolCalls,
    /// A filter of the provider cut it off.
    ContentFilter,
    /// A reason of the provider's own, in its own word.
    #[serde(untagged)]
    Other(String),
}
