//! Scenes in the bytes of each wire.

use chatcore::conformance::models::Scene;
use chatcore::turn::{ModelErrorKind, Usage};
use chatcore_llm::testing::Answer;
use serde_json::{Value, json};

use crate::remote::Wire;

/// What the mock answers for a scene; none for what it does by itself.
pub(crate) fn play(wire: Wire, scene: &Scene) -> Option<Vec<Answer>> {
    let answer = match scene {
        Scene::Says { pieces, usage } => wire.stream(&wire.says(pieces, usage)),
        Scene::Calls { id, name, arguments } => wire.stream(&wire.calls(id, name, arguments)),
        Scene::Breaks { pieces } => wire.stream(&wire.pieces(pieces)).then_break(),
        Scene::Hangs { pieces } => wire.stream(&wire.pieces(pieces)).then_hang(),
        Scene::Silent => wire.stream(&[]).wait(std::time::Duration::from_secs(3600)),
        Scene::Refuses { kind, retry_after } => {
            let status = match kind {
                ModelErrorKind::RateLimited => 429,
                ModelErrorKind::Unauthorized => 401,
                ModelErrorKind::BadRequest => 400,
                _ => 503,
            };
            let refusal = wire.refusal(status);
            match retry_after {
                Some(wait) => refusal.header("retry-after", &wait.as_secs().to_string()),
                None => refusal,
            }
        }
        _ => return None,
    };
    Some(vec![answer])
}

/// The pieces of a text, each at every few bytes, so that none is a whole.
fn shreds(text: &str) -> Vec<String> {
    text.chars().collect::<Vec<_>>().chunks(4).map(|some| some.iter().collect()).collect()
}

impl Wire {
    fn stream(self, objects: &[Value]) -> Answer {
        let text: String = objects.iter().map(|object| self.frame(object)).collect();
        if self == Self::Ollama { Answer::lines(&text) } else { Answer::events(&text) }
    }

    fn frame(self, object: &Value) -> String {
        match self {
            Self::Ollama => format!("{object}\n"),
            Self::Chat => format!("data: {object}\n\n"),
            _ => format!("event: {}\ndata: {object}\n\n", object["type"].as_str().unwrap_or_default()),
        }
    }

    fn refusal(self, status: u16) -> Answer {
        match self {
            Self::Chat | Self::Responses => Answer::error(status, "", "no"),
            Self::Anthropic => Answer::anthropic_error(status, "no"),
            Self::Ollama => Answer::ollama_error(status, "no"),
        }
    }

    fn pieces(self, pieces: &[String]) -> Vec<Value> {
        let piece = |text: &String| match self {
            Self::Chat => json!({"choices": [{"index": 0, "delta": {"content": text}}]}),
            Self::Responses => json!({"type": "response.output_text.delta", "item_id": "m", "delta": text}),
            Self::Anthropic => {
                let delta = json!({"type": "text_delta", "text": text});
                json!({"type": "content_block_delta", "index": 0, "delta": delta})
            }
            Self::Ollama => json!({"message": {"role": "assistant", "content": text}, "done": false}),
        };
        pieces.iter().map(piece).collect()
    }

    fn says(self, pieces: &[String], usage: &[Usage]) -> Vec<Value> {
        let said = self.pieces(pieces).into_iter();
        let counts = |usage: &Usage| (usage.input, usage.output);
        match self {
            Self::Chat => {
                let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
                let told = usage.iter().map(counts).map(
                    |(input, output)| json!({"choices": [], "usage": {"prompt_tokens": input, "completion_tokens": output}}),
                );
                said.chain([end]).chain(told).collect()
            }
            Self::Responses => {
                let told = usage.last().map(counts);
                let told = told.map(|(input, output)| json!({"input_tokens": input, "output_tokens": output}));
                let response = json!({"status": "completed", "usage": told});
                said.chain([json!({"type": "response.completed", "response": response})]).collect()
            }
            Self::Anthropic => {
                let mut told = usage.iter().map(counts);
                let start = told.next().map(|(input, output)| json!({"input_tokens": input, "output_tokens": output}));
                let start = json!({"type": "message_start", "message": {"usage": start}});
                let told = told.map(
                    |(_, output)| json!({"type": "message_delta", "delta": {}, "usage": {"output_tokens": output}}),
                );
                let end = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}});
                [start].into_iter().chain(said).chain(told).chain([end, json!({"type": "message_stop"})]).collect()
            }
            Self::Ollama => {
                let mut end = json!({"message": {"role": "assistant", "content": ""}, "done": true});
                if let Some((input, output)) = usage.last().map(counts) {
                    end["prompt_eval_count"] = input.into();
                    end["eval_count"] = output.into();
                }
                said.chain([end]).collect()
            }
        }
    }

    fn calls(self, id: &str, name: &str, arguments: &str) -> Vec<Value> {
        match self {
            Self::Chat => {
                let piece = |call: Value| json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]});
                let first = json!({"index": 0, "id": id, "function": {"name": name, "arguments": ""}});
                let rest = shreds(arguments).into_iter();
                let rest = rest.map(|shred| piece(json!({"index": 0, "function": {"arguments": shred}})));
                let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]});
                [piece(first)].into_iter().chain(rest).chain([end]).collect()
            }
            Self::Responses => {
                let delta = |shred| json!({"type": "response.function_call_arguments.delta", "delta": shred});
                let item = json!({"type": "function_call", "call_id": id, "name": name, "arguments": arguments});
                let end = [
                    json!({"type": "response.output_item.done", "item": item}),
                    json!({"type": "response.completed", "response": {"status": "completed"}}),
                ];
                shreds(arguments).into_iter().map(delta).chain(end).collect()
            }
            Self::Anthropic => {
                let block = json!({"type": "tool_use", "id": id, "name": name, "input": {}});
                let start = json!({"type": "content_block_start", "index": 1, "content_block": block});
                let delta = |shred: String| {
                    let delta = json!({"type": "input_json_delta", "partial_json": shred});
                    json!({"type": "content_block_delta", "index": 1, "delta": delta})
                };
                let end = [
                    json!({"type": "content_block_stop", "index": 1}),
                    json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}}),
                    json!({"type": "message_stop"}),
                ];
                [start].into_iter().chain(shreds(arguments).into_iter().map(delta)).chain(end).collect()
            }
            Self::Ollama => {
                let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
                let call = json!({"function": {"name": name, "arguments": arguments}});
                let message = json!({"role": "assistant", "content": "", "tool_calls": [call]});
                vec![
                    json!({"message": message, "done": false}),
                    json!({"message": {"role": "assistant", "content": ""}, "done": true, "done_reason": "stop"}),
                ]
            }
        }
    }
}
