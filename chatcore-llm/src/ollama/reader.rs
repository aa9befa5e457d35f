//! From the lines of an answer to events.

use std::collections::VecDeque;

use chatcore::turn::{FinishReason, ModelError, ModelEvent, Usage, UsageSource};
use serde_json::Value;

use crate::client::{Complaint, Reader, count, raw_text, text};

/// What is known so far about one answer.
#[derive(Debug, Default)]
pub(super) struct OllamaReader {
    /// The number of the first call, for an id where none came.
    first_call: usize,
    calls: usize,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
    begun: bool,
}

impl OllamaReader {
    /// A reader that gives calls without an id one of its own, this number first.
    pub(super) fn numbering_from(first_call: usize) -> Self {
        Self { first_call, ..Self::default() }
    }

    fn message(&mut self, message: &Value, out: &mut VecDeque<ModelEvent>) {
        let field = |name: &str| message.get(name).map(text).filter(|text| !text.is_empty());
        if let Some(text) = field("thinking") {
            out.push_back(ModelEvent::Reasoning { text, signature: None });
        }
        if let Some(text) = field("content") {
            out.push_back(ModelEvent::Text(text));
        }
        for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            let function = call.get("function").unwrap_or(call);
            let id = call.get("id").map(text).filter(|id| !id.is_empty());
            let arguments = function.get("arguments").map(raw_text).filter(|text| !text.is_empty());
            out.push_back(ModelEvent::ToolCall {
                id: id.unwrap_or_else(|| format!("call_{}", self.first_call + self.calls)),
                name: function.get("name").map(text).unwrap_or_default(),
                arguments: arguments.unwrap_or_else(|| "{}".to_owned()),
            });
            self.calls += 1;
        }
    }

    fn end(&mut self, line: &Value) {
        let at = |name: &str| line.get(name).and_then(count);
        let (input, output) = (at("prompt_eval_count"), at("eval_count"));
        // what its cache served it leaves out of the count, so that a prompt may seem to have no tokens
        self.usage = (input.is_some() || output.is_some()).then(|| Usage {
            input: input.unwrap_or(0),
            output: output.unwrap_or(0),
            source: UsageSource::Provider,
            ..Usage::default()
        });
        self.finish = Some(match line.get("done_reason").and_then(Value::as_str) {
            _ if self.calls > 0 => FinishReason::ToolCalls,
            None | Some("stop" | "") => FinishReason::Stop,
            Some("length") => FinishReason::Length,
            Some(other) => FinishReason::Other(other.to_owned()),
        });
    }
}

impl Reader for OllamaReader {
    fn object(&mut self, line: &Value, out: &mut VecDeque<ModelEvent>) -> Result<(), ModelError> {
        if line.get("error").is_some_and(|error| !error.is_null()) {
            return Err(Complaint::from_value(line).to_error(None, None));
        }
        let message = line.get("message");
        self.begun |= message.is_some();
        if let Some(message) = message {
            self.message(message, out);
        }
        if line.get("done") == Some(&Value::Bool(true)) {
            self.end(line);
        }
        Ok(())
    }

    fn has_begun(&self) -> bool {
        self.begun
    }

    fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    fn is_over(&self) -> bool {
        self.finish.is_some()
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn close(&mut self) -> Vec<ModelEvent> {
        let finish = self.finish.take().unwrap_or(FinishReason::Stop);
        self.usage.map(ModelEvent::Usage).into_iter().chain([ModelEvent::Finish(finish)]).collect()
    }
}
