//! From a request to the body of `POST /v1/messages`.

use chatcore::conversation::{Part, Role, text_of};
use chatcore::turn::{ModelError, ModelOptions, ReasoningEffort, ResponseFormat, ToolChoice, ToolSpec};
use serde_json::{Map, Value, json};

use crate::client::{Ask, GO_ON, Source, bad_request, base64, parse_arguments};

/// The smallest budget for thoughts that is taken.
const LEAST_THOUGHT: u64 = 1024;

pub(super) fn body(ask: &Ask<'_>, is_adaptive: bool) -> Result<Value, ModelError> {
    let (request, options) = (ask.request, &ask.request.options);
    let max_tokens = options
        .max_output_tokens
        .or_else(|| ask.info?.max_output_tokens)
        .unwrap_or_else(|| super::longest_answer(ask.model));
    let messages = messages(ask)?;
    let thinking = thinking(options, max_tokens, is_adaptive).filter(|_| is_adaptive || may_think(&messages));
    let thinks = thinking.is_some();
    let mut body = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    set("model", Some(ask.model.into()));
    set("max_tokens", Some(max_tokens.into()));
    set("stream", Some(true.into()));
    set("system", system(ask));
    set("messages", Some(messages.into()));
    // a model that thinks is not told how to pick its words
    set("temperature", options.temperature.filter(|_| !thinks).map(Value::from));
    set("top_p", options.top_p.filter(|_| !thinks).map(Value::from));
    set("stop_sequences", (!options.stop.is_empty()).then(|| options.stop.clone().into()));
    set("thinking", thinking);
    set("output_config", output_config(options, thinks && is_adaptive)?);
    if !request.tools.is_empty() {
        set("tools", Some(request.tools.iter().map(tool).collect()));
        set("tool_choice", options.tool_choice.as_ref().map(choice));
    }
    Ok(Value::Object(body))
}

/// Thoughts count as part of the answer, so the effort is a share of its limit. None with a tool that must be called,
/// which this wire does not take together with thinking.
fn thinking(options: &ModelOptions, max_tokens: u64, is_adaptive: bool) -> Option<Value> {
    let share = match options.reasoning_effort? {
        ReasoningEffort::None => return None,
        ReasoningEffort::Minimal => 10,
        ReasoningEffort::Low => 20,
        ReasoningEffort::High => 80,
        _ => 50,
    };
    if matches!(options.tool_choice, Some(ToolChoice::Required | ToolChoice::Tool { .. })) {
        return None;
    }
    if is_adaptive {
        // such models keep their thoughts to themselves unless they are asked for them
        return Some(json!({"type": "adaptive", "display": "summarized"}));
    }
    let budget = (max_tokens / 100).saturating_mul(share).max(LEAST_THOUGHT);
    (budget < max_tokens).then(|| json!({"type": "enabled", "budget_tokens": budget}))
}

/// Whether the model may begin to think: with a budget it goes on from a tool call only if it thought before it.
fn may_think(messages: &[Value]) -> bool {
    let last = messages.iter().rev().find(|message| message["role"] == "assistant");
    let mut blocks = last.and_then(|message| message["content"].as_array()).into_iter().flatten();
    let is_thought = |kind: &Value| kind == "thinking" || kind == "redacted_thinking";
    blocks
        .find(|block| block["type"] == "tool_use" || is_thought(&block["type"]))
        .is_none_or(|b| is_thought(&b["type"]))
}

fn output_config(options: &ModelOptions, with_effort: bool) -> Result<Option<Value>, ModelError> {
    let mut config = Map::new();
    match &options.response_format {
        Some(ResponseFormat::JsonSchema { schema, .. }) => {
            config.insert("format".to_owned(), json!({"type": "json_schema", "schema": schema}));
        }
        Some(ResponseFormat::JsonObject) => {
            return Err(bad_request("Anthropic's models give JSON of a schema, not just any: use json_schema"));
        }
        _ => {}
    }
    if with_effort {
        let effort = match options.reasoning_effort {
            Some(ReasoningEffort::Minimal | ReasoningEffort::Low) => "low",
            Some(ReasoningEffort::High) => "high",
            _ => "medium",
        };
        config.insert("effort".to_owned(), effort.into());
    }
    Ok((!config.is_empty()).then_some(Value::Object(config)))
}

fn tool(spec: &ToolSpec) -> Value {
    json!({"name": spec.name, "description": spec.description, "input_schema": spec.parameters})
}

fn choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::None => json!({"type": "none"}),
        ToolChoice::Required => json!({"type": "any"}),
        ToolChoice::Tool { name } => json!({"type": "tool", "name": name}),
        _ => json!({"type": "auto"}),
    }
}

/// All system messages are one here, and stand apart.
fn system(ask: &Ask<'_>) -> Option<Value> {
    let texts = ask.request.messages.iter().filter(|message| message.role == Role::System);
    let texts: Vec<String> = texts.map(|message| text_of(&message.parts)).filter(|text| !text.is_empty()).collect();
    (!texts.is_empty()).then(|| texts.join("\n\n").into())
}

/// Blocks of one side that follow each other are one message; results of tools are the user's.
fn messages(ask: &Ask<'_>) -> Result<Vec<Value>, ModelError> {
    let mut all: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in ask.request.messages.iter().filter(|message| message.role != Role::System) {
        for part in &message.parts {
            let Some(block) = block(part, ask.provider)? else { continue };
            let side = match (message.role, part) {
                (_, Part::ToolResult { .. }) | (Role::User, _) => "user",
                _ => "assistant",
            };
            match all.last_mut() {
                Some((last, blocks)) if *last == side => blocks.push(block),
                _ => all.push((side, vec![block])),
            }
        }
    }
    go_on(&mut all);
    Ok(all.into_iter().map(|(role, content)| json!({"role": role, "content": content})).collect())
}

/// Has an answer that is the last thing continued.
fn go_on(all: &mut Vec<(&str, Vec<Value>)>) {
    let Some(("assistant", blocks)) = all.last_mut() else { return };
    if let Some(text) = blocks.last_mut().and_then(|block| block.get_mut("text")) {
        *text = text.as_str().unwrap_or_default().trim_end().into();
    }
    all.push(("user", vec![json!({"type": "text", "text": GO_ON})]));
}

fn block(part: &Part, provider: &str) -> Result<Option<Value>, ModelError> {
    Ok(Some(match part {
        // blocks of blanks are refused
        Part::Text { text } | Part::Refusal { text } if text.trim().is_empty() => return Ok(None),
        Part::Text { text } | Part::Refusal { text } => json!({"type": "text", "text": text}),
        Part::Reasoning { text, signature: Some(signature) } => {
            json!({"type": "thinking", "thinking": text, "signature": signature})
        }
        Part::ToolCall { id, name, arguments } => {
            json!({"type": "tool_use", "id": id, "name": name, "input": parse_arguments(arguments)})
        }
        Part::ToolResult { call_id, content, is_error } => {
            // a failure without a word is refused
            let content = if *is_error && content.trim().is_empty() { "error" } else { content };
            json!({"type": "tool_result", "tool_use_id": call_id, "content": content, "is_error": is_error})
        }
        Part::Image { url, media_type } => {
            json!({"type": "image", "source": source(&Source::of(url, media_type.as_deref())?)})
        }
        Part::File { url, name, media_type } => document(&Source::of(url, media_type.as_deref())?, name.as_deref())?,
        Part::Provider { provider: whose, raw } if whose == provider => raw.clone(),
        // a thought without a signature is nobody's proof
        _ => return Ok(None),
    }))
}

fn source(source: &Source<'_>) -> Value {
    match source {
        Source::Url(url) => json!({"type": "url", "url": url}),
        Source::Data { media_type, bytes } => {
            json!({"type": "base64", "media_type": media_type, "data": base64(bytes)})
        }
    }
}

/// PDF goes as it is, text as text; nothing else is read.
fn document(file: &Source<'_>, name: Option<&str>) -> Result<Value, ModelError> {
    let source = match file {
        Source::Data { media_type, bytes } if media_type.starts_with("text/") => {
            let text = String::from_utf8_lossy(bytes);
            json!({"type": "text", "media_type": "text/plain", "data": text})
        }
        Source::Data { media_type, .. } if media_type != "application/pdf" => {
            return Err(bad_request(format!("Anthropic's models read PDF and text, not {media_type}")));
        }
        other => source(other),
    };
    let mut document = json!({"type": "document", "source": source});
    if let Some(name) = name {
        document["title"] = name.into();
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use chatcore::turn::{ModelErrorKind, ModelInfo, ModelMessage, ModelRequest};

    use super::*;

    fn sent(request: &ModelRequest) -> Result<Value, ModelError> {
        let info = ModelInfo::new("m", "anthropic", 200_000).max_output_tokens(8000);
        body(&Ask { request, model: "m", info: Some(&info), provider: "anthropic" }, false)
    }

    fn with(options: ModelOptions) -> ModelRequest {
        ModelRequest { options, ..ModelRequest::default() }
    }

    #[test]
    fn sides_take_turns_and_thoughts_go_back_as_they_came() {
        let redacted = json!({"type": "redacted_thinking", "data": "x"});
        let call = |id: &str| Part::ToolCall { id: id.into(), name: "look".into(), arguments: "{}".into() };
        let result = |id: &str| Part::ToolResult { call_id: id.into(), content: "rain".into(), is_error: id == "2" };
        let parts = vec![
            Part::Reasoning { text: "hm".into(), signature: Some("proof".into()) },
            Part::Reasoning { text: "of another provider".into(), signature: None },
            Part::Provider { provider: "anthropic".into(), raw: redacted.clone() },
            Part::Provider { provider: "openai".into(), raw: json!({"type": "reasoning"}) },
            call("1"),
            call("2"),
            result("1"),
            result("2"),
            Part::text("it rains \n"),
        ];
        let messages = vec![
            ModelMessage::text(Role::System, "be kind"),
            ModelMessage::text(Role::User, "a"),
            ModelMessage::text(Role::User, "b"),
            ModelMessage { role: Role::Assistant, parts },
        ];
        let body = sent(&ModelRequest { messages, ..ModelRequest::default() }).unwrap();
        let roles: Vec<_> =
            body["messages"].as_array().unwrap().iter().map(|message| message["role"].clone()).collect();
        assert_eq!(roles, ["user", "assistant", "user", "assistant", "user"]);
        assert_eq!(body["system"], "be kind");
        let said = &body["messages"][1]["content"];
        assert_eq!(said[0], json!({"type": "thinking", "thinking": "hm", "signature": "proof"}));
        assert_eq!((&said[1], said.as_array().map(Vec::len)), (&redacted, Some(4)));
        assert_eq!(body["messages"][2]["content"][1]["is_error"], true);
        assert_eq!(body["messages"][3]["content"], json!([{"type": "text", "text": "it rains"}]));
        assert_eq!(body["messages"][4]["content"], json!([{"type": "text", "text": GO_ON}]));
        assert_eq!(body["max_tokens"], 8000);
    }

    #[test]
    fn an_effort_is_a_share_of_the_answer() {
        let effort = |effort, limit| {
            let options = ModelOptions {
                reasoning_effort: Some(effort),
                max_output_tokens: Some(limit),
                temperature: Some(0.5),
                ..ModelOptions::default()
            };
            sent(&with(options)).unwrap()
        };
        let high = effort(ReasoningEffort::High, 10_000);
        assert_eq!(high["thinking"], json!({"type": "enabled", "budget_tokens": 8000}));
        assert_eq!(high.get("temperature"), None);
        assert_eq!(effort(ReasoningEffort::Minimal, 2000)["thinking"]["budget_tokens"], 1024);
        let short = effort(ReasoningEffort::High, 1000);
        assert_eq!((short.get("thinking"), &short["temperature"]), (None, &json!(0.5)));
        assert_eq!(effort(ReasoningEffort::None, 10_000).get("thinking"), None);
    }

    #[test]
    fn a_call_that_was_made_without_a_thought_is_not_followed_by_one() {
        let call = Part::ToolCall { id: "1".into(), name: "look".into(), arguments: "{}".into() };
        let result = Part::ToolResult { call_id: "1".into(), content: "rain".into(), is_error: false };
        let thought = Part::Reasoning { text: "hm".into(), signature: Some("proof".into()) };
        let asked = |parts: Vec<Part>, is_adaptive| {
            let options = ModelOptions { reasoning_effort: Some(ReasoningEffort::Low), ..ModelOptions::default() };
            let messages = vec![ModelMessage { role: Role::Assistant, parts }];
            let request = ModelRequest { messages, ..with(options) };
            body(&Ask { request: &request, model: "m", info: None, provider: "anthropic" }, is_adaptive).unwrap()
        };
        let without = vec![Part::text("let me see"), call.clone(), result.clone()];
        assert_eq!(asked(without.clone(), false).get("thinking"), None);
        let adaptive = json!({"type": "adaptive", "display": "summarized"});
        assert_eq!(asked(without, true)["thinking"], adaptive, "such a model need not have thought");
        let with_thought = vec![thought, call.clone(), result.clone()];
        assert_eq!(asked(with_thought, false)["thinking"]["type"], "enabled");
        let over = vec![call, result, Part::text("it rains")];
        assert_eq!(asked(over, false)["thinking"]["type"], "enabled", "that turn is over");
    }

    #[test]
    fn a_form_is_a_schema() {
        let format = |format| with(ModelOptions { response_format: Some(format), ..ModelOptions::default() });
        let schema = ResponseFormat::JsonSchema { name: "a".into(), schema: json!({"type": "object"}), strict: true };
        let body = sent(&format(schema)).unwrap();
        assert_eq!(body["output_config"]["format"], json!({"type": "json_schema", "schema": {"type": "object"}}));
        assert_eq!(sent(&format(ResponseFormat::JsonObject)).unwrap_err().kind, ModelErrorKind::BadRequest);
    }

    #[test]
    fn a_failure_without_a_word_gets_one() {
        let result = |content: &str, is_error| {
            let part = Part::ToolResult { call_id: "1".into(), content: content.into(), is_error };
            block(&part, "anthropic").unwrap().unwrap()["content"].clone()
        };
        assert_eq!((result("", true), result("", false), result("no", true)), (json!("error"), json!(""), json!("no")));
    }

    #[test]
    fn documents_are_pdf_or_text() {
        let file = |url: &str| {
            let part = Part::File { url: url.into(), name: Some("a".into()), media_type: None };
            block(&part, "anthropic").map(|block| block.unwrap()["source"].clone())
        };
        assert_eq!(file("data:application/pdf;base64,AQID").unwrap()["media_type"], "application/pdf");
        assert_eq!(file("data:text/markdown,hi").unwrap()["data"], "hi");
        assert_eq!(file("https://example.org/a.pdf").unwrap()["type"], "url");
        assert_eq!(file("data:image/tiff;base64,AQID").unwrap_err().kind, ModelErrorKind::BadRequest);
        assert_eq!(file("att_1").unwrap_err().kind, ModelErrorKind::BadRequest);
    }
}
