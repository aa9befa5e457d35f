//! What an Ollama tells about one model (`POST /api/show`).

use chatcore::turn::{Capabilities, ModelInfo};
use serde_json::Value;

use crate::client::count;

/// What a model is asked to read unless its owner set another number. Most can do more, at the price of memory that the
/// machine may not have.
pub(super) const CONTEXT_TOKENS: u64 = 8192;

/// The model with its limits and what it can do; `None` for one that only embeds.
pub(super) fn detailed(info: ModelInfo, told: &Value) -> Option<ModelInfo> {
    let context_tokens = context(told).unwrap_or(info.context_tokens);
    let Some(all) = told["capabilities"].as_array() else { return Some(ModelInfo { context_tokens, ..info }) };
    let can = |what: &str| all.iter().any(|capability| capability == what);
    let capabilities = Capabilities {
        images: can("vision"),
        files: false,
        tools: can("tools"),
        reasoning: can("thinking"),
        // it holds any model to a schema
        structured_output: true,
    };
    can("completion").then_some(ModelInfo { context_tokens, capabilities, ..info })
}

/// How much it is to read: what its owner set, all of a model that runs elsewhere, else no more than the usual and never
/// more than it was trained for.
fn context(told: &Value) -> Option<u64> {
    let trained = told["model_info"].as_object().and_then(|facts| {
        // `general.architecture` names the prefix
        facts.iter().find(|(name, _)| name.ends_with(".context_length")).and_then(|(_, tokens)| count(tokens))
    });
    let set = told["parameters"].as_str().and_then(|all| {
        let line = all.lines().find_map(|line| line.trim().strip_prefix("num_ctx"));
        line.and_then(|tokens| tokens.trim().parse().ok())
    });
    let is_elsewhere = told["remote_host"].as_str().is_some_and(|host| !host.is_empty());
    let usual = if is_elsewhere { trained } else { Some(CONTEXT_TOKENS) };
    let tokens: u64 = set.or(usual)?;
    Some(tokens.min(trained.unwrap_or(tokens))).filter(|tokens| *tokens > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(told: Value) -> Option<ModelInfo> {
        detailed(ModelInfo::new("m", "ollama", 77), &told)
    }

    #[test]
    fn the_context_is_what_the_owner_or_the_model_allows() {
        let context = |told: Value| read(told).map(|info| info.context_tokens);
        let trained = |tokens: u64| json!({"general.architecture": "llama", "llama.context_length": tokens});
        assert_eq!(context(json!({"model_info": trained(131_072)})), Some(CONTEXT_TOKENS));
        assert_eq!(context(json!({"model_info": trained(2048)})), Some(2048));
        let set = "stop \"<end>\"\nnum_ctx                        32768\ntemperature 1";
        assert_eq!(context(json!({"model_info": trained(131_072), "parameters": set})), Some(32_768));
        assert_eq!(context(json!({"model_info": trained(4096), "parameters": set})), Some(4096));
        let cloud = json!({"model_info": trained(262_144), "remote_host": "https://ollama.com:443"});
        assert_eq!(context(cloud), Some(262_144));
        assert_eq!(context(json!({"remote_host": "https://ollama.com:443"})), Some(77));
    }

    #[test]
    fn capabilities_are_taken_over_and_who_only_embeds_is_left_out() {
        let can = |all: &[&str]| read(json!({"capabilities": all})).map(|info| info.capabilities);
        let thinker = can(&["completion", "tools", "thinking"]).unwrap();
        assert!(thinker.tools && thinker.reasoning && thinker.structured_output && !thinker.images);
        assert!(can(&["completion", "vision"]).unwrap().images);
        assert_eq!(can(&["embedding"]), None);
        assert_eq!(read(json!({})).unwrap().capabilities, Capabilities::default(), "an old version tells nothing");
    }
}
