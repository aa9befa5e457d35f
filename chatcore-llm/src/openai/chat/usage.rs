//! What an answer used, and why it ended.

use chatcore::turn::{FinishReason, Usage, UsageSource};
use serde_json::Value;

use crate::client::count;

/// The reason in our words.
pub(super) fn finish_reason(word: &str) -> FinishReason {
    match word {
        "stop" | "eos" | "end_turn" => FinishReason::Stop,
        "length" | "max_tokens" => FinishReason::Length,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        other => FinishReason::Other(other.to_owned()),
    }
}

/// The usage that a chunk tells, if it does, split into parts that do not overlap.
pub(super) fn usage(chunk: &Value) -> Option<Usage> {
    let places = [chunk.get("usage"), chunk.pointer("/choices/0/usage"), chunk.pointer("/x_groq/usage")];
    let told = places.into_iter().flatten().find(|usage| usage.is_object())?;
    let at = |paths: &[&str]| paths.iter().find_map(|path| count(told.pointer(path)?));
    let prompt = at(&["/prompt_tokens", "/input_tokens"]);
    let completion = at(&["/completion_tokens", "/output_tokens"]);
    if prompt.is_none() && completion.is_none() {
        return None;
    }
    let cache_read = at(&["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens"]).unwrap_or(0);
    let cache_write = at(&["/prompt_tokens_details/cache_write_tokens"]).unwrap_or(0);
    let reasoning = at(&["/completion_tokens_details/reasoning_tokens"]).unwrap_or(0);
    let completion = completion.unwrap_or(0);
    // xAI counts thoughts beside the answer, all others as part of it
    let sum = prompt.unwrap_or(0).saturating_add(completion).saturating_add(reasoning);
    let is_beside = reasoning > completion || (reasoning > 0 && at(&["/total_tokens"]) == Some(sum));
    Some(Usage {
        input: prompt.unwrap_or(0).saturating_sub(cache_read).saturating_sub(cache_write),
        output: if is_beside { completion } else { completion - reasoning },
        cache_read,
        cache_write,
        reasoning,
        source: UsageSource::Provider,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn usage_is_split_without_overlap() {
        let told = json!({"usage": {
            "prompt_tokens": 100, "completion_tokens": 50,
            "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
            "completion_tokens_details": {"reasoning_tokens": 20},
        }});
        let usage = usage(&told).unwrap();
        assert_eq!((usage.input, usage.cache_read, usage.cache_write), (30, 60, 10));
        assert_eq!((usage.output, usage.reasoning, usage.total()), (30, 20, 150));
    }

    #[test]
    fn thoughts_may_be_counted_beside_the_answer() {
        let told = |total: u64| {
            let details = json!({"reasoning_tokens": 20});
            let told = json!({"prompt_tokens": 10, "completion_tokens": 30, "total_tokens": total,
                "completion_tokens_details": details});
            usage(&json!({"usage": told})).map(|usage| (usage.output, usage.reasoning, usage.total()))
        };
        assert_eq!(told(40), Some((10, 20, 40)));
        assert_eq!(told(60), Some((30, 20, 60)));
    }

    #[test]
    fn odd_usage_is_survived() {
        let odd = json!({"usage": {"prompt_tokens": "7", "completion_tokens": 2.0, "prompt_tokens_details": null,
            "completion_tokens_details": {"reasoning_tokens": 9}}});
        assert_eq!(usage(&odd).map(|usage| (usage.input, usage.output, usage.reasoning)), Some((7, 2, 9)));
        for none in [json!({}), json!({"usage": null}), json!({"usage": {}}), json!({"usage": 5}), json!([])] {
            assert_eq!(usage(&none), None, "{none}");
        }
    }
}
