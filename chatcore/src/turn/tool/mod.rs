//! Tools: what a model may call while it answers.
//!
//! A tool that the program offers is run by the engine, within the run, and its result is a part of the same message.
//! A tool that only the caller knows is handed to them: the run ends, and [`crate::Chat::tool_results`] goes on.

mod bench;
mod time;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

pub(super) use bench::Bench;
pub use time::CurrentTime;

use super::model::ToolSpec;
use crate::conversation::Part;
use crate::error::Error;
use crate::id::{ConversationId, RunId};
use crate::subject::Subject;

/// Something that a model may call.
#[async_trait]
pub trait Tool: Send + Sync {
    /// Its name, what it does, and the JSON Schema of its arguments, for the model.
    fn spec(&self) -> ToolSpec;

    /// Does it, and says what the model is to read. Dropping the future cancels the work: somebody stopped the run, or
    /// [`Self::patience`] is over.
    ///
    /// # Errors
    /// [`ToolError`], which the model reads as well; the run goes on.
    async fn call(&self, call: ToolCall) -> Result<String, ToolError>;

    /// How long a call may take.
    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }
}

/// One call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// The provider's id of the call.
    pub id: String,
    /// What the model wrote, parsed. Whether it fits the schema is for the tool to see.
    pub arguments: Value,
    /// For whom.
    pub owner: Subject,
    /// In which conversation.
    pub conversation: ConversationId,
    /// In which run.
    pub run: RunId,
}

/// What a caller's own tool answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutcome {
    /// The id of the call.
    pub call_id: String,
    /// The answer, text as a rule.
    pub content: String,
    /// Whether the tool failed.
    pub is_error: bool,
}

impl From<ToolOutcome> for Part {
    fn from(ToolOutcome { call_id, content, is_error }: ToolOutcome) -> Self {
        Self::ToolResult { call_id, content, is_error }
    }
}

/// Why a tool did not do what the model asked.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ToolError {
    /// What the model is told: never a secret.
    pub message: String,
    /// What lies beneath, for the log.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ToolError {
    /// An error with what the model is told.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// With what lies beneath.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// The tools of a program, and how far models may go with them.
#[derive(Clone)]
pub struct Tools {
    by_name: BTreeMap<String, Arc<dyn Tool>>,
    pub(super) max_rounds: usize,
    pub(super) at_once: usize,
    pub(super) max_result: usize,
}

impl Default for Tools {
    fn default() -> Self {
        Self { by_name: BTreeMap::new(), max_rounds: 8, at_once: 4, max_result: 64 * 1024 }
    }
}

impl std::fmt::Debug for Tools {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_name.keys()).finish()
    }
}

impl Tools {
    /// No tools.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With another tool; it takes the place of one of the same name.
    #[must_use]
    pub fn with(mut self, tool: impl Tool + 'static) -> Self {
        self.by_name.insert(tool.spec().name, Arc::new(tool));
        self
    }

    /// How often a run goes back to the model with results; 8 if nobody says. The run then ends, and its reason is
    /// `tool_rounds`.
    #[must_use]
    pub fn max_rounds(mut self, rounds: usize) -> Self {
        self.max_rounds = rounds;
        self
    }

    /// How many calls of a run are made at once, at least 1; 4 if nobody says.
    #[must_use]
    pub fn at_once(mut self, calls: usize) -> Self {
        self.at_once = calls;
        self
    }

    /// The longest result in bytes, 65,536 if nobody says; of a longer one the model reads the beginning.
    #[must_use]
    pub fn max_result(mut self, bytes: usize) -> Self {
        self.max_result = bytes;
        self
    }

    /// What a model is told: these tools, and those of the caller.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the caller's tools cannot be told apart from each other or from these, or have a name that
    /// providers do not take.
    pub(super) fn offered(&self, of_caller: &[ToolSpec]) -> Result<Vec<ToolSpec>, Error> {
        let mut offered: Vec<ToolSpec> = self.by_name.values().map(|tool| tool.spec()).collect();
        if of_caller.len() > MAX_OF_CALLER {
            return Err(Error::invalid("tools", format!("are more than {MAX_OF_CALLER}")));
        }
        for spec in of_caller {
            check(spec)?;
            if offered.iter().any(|known| known.name == spec.name) {
                return Err(Error::invalid("tools", format!("has `{}` twice", spec.name)));
            }
            offered.push(spec.clone());
        }
        Ok(offered)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Arc<dyn Tool>> {
        self.by_name.get(name)
    }
}

/// Tools that a caller may bring.
const MAX_OF_CALLER: usize = 128;
/// What providers take as a name.
const MAX_NAME: usize = 64;

fn check(spec: &ToolSpec) -> Result<(), Error> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if spec.name.is_empty() || spec.name.len() > MAX_NAME || !spec.name.chars().all(is_name) {
        return Err(Error::invalid("tools", "have names of 1 to 64 letters, digits, `_` and `-`"));
    }
    if !spec.parameters.is_object() {
        return Err(Error::invalid("tools", format!("`{}` has parameters that are not a JSON Schema", spec.name)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::ManualClock;

    fn spec(name: &str, parameters: Value) -> ToolSpec {
        ToolSpec { name: name.into(), description: String::new(), parameters }
    }

    #[test]
    fn tools_of_the_caller_are_looked_at() {
        let tools = Tools::new().with(CurrentTime::new(ManualClock::default()));
        let fine = spec("weather-2", json!({"type": "object"}));
        let names = |specs: Vec<ToolSpec>| specs.into_iter().map(|spec| spec.name).collect::<Vec<_>>();
        assert_eq!(names(tools.offered(std::slice::from_ref(&fine)).unwrap()), ["current_time", "weather-2"]);
        for wrong in [
            vec![spec("current_time", json!({}))],
            vec![fine.clone(), fine.clone()],
            vec![spec("", json!({}))],
            vec![spec("two words", json!({}))],
            vec![spec(&"n".repeat(65), json!({}))],
            vec![spec("weather", json!("text"))],
            (0..129).map(|n| spec(&format!("tool{n}"), json!({}))).collect(),
        ] {
            assert!(matches!(tools.offered(&wrong), Err(Error::Invalid { field: "tools", .. })), "{wrong:?}");
        }
    }
}
