//! Chat Completions.

use serde_json::{Value, json};

use super::super::answer::Answer;
use super::{Frame, Question, Reply, text, words};

pub(super) fn unknown_model(id: &str) -> Answer {
    let message = format!("The model `{id}` does not exist or you do not have access to it.");
    Answer::error(404, "model_not_found", &message)
}

/// An answer to `POST /chat/completions`. `known` lists the models when others are to be refused.
pub(in super::super) fn completion(request: &Value, known: Option<&[String]>, frame: &Frame) -> Answer {
    let bad = |message: &str| Answer::error(400, "invalid_request", message);
    if !request.is_object() {
        return bad("We could not parse the JSON body of your request.");
    }
    let Some(model) = request["model"].as_str() else { return bad("you must provide a model parameter") };
    if known.is_some_and(|known| known.iter().all(|id| id != model)) {
        return unknown_model(model);
    }
    let Some(messages) = request["messages"].as_array().filter(|messages| !messages.is_empty()) else {
        return bad("'messages' is a required property and must not be empty");
    };
    if request["n"].as_u64().is_some_and(|n| n != 1) {
        return bad("only n = 1 is supported");
    }
    let reply = Reply::to(question(request, messages));
    if request["stream"] == true {
        Answer::events(&stream(&reply, request, model, frame))
    } else {
        Answer::json(&whole(&reply, model, frame))
    }
}

fn question(request: &Value, messages: &[Value]) -> Question {
    let last = messages.last().unwrap_or(&Value::Null);
    Question {
        heard: text(&last["content"]),
        from_tool: last["role"] == "tool",
        tool: wanted_tool(request).map(str::to_owned),
        limit: [&request["max_completion_tokens"], &request["max_tokens"]].into_iter().find_map(Value::as_u64),
        words: messages.iter().map(|message| words(&text(&message["content"]))).sum(),
    }
}

fn call(reply: &Reply) -> Option<Value> {
    let name = reply.call.as_ref()?;
    Some(json!({"id": "call_mock", "type": "function", "function": {"name": name, "arguments": "{}"}}))
}

fn finish(reply: &Reply) -> &'static str {
    match reply {
        Reply { call: Some(_), .. } => "tool_calls",
        Reply { cut: true, .. } => "length",
        _ => "stop",
    }
}

fn usage(reply: &Reply) -> Value {
    json!({
        "prompt_tokens": reply.input, "completion_tokens": reply.output, "total_tokens": reply.input + reply.output,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
    })
}

/// The tool that the request insists on.
fn wanted_tool(request: &Value) -> Option<&str> {
    let choice = &request["tool_choice"];
    if choice == "required" { &request["tools"][0]["function"]["name"] } else { &choice["function"]["name"] }.as_str()
}

fn whole(reply: &Reply, model: &str, frame: &Frame) -> Value {
    let content = if reply.call.is_some() { Value::Null } else { reply.text.clone().into() };
    let mut message = json!({"role": "assistant", "content": content, "refusal": null});
    if let Some(call) = call(reply) {
        message["tool_calls"] = json!([call]);
    }
    let choice = json!({"index": 0, "message": message, "logprobs": null, "finish_reason": finish(reply)});
    json!({
        "id": format!("chatcmpl-mock{}", frame.number), "object": "chat.completion", "created": frame.created,
        "model": model, "choices": [choice], "usage": usage(reply), "system_fingerprint": null,
    })
}

fn stream(reply: &Reply, request: &Value, model: &str, frame: &Frame) -> String {
    let wants_usage = request["stream_options"]["include_usage"] == true;
    let chunk = |choices: Value, usage: &Value| {
        let mut chunk = json!({
            "id": format!("chatcmpl-mock{}", frame.number), "object": "chat.completion.chunk",
            "created": frame.created, "model": model, "choices": choices, "system_fingerprint": null,
        });
        if wants_usage {
            chunk["usage"] = usage.clone();
        }
        format!("data: {chunk}\n\n")
    };
    let delta = |delta: Value, finish: Value| {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish});
        chunk(json!([choice]), &Value::Null)
    };
    let mut all = delta(json!({"role": "assistant", "content": "", "refusal": null}), Value::Null);
    for word in reply.pieces() {
        all.push_str(&delta(json!({"content": word}), Value::Null));
    }
    if let Some(call) = call(reply) {
        let mut first = call.clone();
        first["index"] = 0.into();
        first["function"]["arguments"] = "".into();
        let rest = json!({"index": 0, "function": {"arguments": call["function"]["arguments"]}});
        for piece in [first, rest] {
            all.push_str(&delta(json!({"tool_calls": [piece]}), Value::Null));
        }
    }
    all.push_str(&delta(json!({}), finish(reply).into()));
    if wants_usage {
        all.push_str(&chunk(json!([]), &usage(reply)));
    }
    all + "data: [DONE]\n\n"
}
