//! What the mock says when nobody told it what to say, in the proper shape of each wire.

pub(super) mod chat;
pub(super) mod messages;
pub(super) mod ollama;
pub(super) mod responses;

use serde_json::{Value, json};

use super::answer::Answer;

/// Who is speaking, and when.
pub(super) struct Frame {
    pub(super) number: usize,
    pub(super) created: i64,
}

/// What a request comes down to, on every wire.
struct Question {
    /// The last message.
    heard: String,
    /// Whether a tool said it.
    from_tool: bool,
    /// The tool that must be called.
    tool: Option<String>,
    /// The longest answer, in words.
    limit: Option<u64>,
    /// Words of the prompt.
    words: usize,
}

/// What is said to it.
struct Reply {
    text: String,
    /// The tool that is called instead.
    call: Option<String>,
    /// Whether the limit cut it off.
    cut: bool,
    input: usize,
    output: usize,
}

impl Reply {
    fn to(question: Question) -> Self {
        let Question { heard, from_tool, tool, limit, words: input } = question;
        let who = if from_tool { "The tool" } else { "You" };
        let mut text = if tool.is_some() { String::new() } else { format!("{who} said: {heard}") };
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let cut = words(&text) > limit;
        if cut {
            text = text.split_inclusive(char::is_whitespace).take(limit).collect();
        }
        let output = words(&text);
        Self { text, call: tool, cut, input, output }
    }

    /// The text word by word.
    fn pieces(&self) -> impl Iterator<Item = &str> {
        self.text.split_inclusive(char::is_whitespace)
    }
}

/// A string, or the texts of a list of parts.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// The list of models, in a shape that clients of OpenAI and of Anthropic both read.
pub(super) fn models(ids: &[String], created: i64) -> Answer {
    let data: Vec<_> = ids.iter().map(|id| model(id, created)).collect();
    Answer::json(&json!({"object": "list", "data": data, "has_more": false, "first_id": null, "last_id": null}))
}

/// One of them.
pub(super) fn one_model(ids: &[String], id: &str, created: i64) -> Answer {
    if ids.iter().any(|known| known == id) { Answer::json(&model(id, created)) } else { chat::unknown_model(id) }
}

fn model(id: &str, created: i64) -> Value {
    json!({
        "id": id, "object": "model", "created": created, "owned_by": "mock",
        "type": "model", "display_name": id, "created_at": "2025-01-01T00:00:00Z",
    })
}

/// One event with its name.
fn named(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())
}
