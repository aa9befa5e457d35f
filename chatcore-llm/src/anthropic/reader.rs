//! From the events of a message to ours.

use std::collections::{BTreeMap, VecDeque};

use chatcore::turn::{FinishReason, ModelError, ModelEvent, Usage, UsageSource};
use serde_json::Value;

use crate::client::{Complaint, Reader, count, raw_text, text};

/// What is known so far about one message.
#[derive(Debug)]
pub(super) struct MessagesReader {
    provider: String,
    /// Tool calls in the making, by the index of their block.
    calls: BTreeMap<u64, Call>,
    tokens: Tokens,
    finish: Option<FinishReason>,
    begun: bool,
    over: bool,
}

#[derive(Debug)]
struct Call {
    id: String,
    name: String,
    /// What came with the start of the block; pieces, if any come, replace it.
    input: Value,
    pieces: String,
}

/// The counts as last told: each event repeats those that grew.
#[derive(Debug, Default)]
struct Tokens {
    told: bool,
    input: u64,
    output: u64,
    reasoning: u64,
    cache_read: u64,
    cache_write: u64,
}

impl Tokens {
    fn take(&mut self, usage: Option<&Value>) {
        let Some(usage) = usage.filter(|usage| usage.is_object()) else { return };
        self.told = true;
        let set = |path: &str, to: &mut u64| *to = usage.pointer(path).and_then(count).unwrap_or(*to);
        set("/input_tokens", &mut self.input);
        set("/output_tokens", &mut self.output);
        set("/output_tokens_details/thinking_tokens", &mut self.reasoning);
        set("/cache_read_input_tokens", &mut self.cache_read);
        set("/cache_creation_input_tokens", &mut self.cache_write);
    }

    fn usage(&self) -> Option<Usage> {
        self.told.then(|| Usage {
            input: self.input,
            output: self.output.saturating_sub(self.reasoning),
            cache_read: self.cache_read,
            cache_write: self.cache_write,
            reasoning: self.reasoning.min(self.output),
            source: UsageSource::Provider,
        })
    }
}

impl MessagesReader {
    pub(super) fn new(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            calls: BTreeMap::new(),
            tokens: Tokens::default(),
            finish: None,
            begun: false,
            over: false,
        }
    }

    fn start(&mut self, index: u64, block: &Value, out: &mut VecDeque<ModelEvent>) {
        let field = |name: &str| block.get(name).map(text).unwrap_or_default();
        match block.get("type").and_then(Value::as_str) {
            Some("tool_use") => {
                let input = block.get("input").cloned().unwrap_or_default();
                self.calls.insert(index, Call { id: field("id"), name: field("name"), input, pieces: String::new() });
            }
            Some("redacted_thinking") => {
                out.push_back(ModelEvent::Provider { provider: self.provider.clone(), raw: block.clone() });
            }
            Some("text") => push_text(field("text"), out),
            Some("thinking") => push_thought(field("thinking"), field("signature"), out),
            _ => {}
        }
    }

    fn delta(&mut self, index: u64, delta: &Value, out: &mut VecDeque<ModelEvent>) {
        let field = |name: &str| delta.get(name).map(text).unwrap_or_default();
        match delta.get("type").and_then(Value::as_str) {
            Some("text_delta") => push_text(field("text"), out),
            Some("thinking_delta") => push_thought(field("thinking"), String::new(), out),
            Some("signature_delta") => push_thought(String::new(), field("signature"), out),
            Some("input_json_delta") => {
                if let Some(call) = self.calls.get_mut(&index) {
                    call.pieces.push_str(&field("partial_json"));
                }
            }
            _ => {}
        }
    }

    fn stop(&mut self, index: u64, out: &mut VecDeque<ModelEvent>) {
        let Some(call) = self.calls.remove(&index) else { return };
        let arguments = if call.pieces.trim().is_empty() { raw_text(&call.input) } else { call.pieces };
        let arguments = if arguments.is_empty() { "{}".to_owned() } else { arguments };
        out.push_back(ModelEvent::ToolCall { id: call.id, name: call.name, arguments });
    }

    /// The reason, and the words that a refusal comes with.
    fn reason(&mut self, of: &Value, out: &mut VecDeque<ModelEvent>) {
        let Some(word) = of.get("stop_reason").and_then(Value::as_str) else { return };
        self.finish = Some(match word {
            "end_turn" | "stop_sequence" => FinishReason::Stop,
            "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
            "tool_use" => FinishReason::ToolCalls,
            "refusal" => FinishReason::ContentFilter,
            other => FinishReason::Other(other.to_owned()),
        });
        let explanation = of.pointer("/stop_details/explanation").map(text).filter(|text| !text.is_empty());
        out.extend(explanation.map(ModelEvent::Refusal));
    }

    /// A message that was not streamed: each block begins and ends at once.
    fn whole(&mut self, message: &Value, out: &mut VecDeque<ModelEvent>) {
        self.tokens.take(message.get("usage"));
        for (index, block) in (0..).zip(message.get("content").and_then(Value::as_array).into_iter().flatten()) {
            self.start(index, block, out);
            self.stop(index, out);
        }
        self.reason(message, out);
        self.over = self.finish.is_some();
    }
}

fn push_text(text: String, out: &mut VecDeque<ModelEvent>) {
    if !text.is_empty() {
        out.push_back(ModelEvent::Text(text));
    }
}

fn push_thought(text: String, signature: String, out: &mut VecDeque<ModelEvent>) {
    let signature = Some(signature).filter(|signature| !signature.is_empty());
    if !text.is_empty() || signature.is_some() {
        out.push_back(ModelEvent::Reasoning { text, signature });
    }
}

impl Reader for MessagesReader {
    fn object(&mut self, event: &Value, out: &mut VecDeque<ModelEvent>) -> Result<(), ModelError> {
        let index = event.get("index").and_then(count).unwrap_or(0);
        let inner = |name: &str| event.get(name).unwrap_or(&Value::Null);
        match event.get("type").and_then(Value::as_str) {
            Some("error") => return Err(Complaint::from_value(event).to_error(None, None)),
            Some("message_start") => self.tokens.take(event.pointer("/message/usage")),
            Some("content_block_start") => self.start(index, inner("content_block"), out),
            Some("content_block_delta") => self.delta(index, inner("delta"), out),
            Some("content_block_stop") => self.stop(index, out),
            Some("message_delta") => {
                self.tokens.take(event.get("usage"));
                self.reason(inner("delta"), out);
            }
            Some("message_stop") => self.over = self.finish.is_some(),
            Some("message") => self.whole(event, out),
            _ if event.get("error").is_some_and(|error| !error.is_null()) => {
                return Err(Complaint::from_value(event).to_error(None, None));
            }
            // `ping`, and whatever comes to be
            _ => return Ok(()),
        }
        self.begun = true;
        Ok(())
    }

    fn has_begun(&self) -> bool {
        self.begun
    }

    fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    fn is_over(&self) -> bool {
        self.over
    }

    fn usage(&self) -> Option<Usage> {
        self.tokens.usage()
    }

    fn close(&mut self) -> Vec<ModelEvent> {
        let finish = self.finish.take().unwrap_or(FinishReason::Stop);
        self.usage().map(ModelEvent::Usage).into_iter().chain([ModelEvent::Finish(finish)]).collect()
    }
}
