//! What the framework says of a body or parameter that it refuses, in words for the caller: without the names of our
//! types and without repeating the value.

use super::problem::FieldError;

/// The longest message that is passed on.
const LONGEST: usize = 300;

/// The field, where the framework names it, and the message.
pub(super) fn field_error(reason: &str) -> FieldError {
    let reason = unwrapped(reason);
    if let Some((kind, _)) = quoted(reason, "Expected input type ") {
        return FieldError::new("", format!("a value has the wrong type: {} was expected", article(kind)));
    }
    if let Some((kind, _)) = quoted(reason, "Type ") {
        return FieldError::new("", format!("a required value is missing: {} was expected", article(kind)));
    }
    if let Some((field, rule)) =
        reason.strip_prefix("field `").and_then(|rest| rest.split_once("` verification failed. "))
    {
        return FieldError::new(field, format!("does not satisfy {}", short(rule)));
    }
    if let Some(field) = reason.strip_prefix("unknown field `").and_then(|rest| rest.strip_suffix("`.")) {
        return FieldError::new(short(field), "is not known here");
    }
    FieldError::new("", short(reason))
}

/// The message for a parameter, whose name is known.
pub(super) fn parameter(reason: &str) -> String {
    let reason = unwrapped(reason);
    if let Some((kind, _)) = quoted(reason, "Expected input type ") {
        return format!("must be {}", article(kind));
    }
    if quoted(reason, "Type ").is_some() {
        return "is missing".to_owned();
    }
    match reason.strip_prefix("verification failed. ") {
        Some(rule) => format!("does not satisfy {}", short(rule)),
        None => format!("cannot be read: {}", short(reason)),
    }
}

/// Without `(occurred while parsing "Type")` behind and `failed to parse "Type": ` before it.
fn unwrapped(reason: &str) -> &str {
    let mut reason = reason;
    if let Some((inner, _)) = reason.split_once(" (occurred while parsing \"") {
        reason = inner;
    }
    while let Some((_, inner)) = quoted(reason, "failed to parse ") {
        reason = inner.trim_start_matches(": ");
    }
    reason
}

/// What stands in quotes behind the prefix, and what follows.
fn quoted<'a>(text: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    text.strip_prefix(prefix)?.strip_prefix('"')?.split_once('"')
}

/// JSON's word for a type of the API document.
fn article(kind: &str) -> &'static str {
    let plain = kind.split(['(', '_', '<']).next().unwrap_or(kind);
    match plain {
        "string" => "a string",
        "integer" => "an integer",
        "number" => "a number",
        "boolean" => "true or false",
        "array" | "[]" => "a list",
        _ if kind.starts_with('[') => "a list",
        _ => "an object",
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(std::iter::once('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_type_names_nor_values_are_repeated() {
        let error =
            field_error(r#"Expected input type "string", found {"secret":1}. (occurred while parsing "SendBody")"#);
        assert_eq!(error, FieldError::new("", "a value has the wrong type: a string was expected"));
        let error = field_error(r#"Type "integer(int32)" expects an input value. (occurred while parsing "SendBody")"#);
        assert_eq!(error, FieldError::new("", "a required value is missing: an integer was expected"));
    }

    #[test]
    fn a_validator_and_an_unknown_field_are_named() {
        let error = field_error(r#"failed to parse "SendBody": field `text` verification failed. minLength(1)"#);
        assert_eq!(error, FieldError::new("text", "does not satisfy minLength(1)"));
        let error = field_error(r#"failed to parse "SendBody": unknown field `temprature`."#);
        assert_eq!(error, FieldError::new("temprature", "is not known here"));
    }

    #[test]
    fn parameters_get_a_verb() {
        assert_eq!(
            parameter(r#"failed to parse "integer(uint32)": invalid digit found in string"#),
            "cannot be read: invalid digit found in string"
        );
        assert_eq!(
            parameter("verification failed. maximum(100, exclusive: false)"),
            "does not satisfy maximum(100, exclusive: false)"
        );
    }
}
