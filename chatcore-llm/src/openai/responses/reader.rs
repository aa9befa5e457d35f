//! From the typed events of a response to ours.

use std::collections::VecDeque;

use chatcore::turn::{FinishReason, ModelError, ModelErrorKind, ModelEvent, Usage, UsageSource};
use serde_json::Value;

use crate::client::{Complaint, Reader, count, raw_text, text};

/// What is known so far about one response.
#[derive(Debug)]
pub(super) struct ResponsesReader {
    provider: String,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
    begun: bool,
    called: bool,
    /// The part of the summary that was last heard of; another one begins a paragraph.
    summary: Option<(String, u64)>,
}

impl ResponsesReader {
    pub(super) fn new(provider: &str) -> Self {
        let provider = provider.to_owned();
        Self { provider, usage: None, finish: None, begun: false, called: false, summary: None }
    }

    fn delta(&mut self, kind: &str, event: &Value, out: &mut VecDeque<ModelEvent>) {
        let delta = event.get("delta").map(text).unwrap_or_default();
        if delta.is_empty() {
            return;
        }
        match kind {
            "response.output_text.delta" => out.push_back(ModelEvent::Text(delta)),
            "response.refusal.delta" => out.push_back(ModelEvent::Refusal(delta)),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                let text = self.paragraph(event) + &delta;
                out.push_back(ModelEvent::Reasoning { text, signature: None });
            }
            // arguments come once more, whole, at the end of their item
            _ => {}
        }
    }

    /// What separates this part of a summary from the one before it.
    fn paragraph(&mut self, event: &Value) -> String {
        let item = event.get("item_id").map(text).unwrap_or_default();
        let index = ["summary_index", "content_index"].into_iter().find_map(|name| count(event.get(name)?));
        let part = Some((item, index.unwrap_or(0)));
        let is_next = self.summary.is_some() && self.summary != part;
        self.summary = part;
        if is_next { "\n\n".to_owned() } else { String::new() }
    }

    /// An item that is complete. Its text has been heard already; calls and thoughts are only now whole.
    fn item(&mut self, item: &Value, out: &mut VecDeque<ModelEvent>) {
        let field = |name: &str| item.get(name).map(raw_text).unwrap_or_default();
        match item.get("type").and_then(Value::as_str) {
            Some("function_call") => {
                self.called = true;
                let arguments = Some(field("arguments")).filter(|arguments| !arguments.trim().is_empty());
                out.push_back(ModelEvent::ToolCall {
                    id: field("call_id"),
                    name: field("name"),
                    arguments: arguments.unwrap_or_else(|| "{}".to_owned()),
                });
            }
            Some("reasoning") if item.get("encrypted_content").is_some_and(Value::is_string) => {
                let mut raw = item.clone();
                if let Some(fields) = raw.as_object_mut() {
                    // which cannot be sent
                    fields.remove("status");
                }
                out.push_back(ModelEvent::Provider { provider: self.provider.clone(), raw });
            }
            _ => {}
        }
    }

    /// A response that was not streamed: its items say what events would have.
    fn whole(&mut self, response: &Value, out: &mut VecDeque<ModelEvent>) {
        for item in response.get("output").and_then(Value::as_array).into_iter().flatten() {
            for part in item.get("content").and_then(Value::as_array).into_iter().flatten() {
                match part.get("type").and_then(Value::as_str) {
                    Some("output_text") => out.extend(part.get("text").map(text).map(ModelEvent::Text)),
                    Some("refusal") => out.extend(part.get("refusal").map(text).map(ModelEvent::Refusal)),
                    _ => {}
                }
            }
            self.item(item, out);
        }
    }

    fn end(&mut self, response: &Value) -> Result<(), ModelError> {
        self.usage = usage(response).or(self.usage);
        let reason = response.pointer("/incomplete_details/reason").and_then(Value::as_str);
        let finish = match (response.get("status").and_then(Value::as_str), reason) {
            (Some("failed"), _) => return Err(failed(response)),
            (Some("cancelled"), _) => {
                return Err(ModelError::new(ModelErrorKind::Interrupted, "the provider cancelled the answer"));
            }
            (Some("incomplete"), Some("content_filter")) => FinishReason::ContentFilter,
            (Some("incomplete"), Some("max_output_tokens") | None) => FinishReason::Length,
            (Some("incomplete"), Some(other)) => FinishReason::Other(other.to_owned()),
            (Some("completed"), _) => FinishReason::Stop,
            // neither begun well nor ended: what comes next decides
            _ => return Ok(()),
        };
        self.finish = Some(finish);
        Ok(())
    }
}

fn failed(response: &Value) -> ModelError {
    match response.get("error").filter(|error| !error.is_null()) {
        Some(_) => Complaint::from_value(response).to_error(None, None),
        None => ModelError::new(ModelErrorKind::Unavailable, "the provider failed without saying why"),
    }
}

impl Reader for ResponsesReader {
    fn object(&mut self, event: &Value, out: &mut VecDeque<ModelEvent>) -> Result<(), ModelError> {
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
        let response = event.get("response").unwrap_or(&Value::Null);
        match kind {
            "error" => return Err(Complaint::from_value(event).to_error(None, None)),
            "response.failed" => {
                self.usage = usage(response).or(self.usage);
                return Err(failed(response));
            }
            "response.completed" | "response.incomplete" | "response.cancelled" => self.end(response)?,
            "response.output_item.done" => self.item(event.get("item").unwrap_or(&Value::Null), out),
            _ if kind.ends_with(".delta") => self.delta(kind, event, out),
            _ if event.get("object").and_then(Value::as_str) == Some("response") => {
                self.end(event)?;
                self.whole(event, out);
            }
            _ if event.get("error").is_some_and(|error| !error.is_null()) => {
                return Err(Complaint::from_value(event).to_error(None, None));
            }
            _ => {}
        }
        self.begun |= kind.starts_with("response.") || self.finish.is_some();
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
        let finish = match self.finish.take() {
            Some(FinishReason::Stop) if self.called => FinishReason::ToolCalls,
            Some(finish) => finish,
            None => FinishReason::Stop,
        };
        self.usage.map(ModelEvent::Usage).into_iter().chain([ModelEvent::Finish(finish)]).collect()
    }
}

/// The usage that a response tells, split into parts that do not overlap.
fn usage(response: &Value) -> Option<Usage> {
    let told = response.get("usage").filter(|usage| usage.is_object())?;
    let at = |path: &str| told.pointer(path).and_then(count);
    let (input, output) = (at("/input_tokens"), at("/output_tokens"));
    if input.is_none() && output.is_none() {
        return None;
    }
    let cache_read = at("/input_tokens_details/cached_tokens").unwrap_or(0);
    let cache_write = at("/input_tokens_details/cache_write_tokens").unwrap_or(0);
    let reasoning = at("/output_tokens_details/reasoning_tokens").unwrap_or(0);
    Some(Usage {
        input: input.unwrap_or(0).saturating_sub(cache_read).saturating_sub(cache_write),
        output: output.unwrap_or(0).saturating_sub(reasoning),
        cache_read,
        cache_write,
        reasoning,
        source: UsageSource::Provider,
    })
}
