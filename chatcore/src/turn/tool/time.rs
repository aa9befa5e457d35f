//! The one tool that comes with the library: models know no time.

use async_trait::async_trait;
use serde_json::json;

use super::{Tool, ToolCall, ToolError};
use crate::clock::Clock;
use crate::turn::ToolSpec;

/// Tells the time, in UTC.
pub struct CurrentTime<C>(C);

impl<C: Clock> CurrentTime<C> {
    /// By that clock.
    pub const fn new(clock: C) -> Self {
        Self(clock)
    }
}

#[async_trait]
impl<C: Clock> Tool for CurrentTime<C> {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "current_time".into(),
            description: "Tells the current date and time in UTC, as RFC 3339.".into(),
            parameters: json!({"type": "object", "properties": {}, "additionalProperties": false}),
        }
    }

    async fn call(&self, _call: ToolCall) -> Result<String, ToolError> {
        Ok(self.0.now().to_string())
    }
}
