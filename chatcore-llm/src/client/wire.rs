//! What one wire format has of its own.

use std::collections::VecDeque;

use chatcore::turn::{ModelError, ModelEvent, ModelInfo, ModelRequest, Usage};
use serde_json::Value;

use super::complaint::Complaint;

/// One request, and what is known about the model that it is for.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) request: &'a ModelRequest,
    /// What the server calls the model.
    pub(crate) model: &'a str,
    pub(crate) info: Option<&'a ModelInfo>,
    /// Whose blocks are sent back.
    pub(crate) provider: &'a str,
}

/// A wire format: how a request is written and an answer is read.
pub(crate) trait Wire: Send + Sync {
    /// Whose it is if nobody says.
    fn provider(&self) -> &'static str;

    /// Where requests go, below the base URL.
    fn path(&self) -> &'static [&'static str];

    /// Where the list of models is.
    fn list_path(&self) -> &'static [&'static str];

    /// What is asked of that list.
    fn list_query(&self) -> Option<&'static str> {
        None
    }

    /// What a model is assumed to read when nobody says, in tokens.
    fn context_tokens(&self) -> u64 {
        128_000
    }

    /// Where more is told about one model, to a `POST` of its name, if anywhere.
    fn detail_path(&self) -> Option<&'static [&'static str]> {
        None
    }

    /// A model with what is told there; `None` for one that holds no conversations.
    fn detailed(&self, info: ModelInfo, _told: &Value) -> Option<ModelInfo> {
        Some(info)
    }

    /// The limit that an answer of that model has when nobody says, if this wire sends one then.
    fn longest_answer(&self, _model: &str) -> Option<u64> {
        None
    }

    /// The header that carries the key.
    fn key_header(&self, key: &str) -> (&'static str, String) {
        ("authorization", format!("Bearer {key}"))
    }

    /// Headers that every request has.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The type of a streamed answer.
    fn content_type(&self) -> &'static str {
        "text/event-stream"
    }

    /// Whether a stream is one JSON object a line, and not events.
    fn is_lines(&self) -> bool {
        false
    }

    /// Whether the name of a model tells its tokenizer.
    fn has_known_tokenizer(&self) -> bool {
        false
    }

    /// The body of the request.
    ///
    /// # Errors
    /// For what this wire cannot carry.
    fn body(&self, ask: &Ask<'_>) -> Result<Value, ModelError>;

    /// Takes a lesson from a refusal, so that the next body is another one. False if there is none in it; true also if
    /// another request has taught it in the meantime.
    fn learn(&self, _ask: &Ask<'_>, _sent: &Value, _complaint: &Complaint) -> bool {
        false
    }

    /// Reads one answer. Tool calls that come without an id are numbered from `next_call` on.
    fn reader(&self, provider: &str, next_call: usize) -> Box<dyn Reader>;
}

/// Reads one answer, object by object. Pure: the same for a stream, a whole answer and a recording.
pub(crate) trait Reader: Send {
    /// Reads the next object, or a whole answer as one. What can be told at once goes out.
    ///
    /// # Errors
    /// What the provider reports instead of going on.
    fn object(&mut self, object: &Value, out: &mut VecDeque<ModelEvent>) -> Result<(), ModelError>;

    /// Reads the text of an object that carries words and nothing else, as most do, which takes no tree of it. `false`,
    /// and nothing is read, for any other: that is for [`Self::object`].
    fn words(&mut self, _text: &str, _out: &mut VecDeque<ModelEvent>) -> bool {
        false
    }

    /// Whether something was read that only an answer has.
    fn has_begun(&self) -> bool;

    /// Whether the model said why it ended; at most the usage can still come then.
    fn is_finished(&self) -> bool;

    /// Whether nothing more can come.
    fn is_over(&self) -> bool {
        false
    }

    /// Whether `[DONE]` ends an answer that did not say why it ended.
    fn takes_done(&self) -> bool {
        false
    }

    /// The usage so far, for an answer that breaks off.
    fn usage(&self) -> Option<Usage>;

    /// The end of an answer that is complete: what was kept, its usage, its reason.
    fn close(&mut self) -> Vec<ModelEvent>;
}
