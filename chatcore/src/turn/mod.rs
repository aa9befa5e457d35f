//! The turn: a user message and the run that answers it.

mod answer;
mod bookmark;
mod change;
mod count;
mod engine;
mod event;
mod hook;
mod hub;
mod model;
mod plan;
mod run;
mod seen;
mod title;
mod tool;
mod usage;

pub use answer::Answer;
pub(crate) use answer::materialise;
pub use bookmark::{Bookmark, BookmarkError};
pub use change::{AppendEvents, BeginRun, FinishRun, PurgeLog, RequestStop, SeedLog, StartRun};
pub(crate) use count::counted_usage;
pub use engine::{
    Ask, Chat, ConversationEvent, ConversationEvents, Driver, MAX_WAITING, ModelSpent, Outcome, Policy, Preview,
    PriceRange, RunEvents, Say, Spent, Timing, Turn,
};
pub use event::{Numbered, RunEvent};
pub use hook::{Ended, Hook, Outgoing, Refusal};
pub use model::{
    Capabilities, FinishReason, LanguageModel, ModelError, ModelErrorKind, ModelEvent, ModelInfo, ModelMessage,
    ModelOptions, ModelRequest, ModelStream, Models, Prices, ReasoningEffort, ResponseFormat, TokenCounter, ToolChoice,
    ToolSpec,
};
pub use plan::{Context, ContextPlan, Decision, Estimate, MIN_BUDGET, PlanItem, Reason, estimate, estimate_text, plan};
pub use run::{Run, RunError, RunLog, RunState, TurnStore};
pub use title::Titles;
pub use tool::{CurrentTime, Tool, ToolCall, ToolError, ToolOutcome, Tools};
pub use usage::{Usage, UsageByModel, UsageSource};
