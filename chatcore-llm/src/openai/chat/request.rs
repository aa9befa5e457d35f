//! From a [`ModelRequest`] to the body of `POST /chat/completions`.

use chatcore::turn::{ModelError, ResponseFormat, ToolChoice, ToolSpec};
use serde_json::{Map, Value, json};

use super::messages::{Manner, messages};
use crate::client::Ask;
use crate::openai::effort;

/// What the server is known to accept.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Dialect {
    /// The old name of the limit.
    pub(super) max_tokens: bool,
    /// No `stream_options.include_usage`.
    pub(super) no_usage: bool,
    /// How answers are given back.
    pub(super) manner: Manner,
}

pub(super) fn body(ask: &Ask<'_>, dialect: Dialect) -> Result<Value, ModelError> {
    let (request, options) = (ask.request, &ask.request.options);
    let mut body = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    set("model", Some(ask.model.into()));
    set("messages", Some(messages(&request.messages, ask.provider, dialect.manner)?.into()));
    set("stream", Some(true.into()));
    set("stream_options", (!dialect.no_usage).then(|| json!({"include_usage": true})));
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

#[cfg(test)]
mod tests {
    use chatcore::conversation::{Part, Role};
    use chatcore::turn::{ModelMessage, ModelOptions, ModelRequest, ReasoningEffort};

    use super::*;

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
            body(&request, Dialect::default()),
            json!({
                "model": "m", "stream": true, "stream_options": {"include_usage": true},
                "max_completion_tokens": 9, "temperature": 0.5,
                "messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "a\n\nb"}],
            })
        );
        let old = body(&request, Dialect { max_tokens: true, no_usage: true, ..Dialect::default() });
        assert_eq!((&old["max_tokens"], old.get("stream_options")), (&json!(9), None));
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
        let sent = body(&request, Dialect::default());
        assert_eq!(
            (&sent["top_p"], &sent["stop"], &sent["reasoning_effort"]),
            (&json!(0.5), &json!(["END"]), &json!("low"))
        );
        let schema = json!({"name": "a", "schema": {}, "strict": true});
        assert_eq!(sent["response_format"], json!({"type": "json_schema", "json_schema": schema}));
        assert_eq!(sent.get("tool_choice"), None, "there is no tool to choose");
        request.tools = vec![ToolSpec { name: "look".into(), description: String::new(), parameters: json!({}) }];
        let chosen = json!({"type": "function", "function": {"name": "look"}});
        assert_eq!(body(&request, Dialect::default())["tool_choice"], chosen);
    }
}
