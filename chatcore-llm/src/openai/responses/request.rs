//! From a request to the body of `POST /responses`.

use chatcore::conversation::{Part, Role};
use chatcore::turn::{ModelError, ModelMessage, ResponseFormat, ToolChoice, ToolSpec};
use serde_json::{Map, Value, json};

use crate::client::{Ask, GO_ON, Source, bad_request};
use crate::openai::effort;

/// How the wire calls encrypted thoughts.
pub(super) const ENCRYPTED: &str = "reasoning.encrypted_content";

/// What a model is known to accept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// Its thoughts, encrypted.
    pub(super) thoughts: bool,
    /// A summary of them.
    pub(super) summary: bool,
}

pub(super) fn body(ask: &Ask<'_>, dialect: Dialect) -> Result<Value, ModelError> {
    let (request, options) = (ask.request, &ask.request.options);
    if !options.stop.is_empty() {
        return Err(bad_request("the Responses API has no texts at which an answer stops"));
    }
    let mut input = Vec::new();
    for message in &request.messages {
        items(message, ask.provider, &mut input)?;
    }
    go_on(&mut input);
    let mut body = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    set("model", Some(ask.model.into()));
    set("input", Some(input.into()));
    set("stream", Some(true.into()));
    set("store", Some(false.into()));
    set("include", dialect.thoughts.then(|| json!([ENCRYPTED])));
    set("max_output_tokens", options.max_output_tokens.map(Value::from));
    set("temperature", options.temperature.map(Value::from));
    set("top_p", options.top_p.map(Value::from));
    set("reasoning", options.reasoning_effort.map(|wish| reasoning(effort(wish), dialect)));
    set("text", options.response_format.as_ref().and_then(format).map(|format| json!({"format": format})));
    if !request.tools.is_empty() {
        set("tools", Some(request.tools.iter().map(tool).collect()));
        set("tool_choice", options.tool_choice.as_ref().map(choice));
    }
    Ok(Value::Object(body))
}

fn reasoning(effort: &str, dialect: Dialect) -> Value {
    if dialect.summary { json!({"effort": effort, "summary": "auto"}) } else { json!({"effort": effort}) }
}

fn tool(spec: &ToolSpec) -> Value {
    // a schema of anybody's need not keep to the rules of `strict`, which is on unless switched off
    json!({
        "type": "function", "name": spec.name, "description": spec.description, "parameters": spec.parameters,
        "strict": false,
    })
}

fn choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::None => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Tool { name } => json!({"type": "function", "name": name}),
        _ => "auto".into(),
    }
}

fn format(format: &ResponseFormat) -> Option<Value> {
    match format {
        ResponseFormat::JsonObject => Some(json!({"type": "json_object"})),
        ResponseFormat::JsonSchema { name, schema, strict } => {
            Some(json!({"type": "json_schema", "name": name, "schema": schema, "strict": strict}))
        }
        _ => None,
    }
}

/// One message of ours is a list of items of theirs, in the order of the parts.
fn items(message: &ModelMessage, provider: &str, all: &mut Vec<Value>) -> Result<(), ModelError> {
    let mut content = Vec::new();
    let close = |content: &mut Vec<Value>, all: &mut Vec<Value>| {
        if !content.is_empty() {
            let content = std::mem::take(content);
            all.push(json!({"type": "message", "role": role(message.role), "content": content}));
        }
    };
    for (place, part) in message.parts.iter().enumerate() {
        if let Some(inner) = inner(part, message.role)? {
            content.push(inner);
            continue;
        }
        let item =
            item(part, provider).filter(|item| item["type"] != "reasoning" || leads(&message.parts[place + 1..]));
        if let Some(item) = item {
            close(&mut content, all);
            all.push(item);
        }
    }
    close(&mut content, all);
    Ok(())
}

/// Has an answer that is the last thing continued.
fn go_on(input: &mut Vec<Value>) {
    let Some(last) = input.last_mut().filter(|last| last["type"] == "message" && last["role"] == "assistant") else {
        return;
    };
    let content = last["content"].as_array_mut().and_then(|content| content.last_mut());
    if let Some(text) = content.and_then(|part| part.get_mut("text")) {
        *text = text.as_str().unwrap_or_default().trim_end().into();
    }
    let said = json!([{"type": "input_text", "text": GO_ON}]);
    input.push(json!({"type": "message", "role": "user", "content": said}));
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "developer",
        Role::User => "user",
        Role::Assistant | Role::Tool => "assistant",
    }
}

/// What is inside a message.
fn inner(part: &Part, role: Role) -> Result<Option<Value>, ModelError> {
    let is_ours = matches!(role, Role::System | Role::User);
    Ok(Some(match part {
        Part::Text { text } if is_ours => json!({"type": "input_text", "text": text}),
        Part::Text { text } => json!({"type": "output_text", "text": text, "annotations": []}),
        Part::Refusal { text } if is_ours => json!({"type": "input_text", "text": text}),
        Part::Refusal { text } => json!({"type": "refusal", "refusal": text}),
        Part::Image { url, media_type } => {
            json!({"type": "input_image", "image_url": Source::of(url, media_type.as_deref())?.to_url(), "detail": "auto"})
        }
        Part::File { url, name, media_type } => match Source::of(url, media_type.as_deref())? {
            Source::Url(url) => json!({"type": "input_file", "file_url": url}),
            data @ Source::Data { .. } => {
                let name = name.as_deref().unwrap_or("file");
                json!({"type": "input_file", "filename": name, "file_data": data.to_url()})
            }
        },
        _ => return Ok(None),
    }))
}

/// Whether a thought before these parts led to anything. One that broke off before it did is refused.
fn leads(rest: &[Part]) -> bool {
    rest.iter().any(|part| matches!(part, Part::Text { .. } | Part::Refusal { .. } | Part::ToolCall { .. }))
}

/// What stands beside messages.
fn item(part: &Part, provider: &str) -> Option<Value> {
    match part {
        Part::ToolCall { id, name, arguments } => {
            Some(json!({"type": "function_call", "call_id": id, "name": name, "arguments": arguments}))
        }
        Part::ToolResult { call_id, content, .. } => {
            Some(json!({"type": "function_call_output", "call_id": call_id, "output": content}))
        }
        Part::Provider { provider: whose, raw } if whose == provider && raw["type"] == "reasoning" => Some(raw.clone()),
        // a summary is for people; the thought itself is the block above
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chatcore::turn::{ModelErrorKind, ModelOptions, ModelRequest, ReasoningEffort};

    use super::*;

    fn sent(request: &ModelRequest) -> Result<Value, ModelError> {
        let all = Dialect { thoughts: true, summary: true };
        body(&Ask { request, model: "m", info: None, provider: "openai" }, all)
    }

    #[test]
    fn thoughts_calls_and_results_keep_their_order() {
        let thought = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"});
        let parts = vec![
            Part::Reasoning { text: "hm".into(), signature: None },
            Part::Provider { provider: "openai".into(), raw: thought.clone() },
            Part::Provider { provider: "anthropic".into(), raw: json!({"type": "redacted_thinking"}) },
            Part::text("let me see"),
            Part::ToolCall { id: "c1".into(), name: "look".into(), arguments: "{}".into() },
            Part::ToolResult { call_id: "c1".into(), content: "rain".into(), is_error: false },
            Part::text("it rains "),
        ];
        let messages = vec![ModelMessage::text(Role::System, "be kind"), ModelMessage { role: Role::Assistant, parts }];
        let body = sent(&ModelRequest { messages, ..ModelRequest::default() }).unwrap();
        let kinds: Vec<_> = body["input"].as_array().unwrap().iter().map(|item| item["type"].clone()).collect();
        let order = ["message", "reasoning", "message", "function_call", "function_call_output", "message", "message"];
        assert_eq!(kinds, order);
        assert_eq!(body["input"][5]["content"][0]["text"], "it rains");
        assert_eq!(body["input"][6]["content"][0]["text"], GO_ON);
        assert_eq!((&body["input"][0]["role"], &body["input"][1]), (&json!("developer"), &thought));
        assert_eq!((&body["store"], &body["include"]), (&json!(false), &json!(["reasoning.encrypted_content"])));
    }

    #[test]
    fn a_thought_that_led_to_nothing_is_left_out() {
        let thought =
            Part::Provider { provider: "openai".into(), raw: json!({"type": "reasoning", "encrypted_content": "x"}) };
        let call = Part::ToolCall { id: "c1".into(), name: "look".into(), arguments: "{}".into() };
        let result = Part::ToolResult { call_id: "c1".into(), content: "rain".into(), is_error: false };
        let parts = vec![thought.clone(), call, result, thought];
        let messages =
            vec![ModelMessage { role: Role::Assistant, parts }, ModelMessage::text(Role::User, "and tomorrow?")];
        let body = sent(&ModelRequest { messages, ..ModelRequest::default() }).unwrap();
        let kinds: Vec<_> = body["input"].as_array().unwrap().iter().map(|item| item["type"].clone()).collect();
        assert_eq!(kinds, ["reasoning", "function_call", "function_call_output", "message"]);
    }

    #[test]
    fn options_have_their_fields_or_are_refused() {
        let options = ModelOptions {
            max_output_tokens: Some(9),
            reasoning_effort: Some(ReasoningEffort::High),
            response_format: Some(ResponseFormat::JsonSchema { name: "a".into(), schema: json!({}), strict: true }),
            ..ModelOptions::default()
        };
        let mut request = ModelRequest { options, ..ModelRequest::default() };
        let body = sent(&request).unwrap();
        assert_eq!((&body["max_output_tokens"], &body["reasoning"]["effort"]), (&json!(9), &json!("high")));
        let format = json!({"type": "json_schema", "name": "a", "schema": {}, "strict": true});
        assert_eq!(body["text"], json!({"format": format}));
        request.options.stop = vec!["END".into()];
        assert_eq!(sent(&request).unwrap_err().kind, ModelErrorKind::BadRequest);
    }
}
