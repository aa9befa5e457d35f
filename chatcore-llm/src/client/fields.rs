//! Reading fields of JSON that may hold anything.

use serde_json::Value;

/// A count, however it is written; `None` for what is no count.
pub(crate) fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be within the range of u64")]
fn whole(number: f64) -> Option<u64> {
    (0.0..9e15).contains(&number).then_some(number as u64)
}

/// Text that came as a string or as a list of parts.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(|part| part.get("text").map_or_else(|| text(part), text)).collect(),
        _ => String::new(),
    }
}

/// A string as it is, anything else but null as JSON: some servers send arguments as an object.
pub(crate) fn raw_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn odd_counts_are_survived() {
        assert_eq!(count(&json!("7")), Some(7));
        assert_eq!(count(&json!(2.0)), Some(2));
        assert_eq!(count(&json!(-1)), None);
        assert_eq!(count(&json!(1e300)), None);
    }

    #[test]
    fn text_may_be_a_list_of_parts() {
        assert_eq!(text(&json!([{"type": "text", "text": "a"}, {"text": ["b"]}, "c", 7, null])), "abc");
        assert_eq!(raw_text(&json!({"a": 1})), r#"{"a":1}"#);
    }
}
