//! From a [`ModelRequest`] to the body of `POST /chat/completions`.

use chatcore::conversation::{Part, Role};
use chatcore::turn::{ModelMessage, ModelRequest, ToolSpec};
use serde_json::{Map, Value, json};

/// What the server is known to accept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    /// The old name of the limit.
    pub(crate) max_tokens: bool,
    /// `stream_options.include_usage`.
    pub(crate) ask_usage: bool,
}

pub(crate) fn body(request: &ModelRequest, model: &str, dialect: Dialect) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.insert("messages".into(), request.messages.iter().flat_map(messages).collect());
    body.insert("stream".into(), true.into());
    if dialect.ask_usage {
        body.insert("stream_options".into(), json!({"include_usage": true}));
    }
    if let Some(limit) = request.options.max_output_tokens {
        let name = if dialect.max_tokens { "max_tokens" } else { "max_completion_tokens" };
        body.insert(name.into(), limit.into());
    }
    if let Some(temperature) = request.options.temperature {
        body.insert("temperature".into(), temperature.into());
    }
    if !request.tools.is_empty() {
        body.insert("tools".into(), request.tools.iter().map(tool).collect());
    }
    Value::Object(body)
}

fn tool(spec: &ToolSpec) -> Value {
    let function = json!({"name": spec.name, "description": spec.description, "parameters": spec.parameters});
    json!({"type": "function", "function": function})
}

/// One message of ours may be several of theirs: a tool result is a message of its own there.
fn messages(message: &ModelMessage) -> Vec<Value> {
    let mut all = Vec::new();
    let mut open = Open::default();
    for part in &message.parts {
        match part {
            Part::Text { text } | Part::Refusal { text } => open.content.push(json!({"type": "text", "text": text})),
            Part::Image { url, .. } => open.content.push(image(url)),
            Part::File { url, name, .. } => open.content.push(file(url, name.as_deref())),
            Part::ToolCall { id, name, arguments } => open.calls.push(json!({
                "id": id, "type": "function", "function": {"name": name, "arguments": arguments}
            })),
            Part::ToolResult { call_id, content, .. } => {
                all.extend(std::mem::take(&mut open).close(message.role));
                all.push(json!({"role": "tool", "tool_call_id": call_id, "content": content}));
            }
            // thoughts are not sent back, and what another provider said means nothing here
            _ => {}
        }
    }
    all.extend(open.close(message.role));
    if all.is_empty() && message.role == Role::User {
        all.push(json!({"role": "user", "content": ""}));
    }
    all
}

/// A message that is being put together.
#[derive(Default)]
struct Open {
    content: Vec<Value>,
    calls: Vec<Value>,
}

impl Open {
    /// The message, unless it is empty.
    fn close(self, role: Role) -> Option<Value> {
        if self.content.is_empty() && self.calls.is_empty() {
            return None;
        }
        let role = match role {
            Role::System => "system",
            Role::User => "user",
            // text beside a tool result is the model's
            Role::Assistant | Role::Tool => "assistant",
        };
        let mut message = json!({"role": role, "content": content(self.content)});
        if !self.calls.is_empty() {
            message["tool_calls"] = self.calls.into();
        }
        Some(message)
    }
}

/// A plain string where there is only text, because every server understands that.
fn content(parts: Vec<Value>) -> Value {
    if parts.is_empty() {
        return Value::Null;
    }
    match parts.iter().map(|part| part["text"].as_str()).collect::<Option<Vec<_>>>() {
        Some(texts) => texts.join("\n\n").into(),
        None => parts.into(),
    }
}

fn image(url: &str) -> Value {
    if is_address(url) {
        json!({"type": "image_url", "image_url": {"url": url}})
    } else {
        json!({"type": "text", "text": "[an image that could not be sent]"})
    }
}

fn file(url: &str, name: Option<&str>) -> Value {
    let name = name.unwrap_or("file");
    if url.starts_with("data:") {
        json!({"type": "file", "file": {"filename": name, "file_data": url}})
    } else {
        json!({"type": "text", "text": format!("[a file that could not be sent: {name}]")})
    }
}

fn is_address(url: &str) -> bool {
    ["data:", "https://", "http://"].iter().any(|scheme| url.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use chatcore::turn::ModelOptions;

    use super::*;

    const DIALECT: Dialect = Dialect { max_tokens: false, ask_usage: true };

    #[test]
    fn a_plain_conversation_is_plain_strings() {
        let request = ModelRequest {
            model: "m".into(),
            messages: vec![
                ModelMessage::text(Role::System, "be kind"),
                ModelMessage { role: Role::User, parts: vec![Part::text("a"), Part::text("b")] },
                ModelMessage { role: Role::Assistant, parts: vec![] },
            ],
            tools: vec![],
            options: ModelOptions { max_output_tokens: Some(9), temperature: Some(0.5) },
        };
        assert_eq!(
            body(&request, "m", DIALECT),
            json!({
                "model": "m", "stream": true, "stream_options": {"include_usage": true},
                "max_completion_tokens": 9, "temperature": 0.5,
                "messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "a\n\nb"}],
            })
        );
        let old = body(&request, "m", Dialect { max_tokens: true, ask_usage: false });
        assert_eq!((&old["max_tokens"], old.get("stream_options")), (&json!(9), None));
    }

    #[test]
    fn images_and_files_make_a_list() {
        let parts = vec![
            Part::text("look"),
            Part::Image { url: "data:image/png;base64,AA==".into(), media_type: None },
            Part::Image { url: "att_1".into(), media_type: None },
            Part::File { url: "data:text/plain,x".into(), name: Some("x.txt".into()), media_type: None },
        ];
        let sent = messages(&ModelMessage { role: Role::User, parts });
        let kinds: Vec<_> = sent[0]["content"].as_array().unwrap().iter().map(|part| part["type"].clone()).collect();
        assert_eq!(kinds, ["text", "image_url", "text", "file"]);
    }

    #[test]
    fn tool_calls_and_results_become_messages_in_order() {
        let call = |id: &str| Part::ToolCall { id: id.into(), name: "look".into(), arguments: "{}".into() };
        let result = |id: &str| Part::ToolResult { call_id: id.into(), content: "seen".into(), is_error: false };
        let thought = Part::Reasoning { text: "hm".into(), signature: None };
        let parts = vec![thought, call("1"), call("2"), result("1"), result("2"), Part::text("done")];
        let sent = messages(&ModelMessage { role: Role::Assistant, parts });
        let roles: Vec<_> = sent.iter().map(|message| message["role"].clone()).collect();
        assert_eq!(roles, ["assistant", "tool", "tool", "assistant"]);
        assert_eq!(sent[0]["content"], Value::Null);
        assert_eq!(sent[0]["tool_calls"][1]["id"], "2");
        assert_eq!(sent[2]["tool_call_id"], "2");
        assert_eq!(sent[3]["content"], "done");
    }
}
