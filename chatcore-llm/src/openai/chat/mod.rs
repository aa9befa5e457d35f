//! Chat Completions: OpenAI itself, and most others.
//!
//! What they send differs in small ways, so reading is lenient: every field may be missing, null or of another type,
//! and what is not known is passed over. It is strict only where a guess would be a lie: an answer that breaks off is an
//! error, never a short answer.

mod delta;
mod reader;
mod request;
mod usage;

use chatcore::turn::ModelError;
pub(crate) use reader::ChatReader;
use request::Dialect;
use serde_json::Value;

use crate::client::{Ask, Complaint, Lessons, Reader, Wire};

/// The model wants the limit under its old name.
const OLD_LIMIT: &str = "max_tokens";
/// The model does not take `stream_options`.
const NO_USAGE: &str = "no usage";

/// The wire, and what models have been found not to know.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    lessons: Lessons,
}

impl Wire for Chat {
    fn provider(&self) -> &'static str {
        "openai"
    }

    fn path(&self) -> &'static [&'static str] {
        &["chat", "completions"]
    }

    fn list_path(&self) -> &'static [&'static str] {
        &["models"]
    }

    fn has_known_tokenizer(&self) -> bool {
        true
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Value, ModelError> {
        let dialect = Dialect {
            max_tokens: self.lessons.has(ask.model, OLD_LIMIT),
            ask_usage: !self.lessons.has(ask.model, NO_USAGE),
        };
        request::body(ask, dialect)
    }

    /// Older servers know the limit by its old name alone, newer models of OpenAI by its new name alone.
    fn learn(&self, ask: &Ask<'_>, sent: &Value, complaint: &Complaint) -> bool {
        let has = |field: &str| sent.get(field).is_some();
        let about = |field: &str| complaint.names(field);
        if has("stream_options") && (about("stream_options") || about("include_usage")) {
            self.lessons.add(ask.model, NO_USAGE);
            return true;
        }
        if !complaint.is_about_unknown_field() {
            return false;
        }
        if has("max_completion_tokens") && about("max_completion_tokens") {
            self.lessons.add(ask.model, OLD_LIMIT);
            return true;
        }
        let new_name = has("max_tokens") && complaint.message.contains("max_completion_tokens");
        if new_name {
            self.lessons.remove(ask.model, OLD_LIMIT);
        }
        new_name
    }

    fn reader(&self, _provider: &str, next_call: usize) -> Box<dyn Reader> {
        Box::new(ChatReader::numbering_from(next_call))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask<'a>(request: &'a chatcore::turn::ModelRequest, model: &'a str) -> Ask<'a> {
        Ask { request, model, info: None, provider: "openai" }
    }

    fn complaint(message: &str, param: &str) -> Complaint {
        Complaint { message: message.into(), param: param.into(), ..Complaint::default() }
    }

    #[test]
    fn a_field_is_given_up_once() {
        let (chat, request) = (Chat::default(), chatcore::turn::ModelRequest::default());
        let ask = ask(&request, "m");
        let sent = json!({"stream_options": {}});
        assert!(!chat.learn(&ask, &sent, &complaint("Unknown parameter", "max_completion_tokens")));
        assert!(chat.learn(&ask, &sent, &complaint("", "stream_options")));
        let again = chat.body(&ask).unwrap();
        assert!(!chat.learn(&ask, &again, &complaint("", "stream_options")), "{again}");
    }

    #[test]
    fn the_name_of_the_limit_is_learned_for_each_model_and_unlearned() {
        let mut request = chatcore::turn::ModelRequest::default();
        request.options.max_output_tokens = Some(9);
        let (chat, old, new) = (Chat::default(), ask(&request, "old"), ask(&request, "new"));
        let sent = chat.body(&old).unwrap();
        let too_large = "Invalid 'max_completion_tokens': integer above maximum value.";
        assert!(!chat.learn(&old, &sent, &complaint(too_large, "max_completion_tokens")));
        assert_eq!(chat.body(&old).unwrap(), sent, "a value that is too large says nothing about the name");
        let unknown = complaint("Unrecognized request argument supplied: max_completion_tokens", "");
        assert!(chat.learn(&old, &sent, &unknown));
        assert!(chat.learn(&old, &sent, &unknown), "another request on its way at the same time");
        let renamed = chat.body(&old).unwrap();
        assert_eq!((&renamed["max_tokens"], renamed.get("max_completion_tokens")), (&json!(9), None));
        assert_eq!(chat.body(&new).unwrap()["max_completion_tokens"], 9);
        let other = "Unsupported parameter: 'max_tokens' is not supported with this model. \
            Use 'max_completion_tokens' instead.";
        assert!(chat.learn(&old, &renamed, &complaint(other, "max_tokens")));
        assert_eq!(chat.body(&old).unwrap()["max_completion_tokens"], 9);
    }
}
