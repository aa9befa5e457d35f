//! Responses: the wire on which OpenAI's models think and keep what they thought between the calls of a tool.
//!
//! Nothing is stored at the provider (`store: false`): the conversation is ours, so all of it is sent. What a model thought
//! comes encrypted, is kept as a block of the provider, and goes back as it came.

mod reader;
mod request;

use chatcore::turn::ModelError;
use serde_json::Value;

use crate::client::{Ask, Reader, Wire};

#[derive(Debug)]
pub(crate) struct Responses;

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
        request::body(ask)
    }

    fn reader(&self, provider: &str) -> Box<dyn Reader> {
        Box::new(reader::ResponsesReader::new(provider))
    }
}
