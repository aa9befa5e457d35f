//! From a request to the body of `POST /api/chat`.

use std::collections::BTreeMap;

use chatcore::conversation::{Part, Role};
use chatcore::turn::{ModelError, ModelMessage, ModelOptions, ReasoningEffort, ResponseFormat, ToolChoice, ToolSpec};
use serde_json::{Map, Value, json};

use crate::client::{Ask, Source, bad_request, base64, parse_arguments};

/// `levels`: whether the model may be told how hard to think, and not only whether.
pub(super) fn body(ask: &Ask<'_>, levels: bool) -> Result<Value, ModelError> {
    let (request, options) = (ask.request, &ask.request.options);
    let tools = match options.tool_choice {
        Some(ToolChoice::None) => &[],
        Some(ToolChoice::Required | ToolChoice::Tool { .. }) if !request.tools.is_empty() => {
            return Err(bad_request("Ollama cannot be told that a tool must be called"));
        }
        _ => request.tools.as_slice(),
    };
    let mut names = BTreeMap::new();
    let mut messages = Vec::new();
    for message in &request.messages {
        add(message, &mut names, &mut messages)?;
    }
    // unless told not to, it leaves out the beginning of what is too long, and forgets it while it writes, without a word
    let mut body = json!({"model": ask.model, "messages": messages, "stream": true, "truncate": false, "shift": false});
    let settings = settings(options, ask.info.map(|info| info.context_tokens));
    if !settings.is_empty() {
        body["options"] = Value::Object(settings);
    }
    if !tools.is_empty() {
        body["tools"] = tools.iter().map(tool).collect();
    }
    match &options.response_format {
        Some(ResponseFormat::JsonObject) => body["format"] = "json".into(),
        Some(ResponseFormat::JsonSchema { schema, .. }) => body["format"] = schema.clone(),
        _ => {}
    }
    if let Some(effort) = options.reasoning_effort {
        body["think"] = think(effort, levels);
    }
    Ok(body)
}

fn think(effort: ReasoningEffort, levels: bool) -> Value {
    match effort {
        ReasoningEffort::None => false.into(),
        _ if !levels => true.into(),
        ReasoningEffort::Minimal | ReasoningEffort::Low => "low".into(),
        ReasoningEffort::High => "high".into(),
        _ => "medium".into(),
    }
}

fn settings(options: &ModelOptions, context_tokens: Option<u64>) -> Map<String, Value> {
    let all = [
        // its own default depends on the memory of its machine, and what is planned with is what is to be read
        ("num_ctx", context_tokens.map(Value::from)),
        ("num_predict", options.max_output_tokens.map(Value::from)),
        ("temperature", options.temperature.map(Value::from)),
        ("top_p", options.top_p.map(Value::from)),
        ("stop", (!options.stop.is_empty()).then(|| options.stop.clone().into())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn tool(spec: &ToolSpec) -> Value {
    let function = json!({"name": spec.name, "description": spec.description, "parameters": spec.parameters});
    json!({"type": "function", "function": function})
}

/// One message of ours may be several of theirs. `names` holds which tool each call was for, because a result names the
/// tool here; newer versions also know the call.
fn add(message: &ModelMessage, names: &mut BTreeMap<String, String>, all: &mut Vec<Value>) -> Result<(), ModelError> {
    let mut open = Open::default();
    for part in &message.parts {
        match part {
            Part::Text { text } | Part::Refusal { text } => open.texts.push(text),
            Part::Image { url, media_type } => open.images.push(image(&Source::of(url, media_type.as_deref())?)?),
            Part::File { .. } => return Err(bad_request("Ollama's models read no files")),
            // a signed one is another wire's
            Part::Reasoning { text, signature: None } => open.thought.push_str(text),
            Part::ToolCall { id, name, arguments } => {
                names.insert(id.clone(), name.clone());
                let function = json!({"name": name, "arguments": parse_arguments(arguments)});
                open.calls.push(json!({"id": id, "function": function}));
            }
            Part::ToolResult { call_id, content, .. } => {
                all.extend(std::mem::take(&mut open).close(message.role));
                let name = names.get(call_id).unwrap_or(call_id);
                all.push(json!({"role": "tool", "tool_name": name, "tool_call_id": call_id, "content": content}));
            }
            _ => {}
        }
    }
    all.extend(open.close(message.role));
    Ok(())
}

fn image(source: &Source<'_>) -> Result<Value, ModelError> {
    match source {
        Source::Data { bytes, .. } => Ok(base64(bytes).into()),
        Source::Url(_) => Err(bad_request("Ollama takes an image as a data: URL only")),
    }
}

/// A message that is being put together.
#[derive(Default)]
struct Open<'a> {
    texts: Vec<&'a str>,
    images: Vec<Value>,
    thought: String,
    calls: Vec<Value>,
}

impl Open<'_> {
    /// The message, unless it is empty.
    fn close(self, role: Role) -> Option<Value> {
        if self.texts.is_empty() && self.images.is_empty() && self.calls.is_empty() {
            return None;
        }
        let role = match role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant | Role::Tool => "assistant",
        };
        let mut message = json!({"role": role, "content": self.texts.join("\n\n")});
        if !self.images.is_empty() {
            message["images"] = self.images.into();
        }
        if !self.calls.is_empty() {
            // a model that thinks between its calls goes on from there
            if !self.thought.is_empty() {
                message["thinking"] = self.thought.into();
            }
            message["tool_calls"] = self.calls.into();
        }
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use chatcore::turn::{ModelErrorKind, ModelInfo, ModelRequest};

    use super::*;

    fn sent(request: &ModelRequest) -> Result<Value, ModelError> {
        let info = ModelInfo::new("m", "ollama", 4096);
        body(&Ask { request, model: "m", info: Some(&info), provider: "ollama" }, true)
    }

    #[test]
    fn a_thought_goes_back_with_its_call_and_a_result_names_its_tool() {
        let parts = vec![
            Part::Reasoning { text: "hm".into(), signature: None },
            Part::ToolCall { id: "c1".into(), name: "look".into(), arguments: "{\"a\":1}".into() },
            Part::ToolResult { call_id: "c1".into(), content: "rain".into(), is_error: false },
            Part::text("it rains"),
        ];
        let messages = vec![ModelMessage { role: Role::Assistant, parts }];
        let body = sent(&ModelRequest { messages, ..ModelRequest::default() }).unwrap();
        assert_eq!(body["messages"][0]["tool_calls"][0]["function"]["arguments"], json!({"a": 1}));
        assert_eq!(body["messages"][0]["thinking"], "hm");
        assert_eq!(
            body["messages"][1],
            json!({"role": "tool", "tool_name": "look", "tool_call_id": "c1", "content": "rain"})
        );
        assert_eq!(body["options"], json!({"num_ctx": 4096}));
    }

    #[test]
    fn what_it_cannot_do_is_refused() {
        let tools = vec![ToolSpec { name: "look".into(), description: String::new(), parameters: json!({}) }];
        let mut request = ModelRequest { tools, ..ModelRequest::default() };
        request.options.tool_choice = Some(ToolChoice::None);
        assert_eq!(sent(&request).unwrap().get("tools"), None);
        request.options.tool_choice = Some(ToolChoice::Required);
        assert_eq!(sent(&request).unwrap_err().kind, ModelErrorKind::BadRequest);
        for part in [
            Part::Image { url: "https://example.org/a.png".into(), media_type: None },
            Part::Image { url: "att_1".into(), media_type: None },
            Part::File { url: "data:,x".into(), name: None, media_type: None },
        ] {
            let messages = vec![ModelMessage { role: Role::User, parts: vec![part] }];
            let error = sent(&ModelRequest { messages, ..ModelRequest::default() }).unwrap_err();
            assert_eq!(error.kind, ModelErrorKind::BadRequest);
        }
    }
}
