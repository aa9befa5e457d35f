//! Responses: the wire on which OpenAI's models think and keep what they thought between the calls of a tool.
//!
//! Nothing is stored at the provider (`store: false`): the conversation is ours, so all of it is sent. What a model thought
//! comes encrypted, is kept as a block of the provider, and goes back as it came.

mod reader;
mod request;

use chatcore::turn::ModelError;
use request::{Dialect, ENCRYPTED};
use serde_json::Value;

use crate::client::{Ask, Complaint, Lessons, Reader, Wire};

/// The model does not give its thoughts, encrypted or not.
const NO_THOUGHTS: &str = "no thoughts";
/// It gives no summary of them, or not to this organisation.
const NO_SUMMARY: &str = "no summary";

/// The wire, and what models have been found to refuse.
#[derive(Debug, Default)]
pub(crate) struct Responses {
    lessons: Lessons,
}

impl Wire for Responses {
    fn provider(&self) -> &'static str {
        "openai"
    }

    fn path(&self) -> &'static [&'static str] {
        &["responses"]
    }

    fn list_path(&self) -> &'static [&'static str] {
        &["models"]
    }

    fn has_known_tokenizer(&self) -> bool {
        true
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Value, ModelError> {
        let dialect = Dialect {
            thoughts: !self.lessons.has(ask.model, NO_THOUGHTS),
            summary: !self.lessons.has(ask.model, NO_SUMMARY),
        };
        request::body(ask, dialect)
    }

    /// Models that do not reason refuse to show thoughts, and summaries are for organisations that showed who they are.
    fn learn(&self, ask: &Ask<'_>, sent: &Value, complaint: &Complaint) -> bool {
        let says = |words: &str| complaint.message.contains(words);
        let is_about_thoughts = complaint.param.starts_with("include") || says("ncrypted content") || says(ENCRYPTED);
        let is_about_summary = complaint.names("reasoning.summary") || says("reasoning summaries");
        let fact = if is_about_summary && sent.pointer("/reasoning/summary").is_some() {
            NO_SUMMARY
        } else if is_about_thoughts && sent.get("include").is_some() {
            NO_THOUGHTS
        } else {
            return false;
        };
        self.lessons.add(ask.model, fact);
        true
    }

    fn reader(&self, provider: &str, _next_call: usize) -> Box<dyn Reader> {
        Box::new(reader::ResponsesReader::new(provider))
    }
}

#[cfg(test)]
mod tests {
    use chatcore::turn::{ModelRequest, ReasoningEffort};

    use super::*;

    #[test]
    fn what_a_model_refuses_is_left_out_for_that_model() {
        let mut request = ModelRequest::default();
        request.options.reasoning_effort = Some(ReasoningEffort::Low);
        let wire = Responses::default();
        let ask = |model| Ask { request: &request, model, info: None, provider: "openai" };
        let learn = |message: &str, param: &str| {
            let complaint = Complaint { message: message.into(), param: param.into(), ..Complaint::default() };
            wire.learn(&ask("m"), &wire.body(&ask("m")).unwrap(), &complaint)
        };
        assert!(!learn("Invalid value: 'low'.", "reasoning.effort"));
        assert!(!learn("input must include a message", ""));
        assert!(learn("Your organization must be verified to generate reasoning summaries.", "reasoning.summary"));
        let body = wire.body(&ask("m")).unwrap();
        assert_eq!(
            (body["reasoning"].clone(), body.get("include").is_some()),
            (serde_json::json!({"effort": "low"}), true)
        );
        assert!(!learn("no reasoning summaries", "reasoning.summary"), "it was not asked for any more");
        assert!(learn("Encrypted content is not supported with this model.", "include"));
        assert_eq!(wire.body(&ask("m")).unwrap().get("include"), None);
        assert_eq!(wire.body(&ask("n")).unwrap()["reasoning"]["summary"], "auto");
    }
}
