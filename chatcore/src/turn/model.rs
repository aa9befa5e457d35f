//! The port to language models: one trait, one stream of typed events.
//!
//! A model back end gets a [`ModelRequest`] and answers with a [`ModelStream`]. It never retries once an event was
//! handed out, and it stops working (closes its connection) when the stream is dropped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::usage::Usage;
use crate::conversation::{Part, Role};

/// A language model, or a server of several.
///
/// # Behaviour
/// * `text_in_order`: the text events, joined, are the answer; nothing is sent twice.
/// * `one_finish`: a stream that ends well has exactly one [`ModelEvent::Finish`], and it is the last event.
/// * `error_ends`: after an error the stream ends.
/// * `drop_cancels`: dropping the stream, or the future that makes it, ends the work upstream.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// What this back end offers. The first is its default.
    fn models(&self) -> Vec<ModelInfo>;

    /// Starts an answer.
    ///
    /// # Errors
    /// [`ModelError`] when the answer could not be started; nothing was generated then.
    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ModelError>;
}

/// The events of one answer.
pub type ModelStream = BoxStream<'static, Result<ModelEvent, ModelError>>;

/// What is known about a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// The name that requests use.
    pub id: String,
    /// Tokens of prompt and answer together.
    pub context_tokens: u64,
    /// The longest answer in tokens, where the model has a limit of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// Whose it is, `openai` or `offline` say.
    pub provider: String,
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelRequest {
    /// One of [`LanguageModel::models`].
    pub model: String,
    /// The conversation so far, root first; the system prompt, if any, is the first message.
    pub messages: Vec<ModelMessage>,
    /// Tools that the model may call.
    pub tools: Vec<ToolSpec>,
    /// Sampling and length.
    pub options: ModelOptions,
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
}

/// One event of an answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ModelEvent {
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

/// Why there is no (more) answer.
#[derive(Debug, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct ModelError {
    /// What kind of failure: callers decide on this.
    pub kind: ModelErrorKind,
    /// What happened, for the person who runs the server. Never contains keys.
    pub message: String,
    /// How long the provider asks to be left alone.
    pub retry_after: Option<Duration>,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ModelError {
    /// An error of a kind with a message.
    pub fn new(kind: ModelErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, source: None }
    }

    /// With what lies beneath.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// With the time that the provider asks for.
    #[must_use]
    pub fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }
}

/// Counts the tokens of a text as one model sees it.
///
/// Counting is pure and takes time in proportion to the text. What a provider adds around a message is not in it.
pub trait TokenCounter: Send + Sync {
    /// The name of the tokenizer, `o200k_base` say.
    fn name(&self) -> &str;

    /// How many tokens the text has.
    fn count(&self, text: &str) -> u64;
}

/// Kinds of [`ModelError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelErrorKind {
    /// No such model.
    UnknownModel,
    /// The provider found the request wrong.
    BadRequest,
    /// The provider does not take our key.
    Unauthorized,
    /// Too many requests, or no money left with the provider.
    RateLimited,
    /// The prompt is longer than the model can read.
    ContextTooLong,
    /// The provider is unreachable, overloaded or broken.
    Unavailable,
    /// Nothing came for too long.
    Timeout,
    /// The stream broke off before its end.
    Interrupted,
    /// The provider said something that makes no sense.
    Protocol,
}

impl std::fmt::Display for ModelErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UnknownModel => "unknown model",
            Self::BadRequest => "request refused",
            Self::Unauthorized => "not authorized",
            Self::RateLimited => "rate limited",
            Self::ContextTooLong => "prompt too long",
            Self::Unavailable => "model unavailable",
            Self::Timeout => "timed out",
            Self::Interrupted => "broke off",
            Self::Protocol => "answer not understood",
        })
    }
}

/// The models that a chat may use, by name.
#[derive(Clone, Default)]
pub struct Models {
    by_id: BTreeMap<String, (ModelInfo, Arc<dyn LanguageModel>)>,
    order: Vec<String>,
}

impl Models {
    /// No models yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With everything that a back end offers. The first model added is the default; a name that is taken stays with
    /// whoever had it.
    #[must_use]
    pub fn with(mut self, model: impl LanguageModel + 'static) -> Self {
        self.add(Arc::new(model));
        self
    }

    /// Adds everything that a back end offers, as [`Self::with`] does.
    pub fn add(&mut self, model: Arc<dyn LanguageModel>) {
        for info in model.models() {
            if !self.by_id.contains_key(&info.id) {
                self.order.push(info.id.clone());
                self.by_id.insert(info.id.clone(), (info, model.clone()));
            }
        }
    }

    /// The model of that name, or the default when none is named.
    #[must_use]
    pub fn find(&self, id: Option<&str>) -> Option<(&ModelInfo, &Arc<dyn LanguageModel>)> {
        let id = id.or_else(|| self.order.first().map(String::as_str))?;
        self.by_id.get(id).map(|(info, model)| (info, model))
    }

    /// All of them, the default first.
    pub fn list(&self) -> impl Iterator<Item = &ModelInfo> {
        self.order.iter().filter_map(|id| self.by_id.get(id)).map(|(info, _)| info)
    }
}

impl<M: LanguageModel + 'static> From<M> for Models {
    fn from(model: M) -> Self {
        Self::new().with(model)
    }
}
