//! The turn: a user message and the run that answers it.

mod answer;
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
pub use change::{AppendEvents, BeginRun, FinishRun, RequestStop};
pub use engine::{Ask, Chat, ConversationEvent, Driver, RunEvents, Say, Timing, Turn};
pub use event::{Numbered, RunEvent};
pub use model::{
    Capabilities, FinishReason, LanguageModel, ModelError, ModelErrorKind, ModelEvent, ModelInfo, ModelMessage,
    ModelOptions, ModelRequest, ModelStream, Models, Prices, ReasoningEffort, ResponseFormat, TokenCounter, ToolChoice,
    ToolSpec,
};
pub use plan::{ContextPlan, Decision, PlanItem, Reason, estimate, estimate_text, plan, render};
pub use run::{Run, RunError, RunLog, RunState, TurnStore};
pub use usage::{Usage, UsageSource};
