//! Chat Completions: OpenAI itself, and most others.
//!
//! What they send differs in small ways, so reading is lenient: every field may be missing, null or of another type,
//! and what is not known is passed over. It is strict only where a guess would be a lie: an answer that breaks off is an
//! error, never a short answer.

mod delta;
mod reader;
mod request;
mod usage;

use std::sync::atomic::{AtomicBool, Ordering};

use chatcore::turn::ModelError;
pub(crate) use reader::ChatReader;
use request::Dialect;
use serde_json::Value;

use crate::client::{Ask, Complaint, Reader, Wire};

/// The wire, and what the server has been found not to know.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    /// It wants the limit under its old name.
    max_tokens: AtomicBool,
    /// It does not take `stream_options`.
    no_usage: AtomicBool,
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
            max_tokens: self.max_tokens.load(Ordering::Relaxed),
            ask_usage: !self.no_usage.load(Ordering::Relaxed),
        };
        request::body(ask, dialect)
    }

    fn learn(&self, _ask: &Ask<'_>, sent: &Value, complaint: &Complaint) -> bool {
        let about = |field: &str| complaint.names(field);
        if sent.get("stream_options").is_some() && (about("stream_options") || about("include_usage")) {
            self.no_usage.store(true, Ordering::Relaxed);
            return true;
        }
        let rename = sent.get("max_completion_tokens").is_some() && about("max_completion_tokens");
        if rename {
            self.max_tokens.store(true, Ordering::Relaxed);
        }
        rename
    }

    fn reader(&self, _provider: &str) -> Box<dyn Reader> {
        Box::new(ChatReader::default())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_given_up_once() {
        let chat = Chat::default();
        let request = chatcore::turn::ModelRequest::default();
        let ask = Ask { request: &request, model: "m", info: None, provider: "openai" };
        let complaint = |param: &str| Complaint { param: param.into(), ..Complaint::default() };
        let sent = json!({"stream_options": {}});
        assert!(!chat.learn(&ask, &sent, &complaint("max_completion_tokens")));
        assert!(chat.learn(&ask, &sent, &complaint("stream_options")));
        let again = chat.body(&ask).unwrap();
        assert!(!chat.learn(&ask, &again, &complaint("stream_options")), "{again}");
    }
}
