//! Anthropic's Messages.

use serde_json::{Value, json};

use super::super::answer::Answer;
use super::{Frame, Question, Reply, named, text, words};

/// An answer to `POST /v1/messages`. `known` lists the models when others are to be refused.
pub(in super::super) fn message(request: &Value, known: Option<&[String]>, frame: &Frame) -> Answer {
    let bad = |message: &str| Answer::anthropic_error(400, message);
    let Some(model) = request["model"].as_str() else { return bad("model: Field required") };
    if known.is_some_and(|known| known.iter().all(|id| id != model)) {
        return Answer::anthropic_error(404, &format!("model: {model}"));
    }
    if !request["max_tokens"].is_u64() {
        return bad("max_tokens: Field required");
    }
    let Some(messages) = request["messages"].as_array().filter(|messages| !messages.is_empty()) else {
        return bad("messages: at least one message is required");
    };
    let reply = Reply::to(question(request, messages));
    let message = json!({
        "id": format!("msg_mock{}", frame.number), "type": "message", "role": "assistant", "model": model,
        "content": [block(&reply, &reply.text)], "stop_reason": stop_reason(&reply), "stop_sequence": null,
        "usage": usage(&reply, reply.output),
    });
    if request["stream"] == true { Answer::events(&stream(&reply, message)) } else { Answer::json(&message) }
}

fn question(request: &Value, messages: &[Value]) -> Question {
    let last = messages.last().unwrap_or(&Value::Null);
    let result = last["content"].as_array().and_then(|blocks| blocks.iter().find(|it| it["type"] == "tool_result"));
    let choice = &request["tool_choice"];
    let tool = if choice["type"] == "any" { &request["tools"][0]["name"] } else { &choice["name"] };
    let all = messages.iter().map(|message| words(&text(&message["content"])));
    Question {
        heard: text(result.map_or(&last["content"], |result| &result["content"])),
        from_tool: result.is_some(),
        tool: tool.as_str().map(str::to_owned),
        limit: request["max_tokens"].as_u64(),
        words: all.sum::<usize>() + words(&text(&request["system"])),
    }
}

fn block(reply: &Reply, text: &str) -> Value {
    match &reply.call {
        Some(name) => json!({"type": "tool_use", "id": "toolu_mock", "name": name, "input": {}}),
        None => json!({"type": "text", "text": text, "citations": null}),
    }
}

fn stop_reason(reply: &Reply) -> &'static str {
    match reply {
        Reply { call: Some(_), .. } => "tool_use",
        Reply { cut: true, .. } => "max_tokens",
        _ => "end_turn",
    }
}

fn usage(reply: &Reply, output: usize) -> Value {
    json!({
        "input_tokens": reply.input, "output_tokens": output, "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0, "service_tier": "standard",
    })
}

fn stream(reply: &Reply, mut message: Value) -> String {
    message["content"] = json!([]);
    message["stop_reason"] = Value::Null;
    message["usage"] = usage(reply, 1);
    let delta = |delta: Value| json!({"type": "content_block_delta", "index": 0, "delta": delta});
    let mut all = vec![
        json!({"type": "message_start", "message": message}),
        json!({"type": "content_block_start", "index": 0, "content_block": block(reply, "")}),
        json!({"type": "ping"}),
    ];
    if reply.call.is_some() {
        all.push(delta(json!({"type": "input_json_delta", "partial_json": ""})));
        all.push(delta(json!({"type": "input_json_delta", "partial_json": "{}"})));
    }
    all.extend(reply.pieces().map(|word| delta(json!({"type": "text_delta", "text": word}))));
    all.push(json!({"type": "content_block_stop", "index": 0}));
    let end = json!({"stop_reason": stop_reason(reply), "stop_sequence": null});
    all.push(json!({"type": "message_delta", "delta": end, "usage": {"output_tokens": reply.output}}));
    all.push(json!({"type": "message_stop"}));
    all.iter().map(named).collect()
}
