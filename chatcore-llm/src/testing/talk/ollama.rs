//! Ollama's chat.

use serde_json::{Value, json};

use super::super::answer::Answer;
use super::{Question, Reply, text, words};

/// A moment that is as good as any.
const CREATED: &str = "2025-01-01T00:00:00.000000Z";

/// The list of models.
pub(in super::super) fn tags(ids: &[String]) -> Answer {
    let model = |id: &String| json!({"name": id, "model": id, "modified_at": CREATED, "size": 1, "digest": "0", "details": {"format": "gguf"}});
    Answer::json(&json!({"models": ids.iter().map(model).collect::<Vec<_>>()}))
}

/// What is told about one model: it can do all that a model can, and was trained for little.
pub(in super::super) fn show(request: &Value, known: &[String]) -> Answer {
    let model = request["model"].as_str().unwrap_or_default();
    if known.iter().all(|id| id != model) {
        return Answer::ollama_error(404, &format!("model '{model}' not found"));
    }
    Answer::json(&json!({
        "details": {"format": "gguf"}, "parameters": "", "modified_at": CREATED,
        "model_info": {"general.architecture": "mock", "mock.context_length": 4096},
        "capabilities": ["completion", "vision", "tools", "thinking"],
    }))
}

/// An answer to `POST /api/chat`, which is a stream unless the request says otherwise. `known` lists the models when
/// others are to be refused.
pub(in super::super) fn chat(request: &Value, known: Option<&[String]>) -> Answer {
    let model = request["model"].as_str().unwrap_or_default();
    if known.is_some_and(|known| known.iter().all(|id| id != model)) {
        return Answer::ollama_error(404, &format!("model '{model}' not found"));
    }
    let Some(messages) = request["messages"].as_array().filter(|messages| !messages.is_empty()) else {
        return Answer::ollama_error(400, "messages are required");
    };
    let last = messages.last().unwrap_or(&Value::Null);
    let reply = Reply::to(Question {
        heard: text(&last["content"]),
        from_tool: last["role"] == "tool",
        tool: None,
        limit: request["options"]["num_predict"].as_u64(),
        words: messages.iter().map(|message| words(&text(&message["content"]))).sum(),
    });
    let line = |text: &str| {
        let message = json!({"role": "assistant", "content": text});
        json!({"model": model, "created_at": CREATED, "message": message, "done": false})
    };
    let end = |mut line: Value| {
        line["done"] = true.into();
        line["done_reason"] = if reply.cut { "length" } else { "stop" }.into();
        line["prompt_eval_count"] = reply.input.into();
        line["eval_count"] = reply.output.into();
        line
    };
    if request["stream"] == false {
        return Answer::json(&end(line(&reply.text)));
    }
    let lines = reply.pieces().map(line).chain([end(line(""))]);
    Answer::lines(&lines.map(|line| format!("{line}\n")).collect::<String>())
}
