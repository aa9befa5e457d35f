//! Ollama, in its own language: it tells there what it has, and takes how much of a prompt it is to read, which a client
//! of its OpenAI dialect cannot say.

mod find;
mod reader;
mod request;

use chatcore::turn::ModelError;
pub use find::{find, find_at};
use serde_json::Value;

use crate::client::{Ask, Reader, Wire};

#[derive(Debug)]
pub(crate) struct Chat;

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

    fn content_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Value, ModelError> {
        request::body(ask)
    }

    fn reader(&self, _provider: &str, next_call: usize) -> Box<dyn Reader> {
        Box::new(reader::OllamaReader::numbering_from(next_call))
    }
}
