//! Bodies: JSON, forms, and forms in parts.

use poem::http::StatusCode;
use poem::web::Multipart;
use poem::{FromRequest, RequestBody};
use serde_json::{Map, Value, json};

use super::dialect::detail;
use crate::compat::reply::refuse;
use crate::compat::{Call, Refusal};

/// What somebody sent, by name. What comes in a form is text.
pub(in crate::compat) type Data = Map<String, Value>;

/// The fields of a body.
///
/// # Errors
/// 415 for another kind of body, 400 for one that cannot be read.
pub(in crate::compat) async fn data(call: &Call) -> Result<Data, Refusal> {
    if call.body.is_empty() {
        return Ok(Data::new());
    }
    match call.content_type().as_str() {
        "application/json" => of_json(&call.body),
        "application/x-www-form-urlencoded" => {
            let pairs = url::form_urlencoded::parse(&call.body).into_owned();
            Ok(pairs.map(|(name, value)| (name, Value::String(value))).collect())
        }
        "multipart/form-data" => of_parts(call).await,
        other => {
            let text = format!("Unsupported media type \"{other}\" in request.");
            Err(detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, &text).into())
        }
    }
}

fn of_json(body: &[u8]) -> Result<Data, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(data)) => Ok(data),
        Ok(other) => {
            let kind = python_name(&other);
            let message = format!("Invalid data. Expected a dictionary, but got {kind}.");
            Err(refuse(StatusCode::BAD_REQUEST, &json!({ "non_field_errors": [message] })))
        }
        Err(error) => {
            let text = format!("JSON parse error - {}", complaint(body, &error));
            Err(detail(StatusCode::BAD_REQUEST, &text).into())
        }
    }
}

/// What Python calls such a value.
pub(super) fn python_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// Where JSON goes wrong, in the words of Python.
pub(in crate::compat) fn complaint(body: &[u8], error: &serde_json::Error) -> String {
    let before: usize =
        body.split(|byte| *byte == b'\n').take(error.line().saturating_sub(1)).map(|line| line.len() + 1).sum();
    let at = before + error.column().saturating_sub(1);
    let rest = body.get(..at).unwrap_or(body);
    let last = rest.iter().rev().find(|byte| !byte.is_ascii_whitespace());
    let what =
        if last == Some(&b'{') { "Expecting property name enclosed in double quotes" } else { "Expecting value" };
    format!("{what}: line {} column {} (char {at})", error.line(), error.column())
}

async fn of_parts(call: &Call) -> Result<Data, Refusal> {
    let broken = |_| Refusal::from(detail(StatusCode::BAD_REQUEST, "Multipart form parse error - Invalid boundary"));
    let mut body = RequestBody::new(call.body.clone().into());
    let mut parts = Multipart::from_request(&call.request, &mut body).await.map_err(broken)?;
    let mut data = Data::new();
    while let Some(part) = parts.next_field().await.map_err(|error| broken(error.into()))? {
        let Some(name) = part.name().map(str::to_owned) else { continue };
        // what is no text is no field of these systems
        if let Ok(text) = part.text().await {
            data.insert(name, Value::String(text));
        }
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_json_is_told_as_python_does() {
        let told = |body: &[u8]| complaint(body, &serde_json::from_slice::<Value>(body).unwrap_err());
        let named = "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)";
        assert_eq!(told(b"{bad"), named);
        assert_eq!(told(b"hello"), "Expecting value: line 1 column 1 (char 0)");
        assert!(told(b"{\"a\": 1,\n\"b\": x}").starts_with("Expecting value: line 2 column 6 (char 14)"));
    }
}
