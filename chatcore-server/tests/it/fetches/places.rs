//! Every text that the document of the API has a place for, with a body around it that is otherwise right.

use serde_json::{Map, Value, json};

use crate::openapi::operations;

/// What stands where a text is to be put.
const HOLE: &str = "{address}";

/// A place for a text: one of the four.
pub(super) struct Place {
    pub(super) operation: String,
    pub(super) name: String,
    pub(super) in_path: Option<String>,
    pub(super) in_query: Option<String>,
    pub(super) in_header: Option<String>,
    pub(super) body: Option<Value>,
}

/// All of them.
pub(super) fn places() -> Vec<Place> {
    let document: Value = serde_json::from_str(&chatcore_server::openapi()).unwrap();
    operations().iter().flat_map(|(name, operation)| of_operation(&document, name, operation)).collect()
}

/// A body with a text in its place.
pub(super) fn filled(body: &Value, text: &str) -> Value {
    match body {
        Value::String(hole) => hole.replace(HOLE, text).into(),
        Value::Array(items) => items.iter().map(|item| filled(item, text)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), filled(value, text))).collect(),
        other => other.clone(),
    }
}

fn of_operation(document: &Value, name: &str, operation: &Value) -> Vec<Place> {
    let place = |field: &str| Place {
        operation: name.to_owned(),
        name: field.to_owned(),
        in_path: None,
        in_query: None,
        in_header: None,
        body: None,
    };
    let mut all = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let field = parameter["name"].as_str().unwrap();
        let mut place = place(field);
        match parameter["in"].as_str().unwrap() {
            "path" => place.in_path = Some(field.to_owned()),
            "query" => place.in_query = Some(field.to_owned()),
            _ => place.in_header = Some(field.to_owned()),
        }
        all.push(place);
    }
    let content = operation["requestBody"]["content"].as_object().into_iter().flatten();
    let schema = content.filter(|(kind, _)| kind.starts_with("application/json")).map(|(_, media)| &media["schema"]);
    for schema in schema {
        let bodies = holes(document, schema, 0);
        all.extend(bodies.into_iter().map(|(field, body)| Place { body: Some(body), ..place(&field) }));
    }
    all
}

/// A schema without references, and with what all of its parts say.
fn resolved(document: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return resolved(document, document.pointer(reference.trim_start_matches('#')).unwrap());
    }
    let Some(parts) = schema["allOf"].as_array() else { return schema.clone() };
    let (mut fields, mut required) = (Map::new(), Vec::new());
    for part in parts {
        let part = resolved(document, part);
        fields.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
        if part["properties"].is_null() {
            return part;
        }
    }
    json!({"type": "object", "properties": fields, "required": required})
}

/// A value for each text inside, with a hole there and as little else as must be, and the name that the text has.
fn holes(document: &Value, schema: &Value, depth: usize) -> Vec<(String, Value)> {
    let schema = resolved(document, schema);
    if depth > 6 || schema["enum"].is_array() {
        return Vec::new();
    }
    if let Some(variants) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        return variants.iter().flat_map(|variant| holes(document, variant, depth + 1)).collect();
    }
    match schema["type"].as_str() {
        Some("string") => vec![(String::new(), HOLE.into())],
        Some("array") => {
            let items = holes(document, &schema["items"], depth + 1);
            items.into_iter().map(|(name, item)| (name, json!([item]))).collect()
        }
        Some("integer" | "number" | "boolean") => Vec::new(),
        _ => match schema["properties"].as_object() {
            Some(fields) => of_object(document, &schema, fields, depth),
            // any JSON: what programs that read it might follow
            None => vec![(
                String::new(),
                json!({"$ref": HOLE, "$schema": HOLE, "$id": HOLE, "url": HOLE, "image_url": {"url": HOLE}}),
            )],
        },
    }
}

fn of_object(document: &Value, schema: &Value, fields: &Map<String, Value>, depth: usize) -> Vec<(String, Value)> {
    let around = sample(document, schema, depth);
    let mut all = Vec::new();
    for (field, inner) in fields {
        for (name, value) in holes(document, inner, depth + 1) {
            let mut body = around.clone();
            body[field] = value;
            // what is text itself has the name of its field
            all.push((if name.is_empty() { field.clone() } else { name }, body));
        }
    }
    all
}

/// The least that a schema takes.
fn sample(document: &Value, schema: &Value, depth: usize) -> Value {
    let schema = resolved(document, schema);
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    if let Some(first) = schema["oneOf"].as_array().and_then(|all| all.first()) {
        return sample(document, first, depth + 1);
    }
    match schema["type"].as_str() {
        Some("string") => "words".into(),
        Some("array") => json!([]),
        Some("integer" | "number") => schema["minimum"].as_u64().unwrap_or(1).into(),
        Some("boolean") => false.into(),
        _ if depth > 6 => json!({}),
        _ => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            required.map(|name| (name.to_owned(), sample(document, &schema["properties"][name], depth + 1))).collect()
        }
    }
}
