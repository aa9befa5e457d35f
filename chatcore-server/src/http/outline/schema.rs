//! What the API document says of a JSON value.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::http::problem::FieldError;

/// Deeper than any body of the document; a schema that holds itself is read no further.
const DEEPEST: usize = 8;

/// As much of a schema as a refusal can name.
#[derive(Debug, Clone, Default)]
pub(super) struct Schema {
    kind: Option<String>,
    /// The only values that there are.
    choices: Vec<String>,
    fields: Vec<Field>,
    /// Of each item of a list.
    items: Option<Box<Schema>>,
    /// Of objects that say in one field what they are.
    variants: Option<Variants>,
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    required: bool,
    schema: Schema,
}

#[derive(Debug, Clone)]
struct Variants {
    tag: String,
    by_name: BTreeMap<String, Schema>,
}

impl Schema {
    pub(super) fn read(document: &Value, schema: &Value) -> Self {
        Self::at_depth(document, schema, 0)
    }

    fn at_depth(document: &Value, schema: &Value, depth: usize) -> Self {
        let schema = resolve(document, schema);
        let mut read = Self::default();
        if depth == DEEPEST {
            return read;
        }
        let inner = |schema: &Value| Self::at_depth(document, schema, depth + 1);
        for part in std::iter::once(schema).chain(list(schema, "allOf")).map(|part| resolve(document, part)) {
            read.kind = read.kind.or_else(|| part["type"].as_str().map(ToOwned::to_owned));
            read.choices.extend(list(part, "enum").filter_map(Value::as_str).map(ToOwned::to_owned));
            let required: Vec<&str> = list(part, "required").filter_map(Value::as_str).collect();
            let fields = part["properties"].as_object().into_iter().flatten();
            read.fields.extend(fields.map(|(name, schema)| Field {
                name: name.clone(),
                required: required.contains(&name.as_str()),
                schema: inner(schema),
            }));
        }
        read.items = schema.get("items").map(|items| Box::new(inner(items)));
        read.variants = schema["discriminator"]["mapping"].as_object().and_then(|mapping| {
            let of = |reference: &Value| document.pointer(reference.as_str()?.strip_prefix('#')?).map(inner);
            let by_name = mapping.iter().filter_map(|(name, reference)| Some((name.clone(), of(reference)?))).collect();
            Some(Variants { tag: schema["discriminator"]["propertyName"].as_str()?.to_owned(), by_name })
        });
        read
    }

    /// The only values that there are, in words.
    pub(super) fn choices(&self) -> Option<String> {
        (!self.choices.is_empty()).then(|| one_of(&self.choices))
    }

    /// What is plainly wrong with a value, field by field.
    pub(super) fn refusals(&self, value: &Value) -> Vec<FieldError> {
        let mut errors = Vec::new();
        self.judge("", value, &mut errors);
        errors
    }

    fn judge(&self, at: &str, value: &Value, errors: &mut Vec<FieldError>) {
        if let Some(message) = self.refusal(value) {
            return errors.push(FieldError::new(at, message));
        }
        for field in &self.fields {
            let at = if at.is_empty() { field.name.clone() } else { format!("{at}.{}", field.name) };
            match value.get(&field.name).filter(|value| !value.is_null()) {
                Some(value) => field.schema.judge(&at, value, errors),
                None if field.required => errors.push(FieldError::new(at, "is required")),
                None => {}
            }
        }
        if let (Some(schema), Some(items)) = (&self.items, value.as_array()) {
            for (n, item) in items.iter().enumerate() {
                schema.judge(&format!("{at}[{n}]"), item, errors);
            }
        }
        if let Some(variants) = &self.variants {
            match value[&variants.tag].as_str().and_then(|name| variants.by_name.get(name)) {
                Some(variant) => variant.judge(at, value, errors),
                None => errors.push(FieldError::new(format!("{at}.{}", variants.tag), one_of(variants.by_name.keys()))),
            }
        }
    }

    /// What is wrong with the value itself.
    fn refusal(&self, value: &Value) -> Option<String> {
        let (fits, message) = match self.kind.as_deref()? {
            "string" => (value.is_string(), "must be a string"),
            "integer" => (value.is_i64() || value.is_u64(), "must be an integer"),
            "number" => (value.is_number(), "must be a number"),
            "boolean" => (value.is_boolean(), "must be true or false"),
            "array" => (value.is_array(), "must be a list"),
            "object" => (value.is_object(), "must be an object"),
            _ => return None,
        };
        if !fits {
            return Some(message.to_owned());
        }
        let is_choice = value.as_str().is_none_or(|value| self.choices.iter().any(|choice| choice == value));
        self.choices().filter(|_| !is_choice)
    }
}

fn one_of(choices: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let choices: Vec<String> = choices.into_iter().map(|choice| format!("`{}`", choice.as_ref())).collect();
    format!("must be one of {}", choices.join(", "))
}

fn list<'a>(schema: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    schema[name].as_array().into_iter().flatten()
}

/// Follows one reference, bare or as the first part of `allOf`.
pub(super) fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    let target = reference.and_then(|reference| document.pointer(reference.strip_prefix('#')?));
    target.unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusals(value: Value) -> Vec<(String, String)> {
        let text = json!({"allOf": [
            {"required": ["type"], "properties": {"type": {"type": "string", "enum": ["text"]}}},
            {"$ref": "#/Text"},
        ]});
        let part =
            json!({"discriminator": {"propertyName": "type", "mapping": {"text": "#/TextPart"}}, "type": "object"});
        let body = json!({"type": "object", "required": ["how"], "properties": {
            "how": {"allOf": [{"$ref": "#/How"}, {"description": "how"}]},
            "parts": {"type": "array", "items": {"$ref": "#/Part"}},
            "self": {"$ref": "#/Body"},
        }});
        let document = json!({
            "Body": body, "Part": part, "TextPart": text, "How": {"type": "string", "enum": ["fast", "slow"]},
            "Text": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
        });
        let errors = Schema::read(&document, &document["Body"]).refusals(&value);
        errors.into_iter().map(|error| (error.field, error.message)).collect()
    }

    #[test]
    fn each_field_is_named_with_the_values_that_it_may_have() {
        let error = |field: &str, message: &str| (field.to_owned(), message.to_owned());
        assert_eq!(refusals(json!({"how": "fast", "parts": [{"type": "text", "text": "x"}]})), []);
        assert_eq!(refusals(json!({"how": "odd"})), [error("how", "must be one of `fast`, `slow`")]);
        let parts = json!({"parts": [{"type": "odd"}, {"type": "text"}, 5], "self": {"how": 1}});
        let expected = [
            error("how", "is required"),
            error("parts[0].type", "must be one of `text`"),
            error("parts[1].text", "is required"),
            error("parts[2]", "must be an object"),
            error("self.how", "must be a string"),
        ];
        assert_eq!(refusals(parts), expected);
    }
}
