//! The turn: a user message and the run that answers it.

mod answer;
mod bookmark;
mod change;
mod engine;
mod event;
mod hub;
mod model;
mod plan;
mod run;
mod usage;

pub use answer::Answer;
pub(crate) use answer::materialise;
pub use bookmark::{Bookmark, BookmarkError};
pub use change::{AppendEvents, BeginRun, FinishRun, PurgeLog, RequestStop};
pub use engine::{Ask, Chat, ConversationEvent, ConversationEvents, Driver, RunEvents, Say, Timing, Turn};
pub use event::{Numbered, RunEvent};
pub use model::{
    FinishReason, LanguageModel, ModelError, ModelErrorKind, ModelEvent, ModelInfo, ModelMessage, ModelOptions,
    ModelRequest, ModelStream, Models, ToolSpec,
};
pub use plan::{ContextPlan, Decision, PlanItem, Reason, estimate, estimate_text, plan, render};
pub use run::{Run, RunError, RunLog, RunState, TurnStore};
pub use usage::{Usage, UsageSource};
