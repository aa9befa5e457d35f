//! What the mock says when nobody told it what to say: Chat Completions in their proper shape.

use serde_json::{Value, json};

use super::answer::Answer;

/// Who is speaking, and when.
pub(super) struct Frame {
    pub(super) number: usize,
    pub(super) created: i64,
}

/// The list of models.
pub(super) fn models(ids: &[String], created: i64) -> Answer {
    let data: Vec<_> = ids.iter().map(|id| model(id, created)).collect();
    Answer::json(&json!({"object": "list", "data": data}))
}

/// One of them.
pub(super) fn one_model(ids: &[String], id: &str, created: i64) -> Answer {
    if ids.iter().any(|known| known == id) { Answer::json(&model(id, created)) } else { unknown_model(id) }
}

fn model(id: &str, created: i64) -> Value {
    json!({"id": id, "object": "model", "created": created, "owned_by": "mock"})
}

fn unknown_model(id: &str) -> Answer {
    let message = format!("The model `{id}` does not exist or you do not have access to it.");
    Answer::error(404, "model_not_found", &message)
}

/// An answer to `POST /chat/completions`. `known` lists the models when others are to be refused.
pub(super) fn completion(request: &Value, known: Option<&[String]>, frame: &Frame) -> Answer {
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
    let reply = Reply::to(request, messages);
    if request["stream"] == true {
        Answer::events(&stream(&reply, request, model, frame))
    } else {
        Answer::json(&whole(&reply, model, frame))
    }
}

struct Reply {
    text: String,
    call: Option<Value>,
    finish: &'static str,
    usage: Value,
}

impl Reply {
    fn to(request: &Value, messages: &[Value]) -> Self {
        let heard = messages.last().map(|message| (text(&message["content"]), message["role"] == "tool"));
        let mut text_back = match heard {
            Some((text, true)) => format!("The tool said: {text}"),
            Some((text, false)) => format!("You said: {text}"),
            None => String::new(),
        };
        let call = wanted_tool(request)
            .map(|name| json!({"id": "call_mock", "type": "function", "function": {"name": name, "arguments": "{}"}}));
        let mut finish = if call.is_some() { "tool_calls" } else { "stop" };
        if call.is_some() {
            text_back.clear();
        }
        let limit = [&request["max_completion_tokens"], &request["max_tokens"]].into_iter().find_map(Value::as_u64);
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        if text_back.split_whitespace().count() > limit {
            text_back = text_back.split_inclusive(char::is_whitespace).take(limit).collect();
            finish = "length";
        }
        let prompt: usize = messages.iter().map(|message| words(&text(&message["content"]))).sum();
        let completion = words(&text_back);
        let usage = json!({
            "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
        });
        Self { text: text_back, call, finish, usage }
    }
}

/// The tool that the request insists on.
fn wanted_tool(request: &Value) -> Option<&str> {
    let choice = &request["tool_choice"];
    if choice == "required" { &request["tools"][0]["function"]["name"] } else { &choice["function"]["name"] }.as_str()
}

fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn whole(reply: &Reply, model: &str, frame: &Frame) -> Value {
    let content = if reply.call.is_some() { Value::Null } else { reply.text.clone().into() };
    let mut message = json!({"role": "assistant", "content": content, "refusal": null});
    if let Some(call) = &reply.call {
        message["tool_calls"] = json!([call]);
    }
    let choice = json!({"index": 0, "message": message, "logprobs": null, "finish_reason": reply.finish});
    json!({
        "id": format!("chatcmpl-mock{}", frame.number), "object": "chat.completion", "created": frame.created,
        "model": model, "choices": [choice], "usage": reply.usage, "system_fingerprint": null,
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
    for word in reply.text.split_inclusive(char::is_whitespace) {
        all.push_str(&delta(json!({"content": word}), Value::Null));
    }
    if let Some(call) = &reply.call {
        let mut first = call.clone();
        first["index"] = 0.into();
        first["function"]["arguments"] = "".into();
        let rest = json!({"index": 0, "function": {"arguments": call["function"]["arguments"]}});
        for piece in [first, rest] {
            all.push_str(&delta(json!({"tool_calls": [piece]}), Value::Null));
        }
    }
    all.push_str(&delta(json!({}), reply.finish.into()));
    if wants_usage {
        all.push_str(&chunk(json!([]), &reply.usage));
    }
    all + "data: [DONE]\n\n"
}
