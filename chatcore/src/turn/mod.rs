//! The turn: a user message and the run that answers it.

mod model;
mod usage;

pub use model::{
    FinishReason, LanguageModel, ModelError, ModelErrorKind, ModelEvent, ModelInfo, ModelMessage, ModelOptions,
    ModelRequest, ModelStream, Models, ToolSpec,
};
pub use usage::{Usage, UsageSource};
