//! What a model is asked.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ModelError, ModelErrorKind, ModelInfo};
use crate::conversation::{Part, Role};

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelRequest {
    /// One of [`LanguageModel::models`](super::LanguageModel::models).
    pub model: String,
    /// The conversation so far, root first; the system prompt, if any, is the first message.
    pub messages: Vec<ModelMessage>,
    /// Tools that the model may call.
    pub tools: Vec<ToolSpec>,
    /// How to answer.
    pub options: ModelOptions,
}

impl ModelRequest {
    /// Refuses a request for a model that is not among these. One that names none is for the first.
    ///
    /// # Errors
    /// [`ModelErrorKind::UnknownModel`].
    pub fn must_be_for(&self, offered: &[ModelInfo]) -> Result<(), ModelError> {
        if self.model.is_empty() || offered.iter().any(|info| info.id == self.model) {
            return Ok(());
        }
        Err(ModelError::new(ModelErrorKind::UnknownModel, "there is no model of that name"))
    }
}

/// One message of the prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub parts: Vec<Part>,
}

impl ModelMessage {
    /// A message of one text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self { role, parts: vec![Part::text(text)] }
    }
}

/// A tool as the model sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// How to answer. `None` leaves it to the model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModelOptions {
    /// The longest answer in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// 0 picks the likeliest word, higher is more surprising.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Picks among the likeliest words that together have this probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Texts at which the answer ends; they are not part of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Whether tools may, must or must not be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// The form of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
    /// How hard to think first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<ReasoningEffort>,
}

/// Whether tools are called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// No tool is called.
    None,
    /// Some tool is called.
    Required,
    /// This tool is called.
    Tool {
        /// Its name.
        name: String,
    },
}

/// The form of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResponseFormat {
    /// Text.
    Text,
    /// Some JSON object.
    JsonObject,
    /// JSON of a schema.
    JsonSchema {
        /// What the schema is called, for the model.
        name: String,
        /// The JSON Schema.
        schema: Value,
        /// Whether the provider has to see to it that the answer follows the schema.
        #[serde(default)]
        strict: bool,
    },
}

/// How hard a model thinks before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReasoningEffort {
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
