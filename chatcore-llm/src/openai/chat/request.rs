//! From a [`ModelRequest`] to the body of `POST /chat/completions`.

use chatcore::conversation::{Part, Role};
use chatcore::turn::{ModelError, ModelMessage, ResponseFormat, ToolChoice, ToolSpec};
use serde_json::{Map, Value, json};

use crate::client::{Ask, GO_ON, Source, bad_request};
use crate::openai::effort;

/// What the server is known to accept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// The old name of the limit.
    pub(super) max_tokens: bool,
    /// `stream_options.include_usage`.
    pub(super) ask_usage: bool,
}

pub(super) fn body(ask: &Ask<'_>, dialect: Dialect) -> Result<Value, ModelError> {
    let (request, options) = (ask.request, &ask.request.options);
    let mut all = Vec::new();
    for message in &request.messages {
        all.extend(messages(message)?);
    }
    go_on(&mut all);
    let mut body = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    set("model", Some(ask.model.into()));
    set("messages", Some(all.into()));
    set("stream", Some(true.into()));
    set("stream_options", dialect.ask_usage.then(|| json!({"include_usage": true})));
    let limit = if dialect.max_tokens { "max_tokens" } else { "max_completion_tokens" };
    set(limit, options.max_output_tokens.map(Value::from));
    set("temperature", options.temperature.map(Value::from));
    set("top_p", options.top_p.map(Value::from));
    set("stop", (!options.stop.is_empty()).then(|| options.stop.clone().into()));
    set("reasoning_effort", options.reasoning_effort.map(effort).map(Value::from));
    set("response_format", options.response_format.as_ref().and_then(format));
    if !request.tools.is_empty() {
        set("tools", Some(request.tools.iter().map(tool).collect()));
        set("tool_choice", options.tool_choice.as_ref().map(choice));
    }
    Ok(Value::Object(body))
}

fn tool(spec: &ToolSpec) -> Value {
    let function = json!({"name": spec.name, "description": spec.description, "parameters": spec.parameters});
    json!({"type": "function", "function": function})
}

fn choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::None => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Tool { name } => json!({"type": "function", "function": {"name": name}}),
        _ => "auto".into(),
    }
}

fn format(format: &ResponseFormat) -> Option<Value> {
    match format {
        ResponseFormat::JsonObject => Some(json!({"type": "json_object"})),
        ResponseFormat::JsonSchema { name, schema, strict } => {
            Some(json!({"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": strict}}))
        }
        _ => None,
    }
}

/// One message of ours may be several of theirs: a tool result is a message of its own there.
fn messages(message: &ModelMessage) -> Result<Vec<Value>, ModelError> {
    let mut all = Vec::new();
    let mut open = Open::default();
    for part in &message.parts {
        match part {
            Part::Text { text } | Part::Refusal { text } => open.content.push(json!({"type": "text", "text": text})),
            Part::Image { url, media_type } => open.content.push(image(&Source::of(url, media_type.as_deref())?)),
            Part::File { url, name, media_type } => {
                open.content.push(file(&Source::of(url, media_type.as_deref())?, name.as_deref())?);
            }
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
    Ok(all)
}

/// Has an answer that is the last thing continued.
fn go_on(all: &mut Vec<Value>) {
    let Some(last) = all.last_mut().filter(|last| last["role"] == "assistant" && last.get("tool_calls").is_none())
    else {
        return;
    };
    if let Some(text) = last["content"].as_str() {
        last["content"] = text.trim_end().into();
    }
    all.push(json!({"role": "user", "content": GO_ON}));
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

fn image(source: &Source<'_>) -> Value {
    json!({"type": "image_url", "image_url": {"url": source.to_url()}})
}

fn file(source: &Source<'_>, name: Option<&str>) -> Result<Value, ModelError> {
    match source {
        Source::Data { .. } => {
            let file = json!({"filename": name.unwrap_or("file"), "file_data": source.to_url()});
            Ok(json!({"type": "file", "file": file}))
        }
        Source::Url(_) => Err(bad_request("Chat Completions takes a file as a data: URL only")),
    }
}

#[cfg(test)]
mod tests {
    use chatcore::turn::{ModelErrorKind, ModelOptions, ModelRequest, ReasoningEffort};

    use super::*;

    const DIALECT: Dialect = Dialect { max_tokens: false, ask_usage: true };

    fn body(request: &ModelRequest, dialect: Dialect) -> Value {
        super::body(&Ask { request, model: "m", info: None, provider: "openai" }, dialect).unwrap()
    }

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
            options: ModelOptions { max_output_tokens: Some(9), temperature: Some(0.5), ..ModelOptions::default() },
        };
        assert_eq!(
            body(&request, DIALECT),
            json!({
                "model": "m", "stream": true, "stream_options": {"include_usage": true},
                "max_completion_tokens": 9, "temperature": 0.5,
                "messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "a\n\nb"}],
            })
        );
        let old = body(&request, Dialect { max_tokens: true, ask_usage: false });
        assert_eq!((&old["max_tokens"], old.get("stream_options")), (&json!(9), None));
    }

    #[test]
    fn an_answer_at_the_end_is_gone_on_with() {
        let said = |text: &str| ModelMessage::text(Role::Assistant, text);
        let request = |messages| ModelRequest { messages, ..ModelRequest::default() };
        let sent = body(&request(vec![said("once upon \n")]), DIALECT);
        let expected = json!([{"role": "assistant", "content": "once upon"}, {"role": "user", "content": GO_ON}]);
        assert_eq!(sent["messages"], expected);
        let answered = body(&request(vec![said("a "), ModelMessage::text(Role::User, "b")]), DIALECT);
        let untouched = json!([{"role": "assistant", "content": "a "}, {"role": "user", "content": "b"}]);
        assert_eq!(answered["messages"], untouched);
    }

    #[test]
    fn images_and_files_make_a_list() {
        let parts = vec![
            Part::text("look"),
            Part::Image { url: "data:image/png;base64,AA==".into(), media_type: None },
            Part::File { url: "data:text/plain,x".into(), name: Some("x.txt".into()), media_type: None },
        ];
        let sent = messages(&ModelMessage { role: Role::User, parts }).unwrap();
        let kinds: Vec<_> = sent[0]["content"].as_array().unwrap().iter().map(|part| part["type"].clone()).collect();
        assert_eq!(kinds, ["text", "image_url", "file"]);
        let unknown = Part::Image { url: "att_1".into(), media_type: None };
        let error = messages(&ModelMessage { role: Role::User, parts: vec![unknown] }).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::BadRequest);
    }

    #[test]
    fn every_option_has_its_field() {
        let options = ModelOptions {
            top_p: Some(0.5),
            stop: vec!["END".into()],
            tool_choice: Some(ToolChoice::Tool { name: "look".into() }),
            response_format: Some(ResponseFormat::JsonSchema { name: "a".into(), schema: json!({}), strict: true }),
            reasoning_effort: Some(ReasoningEffort::Low),
            ..ModelOptions::default()
        };
        let mut request = ModelRequest { options, ..ModelRequest::default() };
        let sent = body(&request, DIALECT);
        assert_eq!(
            (&sent["top_p"], &sent["stop"], &sent["reasoning_effort"]),
            (&json!(0.5), &json!(["END"]), &json!("low"))
        );
        let schema = json!({"name": "a", "schema": {}, "strict": true});
        assert_eq!(sent["response_format"], json!({"type": "json_schema", "json_schema": schema}));
        assert_eq!(sent.get("tool_choice"), None, "there is no tool to choose");
        request.tools = vec![ToolSpec { name: "look".into(), description: String::new(), parameters: json!({}) }];
        let chosen = json!({"type": "function", "function": {"name": "look"}});
        assert_eq!(body(&request, DIALECT)["tool_choice"], chosen);
    }

    #[test]
    fn tool_calls_and_results_become_messages_in_order() {
        let call = |id: &str| Part::ToolCall { id: id.into(), name: "look".into(), arguments: "{}".into() };
        let result = |id: &str| Part::ToolResult { call_id: id.into(), content: "seen".into(), is_error: false };
        let thought = Part::Reasoning { text: "hm".into(), signature: None };
        let parts = vec![thought, call("1"), call("2"), result("1"), result("2"), Part::text("done")];
        let sent = messages(&ModelMessage { role: Role::Assistant, parts }).unwrap();
        let roles: Vec<_> = sent.iter().map(|message| message["role"].clone()).collect();
        assert_eq!(roles, ["assistant", "tool", "tool", "assistant"]);
        assert_eq!(sent[0]["content"], Value::Null);
        assert_eq!(sent[0]["tool_calls"][1]["id"], "2");
        assert_eq!(sent[2]["tool_call_id"], "2");
        assert_eq!(sent[3]["content"], "done");
    }
}
