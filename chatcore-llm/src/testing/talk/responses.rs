//! Responses.

use serde_json::{Map, Value, json};

use super::super::answer::Answer;
use super::chat::unknown_model;
use super::{Frame, Question, Reply, named, text, words};

/// An answer to `POST /responses`. `known` lists the models when others are to be refused.
pub(in super::super) fn response(request: &Value, known: Option<&[String]>, frame: &Frame) -> Answer {
    let bad = |message: &str| Answer::error(400, "invalid_request", message);
    let Some(model) = request["model"].as_str() else { return bad("you must provide a model parameter") };
    if known.is_some_and(|known| known.iter().all(|id| id != model)) {
        return unknown_model(model);
    }
    let input = match &request["input"] {
        Value::String(text) => vec![json!({"type": "message", "role": "user", "content": text})],
        Value::Array(items) if !items.is_empty() => items.clone(),
        _ => return bad("'input' is a required property and must not be empty"),
    };
    let reply = Reply::to(question(request, &input));
    let item = item(&reply);
    let done = resource(request, model, frame, &reply, std::slice::from_ref(&item));
    if request["stream"] == true {
        Answer::events(&stream(&reply, &item, &resource(request, model, frame, &Reply::none(), &[]), &done))
    } else {
        Answer::json(&done)
    }
}

impl Reply {
    fn none() -> Self {
        Self { text: String::new(), call: None, cut: false, input: 0, output: 0 }
    }
}

fn question(request: &Value, input: &[Value]) -> Question {
    let last = input.last().unwrap_or(&Value::Null);
    let from_tool = last["type"] == "function_call_output";
    let choice = &request["tool_choice"];
    let tool = if choice == "required" { &request["tools"][0]["name"] } else { &choice["name"] };
    Question {
        heard: if from_tool { text(&last["output"]) } else { text(&last["content"]) },
        from_tool,
        tool: tool.as_str().map(str::to_owned),
        limit: request["max_output_tokens"].as_u64(),
        words: input.iter().map(|item| words(&text(&item["content"])) + words(&text(&item["output"]))).sum(),
    }
}

/// The one item of the output.
fn item(reply: &Reply) -> Value {
    let status = if reply.cut { "incomplete" } else { "completed" };
    match &reply.call {
        Some(name) => json!({
            "type": "function_call", "id": "fc_mock", "call_id": "call_mock", "name": name, "arguments": "{}",
            "status": status,
        }),
        None => {
            let content = json!([{"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}]);
            json!({"type": "message", "id": "msg_mock", "role": "assistant", "status": status, "content": content})
        }
    }
}

/// The response itself, with no field left out.
fn resource(request: &Value, model: &str, frame: &Frame, reply: &Reply, output: &[Value]) -> Value {
    let status = match (output.is_empty(), reply.cut) {
        (true, _) => "in_progress",
        (false, true) => "incomplete",
        (false, false) => "completed",
    };
    let mut all = Map::new();
    for name in [
        "completed_at",
        "previous_response_id",
        "instructions",
        "error",
        "reasoning",
        "max_output_tokens",
        "max_tool_calls",
        "user",
        "safety_identifier",
        "prompt_cache_key",
        "usage",
        "incomplete_details",
    ] {
        all.insert(name.to_owned(), Value::Null);
    }
    let told = json!({
        "id": format!("resp_mock{}", frame.number), "object": "response", "created_at": frame.created,
        "status": status, "model": model, "output": output, "tools": [], "tool_choice": "auto",
        "truncation": "disabled", "parallel_tool_calls": true, "text": {"format": {"type": "text"}}, "top_p": 1.0,
        "temperature": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0, "top_logprobs": 0,
        "store": request["store"] != false, "background": false, "service_tier": "default", "metadata": {},
    });
    all.extend(told.as_object().cloned().unwrap_or_default());
    if !output.is_empty() {
        all.insert("usage".to_owned(), usage(reply));
    }
    if reply.cut {
        all.insert("incomplete_details".to_owned(), json!({"reason": "max_output_tokens"}));
    }
    Value::Object(all)
}

fn usage(reply: &Reply) -> Value {
    json!({
        "input_tokens": reply.input, "output_tokens": reply.output, "total_tokens": reply.input + reply.output,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    })
}

fn stream(reply: &Reply, item: &Value, begun: &Value, done: &Value) -> String {
    let (mut all, mut sequence) = (String::new(), 0);
    let mut say = |kind: &str, fields: Value| {
        let mut event = json!({"type": kind, "sequence_number": sequence});
        if let (Some(event), Value::Object(fields)) = (event.as_object_mut(), fields) {
            event.extend(fields);
        }
        sequence += 1;
        all.push_str(&named(&event));
    };
    say("response.created", json!({"response": begun}));
    say("response.in_progress", json!({"response": begun}));
    let mut open = item.clone();
    open["status"] = "in_progress".into();
    let place = json!({"item_id": item["id"], "output_index": 0});
    let with = |more: Value| {
        let mut all = place.as_object().cloned().unwrap_or_default();
        all.extend(more.as_object().cloned().unwrap_or_default());
        Value::Object(all)
    };
    if reply.call.is_some() {
        open["arguments"] = "".into();
        say("response.output_item.added", json!({"output_index": 0, "item": open}));
        say("response.function_call_arguments.delta", with(json!({"delta": item["arguments"]})));
        let done = json!({"name": item["name"], "arguments": item["arguments"]});
        say("response.function_call_arguments.done", with(done));
    } else {
        open["content"] = json!([]);
        say("response.output_item.added", json!({"output_index": 0, "item": open}));
        let empty = json!({"type": "output_text", "text": "", "annotations": [], "logprobs": []});
        say("response.content_part.added", with(json!({"content_index": 0, "part": empty})));
        for word in reply.pieces() {
            let delta = json!({"content_index": 0, "delta": word, "logprobs": []});
            say("response.output_text.delta", with(delta));
        }
        let text = json!({"content_index": 0, "text": reply.text, "logprobs": []});
        say("response.output_text.done", with(text));
        say("response.content_part.done", with(json!({"content_index": 0, "part": item["content"][0]})));
    }
    say("response.output_item.done", json!({"output_index": 0, "item": item}));
    let end = if reply.cut { "response.incomplete" } else { "response.completed" };
    say(end, json!({"response": done}));
    all
}
