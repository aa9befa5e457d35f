//! Ollama, in its own language: it tells there what it has, and takes how much of a prompt it is to read, which a client
//! of its OpenAI dialect cannot say.

mod detail;
mod find;
mod reader;
mod request;

use chatcore::turn::{ModelError, ModelInfo};
pub use find::{find, find_at};
use serde_json::Value;

use crate::client::{Ask, Complaint, Lessons, Reader, Wire};

/// The model thinks or does not, and cannot be told how hard.
const NO_LEVELS: &str = "no levels";

/// The wire, and what models have been found not to know.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    lessons: Lessons,
}

impl Wire for Chat {
    fn provider(&self) -> &'static str {
        "ollama"
    }

    fn path(&self) -> &'static [&'static str] {
        &["api", "chat"]
    }

    fn list_path(&self) -> &'static [&'static str] {
        &["api", "tags"]
    }

    fn context_tokens(&self) -> u64 {
        detail::CONTEXT_TOKENS
    }

    fn detail_path(&self) -> Option<&'static [&'static str]> {
        Some(&["api", "show"])
    }

    fn detailed(&self, info: ModelInfo, told: &Value) -> Option<ModelInfo> {
        detail::detailed(info, told)
    }

    fn content_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Value, ModelError> {
        request::body(ask, !self.lessons.has(ask.model, NO_LEVELS))
    }

    /// Most models only know whether to think; a level is refused for them by some versions.
    fn learn(&self, ask: &Ask<'_>, sent: &Value, complaint: &Complaint) -> bool {
        let is_about_level = sent["think"].is_string() && complaint.mentions("think value");
        if is_about_level {
            self.lessons.add(ask.model, NO_LEVELS);
        }
        is_about_level
    }

    fn reader(&self, _provider: &str, next_call: usize) -> Box<dyn Reader> {
        Box::new(reader::OllamaReader::numbering_from(next_call))
    }
}

#[cfg(test)]
mod tests {
    use chatcore::turn::{ModelRequest, ReasoningEffort};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_level_that_is_refused_becomes_a_yes() {
        let mut request = ModelRequest::default();
        request.options.reasoning_effort = Some(ReasoningEffort::Minimal);
        let chat = Chat::default();
        let ask = Ask { request: &request, model: "qwen3", info: None, provider: "ollama" };
        let sent = chat.body(&ask).unwrap();
        assert_eq!(sent["think"], "low");
        let refusal = |text: &str| Complaint::read(json!({"error": text}).to_string().as_bytes());
        assert!(!chat.learn(&ask, &sent, &refusal("\"qwen3\" does not support thinking")));
        let refused = refusal("think value \"low\" is not supported for this model");
        assert!(chat.learn(&ask, &sent, &refused));
        let sent = chat.body(&ask).unwrap();
        assert_eq!(sent["think"], true);
        assert!(!chat.learn(&ask, &sent, &refused));
    }
}
