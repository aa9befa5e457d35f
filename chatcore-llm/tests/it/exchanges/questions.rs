//! What is asked.

use chatcore::conversation::{Part, Role};
use chatcore::turn::{ModelMessage, ModelOptions, ModelRequest, ReasoningEffort, ResponseFormat, ToolChoice, ToolSpec};
use serde_json::json;

/// The question of that name.
pub(super) fn question(name: &str) -> ModelRequest {
    let mut request = ModelRequest {
        model: "mock".into(),
        messages: vec![ModelMessage::text(Role::User, "Weather in Oslo?")],
        ..ModelRequest::default()
    };
    match name {
        "plain" => {}
        "settings" => request.options = settings(),
        "tools" => request.tools = vec![weather()],
        "results" => {
            request.tools = vec![weather()];
            request.options.tool_choice = Some(ToolChoice::Auto);
            request.options.reasoning_effort = Some(ReasoningEffort::Low);
            request.messages.push(ModelMessage { role: Role::Assistant, parts: thought_and_call() });
            let result = Part::ToolResult { call_id: "call_1".into(), content: "rain".into(), is_error: false };
            request.messages.push(ModelMessage { role: Role::Tool, parts: vec![result] });
        }
        "thought" => {
            request.tools = vec![weather()];
            let thought = Part::Reasoning { text: "I should look it up.".into(), signature: None };
            answered(&mut request, thought);
            request.messages.push(ModelMessage::text(Role::Assistant, "It rains."));
            request.messages.push(ModelMessage::text(Role::User, "And in Rome?"));
        }
        "signed" => {
            request.tools = vec![weather()];
            let raw = json!({"extra_content": {"google": {"thought_signature": "c2lnbmVk"}}});
            answered(&mut request, Part::Provider { provider: "openai".into(), raw });
        }
        "image" => {
            request.messages[0].parts.push(Part::Image { url: "data:image/png;base64,AQID".into(), media_type: None });
        }
        "image_url" => {
            request.messages[0].parts.push(Part::Image { url: "https://example.org/a.png".into(), media_type: None });
        }
        "file" => {
            let url = "data:application/pdf;base64,JVBERg==".into();
            request.messages[0].parts.push(Part::File { url, name: Some("a.pdf".into()), media_type: None });
        }
        "attachment" => {
            request.messages[0].parts.push(Part::Image { url: "att_01".into(), media_type: Some("image/png".into()) });
        }
        "schema" => {
            let schema = json!({"type": "object", "properties": {"sky": {"type": "string"}}});
            request.options.response_format =
                Some(ResponseFormat::JsonSchema { name: "weather".into(), schema, strict: true });
        }
        other => panic!("there is no question `{other}`"),
    }
    request
}

/// What a model called and was told, after that.
fn answered(request: &mut ModelRequest, led_by: Part) {
    let call = Part::ToolCall { id: "call_1".into(), name: "weather".into(), arguments: "{\"city\":\"Oslo\"}".into() };
    request.messages.push(ModelMessage { role: Role::Assistant, parts: vec![led_by, call] });
    let result = Part::ToolResult { call_id: "call_1".into(), content: "rain".into(), is_error: false };
    request.messages.push(ModelMessage { role: Role::Tool, parts: vec![result] });
}

fn settings() -> ModelOptions {
    ModelOptions { max_output_tokens: Some(100), temperature: Some(0.5), top_p: Some(0.9), ..ModelOptions::default() }
}

fn weather() -> ToolSpec {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    ToolSpec { name: "weather".into(), description: "Tells the weather.".into(), parameters }
}

/// What a model said and thought before it got a result: of each provider something that only it understands.
fn thought_and_call() -> Vec<Part> {
    let sealed = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VhbGVk"});
    vec![
        Part::Reasoning { text: "I should look it up.".into(), signature: Some("c2lnbmVk".into()) },
        Part::Provider { provider: "anthropic".into(), raw: json!({"type": "redacted_thinking", "data": "ZGF0YQ=="}) },
        Part::Provider { provider: "openai".into(), raw: sealed },
        Part::ToolCall { id: "call_1".into(), name: "weather".into(), arguments: "{\"city\":\"Oslo\"}".into() },
    ]
}
