//! The turn: a user message and the run that answers it.

mod event;
mod model;
mod run;
mod usage;

pub use event::{Numbered, RunEvent};
pub use model::{
    FinishReason, LanguageModel, ModelError, ModelErrorKind, ModelEvent, ModelInfo, ModelMessage, ModelOptions,
    ModelRequest, ModelStream, Models, ToolSpec,
};
pub use run::{Run, RunError, RunLog, RunState, TurnStore};
pub use usage::{Usage, UsageSource};
