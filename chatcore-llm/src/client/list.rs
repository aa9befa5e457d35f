//! Lists of models, in whichever of the usual shapes they came.

use chatcore::turn::ModelInfo;
use serde_json::Value;

use super::fields::count;

/// The models of a list that can hold a conversation, with so many tokens where it tells none; `None` if it is no list.
pub(super) fn models(value: &Value, provider: &str, context_tokens: u64) -> Option<Vec<ModelInfo>> {
    let list = ["data", "models"].into_iter().find_map(|name| value.get(name)?.as_array());
    let list = list.or_else(|| value.as_array())?;
    Some(list.iter().filter_map(|model| info(model, provider, context_tokens)).collect())
}

fn info(model: &Value, provider: &str, context_tokens: u64) -> Option<ModelInfo> {
    let named = ["id", "name", "model"].into_iter().find_map(|name| model.get(name)?.as_str());
    let id = model.as_str().or(named).filter(|id| !only_embeds(id, model))?;
    let limit = |name: &str| model.get(name).and_then(count).filter(|tokens| *tokens > 0);
    // Anthropic tells both
    let info = ModelInfo::new(id, provider, limit("max_input_tokens").unwrap_or(context_tokens));
    Some(ModelInfo { max_output_tokens: limit("max_tokens"), ..info })
}

/// Whether it makes numbers of texts. Names tell as a rule; Ollama tells the family, too.
fn only_embeds(id: &str, model: &Value) -> bool {
    let family = model.pointer("/details/family").and_then(Value::as_str).unwrap_or_default();
    id.contains("embed") || family.ends_with("bert")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_taken_and_embedding_models_left_out() {
        let list = json!({"data": [
            {"id": "claude", "max_input_tokens": 200_000, "max_tokens": 64_000},
            {"id": "gpt", "max_tokens": null},
            {"id": "text-embedding-3-small"},
            {"name": "bge-m3", "details": {"family": "bert"}},
            {"name": "nomic", "details": {"family": "nomic-bert"}},
        ]});
        let told: Vec<_> = models(&list, "p", 9000)
            .unwrap()
            .into_iter()
            .map(|model| (model.id, model.context_tokens, model.max_output_tokens))
            .collect();
        assert_eq!(told, [("claude".into(), 200_000, Some(64_000)), ("gpt".into(), 9000, None)]);
        assert!(models(&json!({"hello": 1}), "p", 9000).is_none());
    }
}
