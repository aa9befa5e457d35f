//! Anthropic's Messages.
//!
//! Thoughts come with a signature, and some come encrypted; both go back as they came, because a model that called a tool
//! goes on from what it thought.

mod reader;
mod request;

use chatcore::turn::ModelError;
use serde_json::Value;

use crate::client::{Ask, Complaint, Lessons, Reader, Wire};

/// The model chooses for itself how long it thinks.
const ADAPTIVE: &str = "adaptive";

/// The wire, and what models have been found to refuse.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    lessons: Lessons,
}

/// The longest answer of a model when nobody says: this wire must be told a limit, and refuses one that is too high.
fn longest_answer(model: &str) -> u64 {
    let is_old = ["claude-2", "claude-instant", "claude-3-opus", "claude-3-sonnet", "claude-3-haiku"];
    if is_old.iter().any(|name| model.starts_with(name)) { 4096 } else { 8192 }
}

impl Wire for Messages {
    fn provider(&self) -> &'static str {
        "anthropic"
    }

    fn path(&self) -> &'static [&'static str] {
        &["v1", "messages"]
    }

    fn list_path(&self) -> &'static [&'static str] {
        &["v1", "models"]
    }

    fn list_query(&self) -> Option<&'static str> {
        // a page has 20 unless asked otherwise
        Some("limit=1000")
    }

    fn longest_answer(&self, model: &str) -> Option<u64> {
        Some(longest_answer(model))
    }

    fn key_header(&self, key: &str) -> (&'static str, String) {
        ("x-api-key", key.to_owned())
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Value, ModelError> {
        request::body(ask, self.lessons.has(ask.model, ADAPTIVE))
    }

    /// Older models want a budget for their thoughts, newer ones refuse it.
    fn learn(&self, ask: &Ask<'_>, sent: &Value, complaint: &Complaint) -> bool {
        let has_budget = sent.pointer("/thinking/budget_tokens").is_some();
        let refused =
            ["thinking.type.enabled", "is not supported"].iter().all(|words| complaint.message.contains(words));
        if has_budget && refused {
            self.lessons.add(ask.model, ADAPTIVE);
        }
        has_budget && refused
    }

    fn reader(&self, provider: &str, _next_call: usize) -> Box<dyn Reader> {
        Box::new(reader::MessagesReader::new(provider))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_refused_budget_makes_a_model_adaptive() {
        let (wire, request) = (Messages::default(), chatcore::turn::ModelRequest::default());
        let ask = Ask { request: &request, model: "m", info: None, provider: "anthropic" };
        let sent = json!({"thinking": {"type": "enabled", "budget_tokens": 1024}});
        let learn = |message: &str, sent: &Value| {
            wire.learn(&ask, sent, &Complaint { message: message.into(), ..Complaint::default() })
        };
        for other in [
            "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.",
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        ] {
            assert!(!learn(other, &sent) && !wire.lessons.has("m", ADAPTIVE), "{other}");
        }
        let refusal = "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\".";
        assert!(!learn(refusal, &json!({"thinking": {"type": "adaptive"}})));
        assert!(learn(refusal, &sent) && wire.lessons.has("m", ADAPTIVE));
        assert!(learn(refusal, &sent), "another request on its way at the same time is sent again too");
    }
}
