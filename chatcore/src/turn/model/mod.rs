//! The port to language models: one trait, one stream of typed events.
//!
//! A model back end gets a [`ModelRequest`] and answers with a [`ModelStream`]. It never retries once an event was
//! handed out, and it stops working (closes its connection) when the stream is dropped.

mod catalog;
mod error;
mod event;
mod info;
mod prices;
mod request;
mod tokens;

use std::sync::Arc;

use async_trait::async_trait;

pub use catalog::Models;
pub use error::{ModelError, ModelErrorKind};
pub use event::{FinishReason, ModelEvent, ModelStream};
pub use info::{Capabilities, ModelInfo};
pub use prices::Prices;
pub use request::{ModelMessage, ModelOptions, ModelRequest, ReasoningEffort, ResponseFormat, ToolChoice, ToolSpec};
pub use tokens::TokenCounter;

/// A language model, or a server of several.
///
/// # Behaviour
/// * `offers_itself`: [`Self::models`] lists at least one model, none twice, and each with room for a prompt.
/// * `text_in_order`: the text events, joined, are the answer; nothing is sent twice and nothing is left out.
/// * `one_finish`: a stream that ends well has exactly one [`ModelEvent::Finish`], and it is the last event.
/// * `error_ends`: after an error the stream ends.
/// * `break_is_error`: an answer that breaks off is an error behind what was said, never a finish and never asked for
///   again.
/// * `refusal_before_start`: a provider that refuses gives an error and no event, and its wish to be left alone is told.
/// * `tool_calls_whole`: a tool call is one event, with all of its arguments, and the finish says that it waits.
/// * `usage_last_counts`: usage is told in totals, before the finish; the last one counts.
/// * `drop_cancels`: dropping the stream ends the work upstream.
/// * `cancels_before_first_event`: so does dropping the stream, or the future that makes it, before anything was said.
/// * `unknown_model_refused`: a name that is not offered is refused as [`ModelErrorKind::UnknownModel`].
/// * `long_prompts`: a long prompt is read to its end, or refused as [`ModelErrorKind::ContextTooLong`].
/// * `streams_are_independent`: streams that run at once do not mix, and dropping one leaves the others alone.
/// * `used_again`: after a failure the next request is answered as if nothing had been.
///
#[doc = include_str!("guide.md")]
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// What this back end offers. The first is its default.
    fn models(&self) -> Vec<ModelInfo>;

    /// Starts an answer.
    ///
    /// # Errors
    /// [`ModelError`] when the answer could not be started; nothing was generated then.
    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ModelError>;

    /// What counts the tokens of that model exactly, if this back end has it. Without, they are estimated.
    fn counter(&self, model: &str) -> Option<Arc<dyn TokenCounter>> {
        let _ = model;
        None
    }
}
