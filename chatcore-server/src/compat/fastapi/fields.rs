//! Fields of bodies, queries and paths: all that are wrong are told at once, each with its place.

use std::ops::RangeInclusive;

use poem::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::compat::drf::complaint;
use crate::compat::reply::refuse;
use crate::compat::{Call, Refusal};

fn unprocessable(errors: &[Value]) -> Refusal {
    refuse(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "detail": errors }))
}

fn error(kind: &str, place: &[&str], message: &str, input: &Value) -> Value {
    json!({ "type": kind, "loc": place, "msg": message, "input": input })
}

/// A body while it is looked at.
pub(in crate::compat) struct Model {
    data: Map<String, Value>,
    errors: Vec<Value>,
}

impl Model {
    /// The body of a request.
    ///
    /// # Errors
    /// 422 for a body that is missing, broken, or no object.
    pub(in crate::compat) fn read(call: &Call) -> Result<Self, Refusal> {
        if call.body.is_empty() {
            return Err(unprocessable(&[error("missing", &["body"], "Field required", &Value::Null)]));
        }
        Self::of(call)
    }

    /// The body of a request that needs none.
    ///
    /// # Errors
    /// As [`Self::read`], but for a body that is missing.
    pub(in crate::compat) fn read_if_any(call: &Call) -> Result<Self, Refusal> {
        if call.body.is_empty() { Ok(Self { data: Map::new(), errors: Vec::new() }) } else { Self::of(call) }
    }

    fn of(call: &Call) -> Result<Self, Refusal> {
        let no_object = |input: Value| {
            let message = "Input should be a valid dictionary or object to extract fields from";
            unprocessable(&[error("model_attributes_type", &["body"], message, &input)])
        };
        if !call.content_type().ends_with("json") {
            return Err(no_object(String::from_utf8_lossy(&call.body).into_owned().into()));
        }
        match serde_json::from_slice(&call.body) {
            Ok(Value::Object(data)) => Ok(Self { data, errors: Vec::new() }),
            Ok(other) => Err(no_object(other)),
            Err(broken) => {
                let text = complaint(&call.body, &broken);
                let (why, place) = text.split_once(": line").unwrap_or((&text, ""));
                let at = place.rsplit("char ").next().and_then(|at| at.trim_end_matches(')').parse::<usize>().ok());
                let at = at.unwrap_or_default();
                let error = json!({
                    "type": "json_invalid", "loc": ["body", at], "msg": "JSON decode error", "input": {},
                    "ctx": { "error": why },
                });
                Err(unprocessable(&[error]))
            }
        }
    }

    fn refuse(&mut self, kind: &str, name: &str, message: &str, input: &Value) {
        self.errors.push(error(kind, &["body", name], message, input));
    }

    /// A text that has to be there; empty if it is refused.
    pub(in crate::compat) fn text(&mut self, name: &str) -> String {
        match self.data.get(name).cloned() {
            Some(Value::String(text)) => return text,
            Some(other) => self.refuse("string_type", name, "Input should be a valid string", &other),
            None => {
                let whole = Value::Object(self.data.clone());
                self.refuse("missing", name, "Field required", &whole);
            }
        }
        String::new()
    }

    /// A text that may be missing or `null`.
    pub(in crate::compat) fn text_if_any(&mut self, name: &str) -> Option<String> {
        match self.data.get(name) {
            None | Some(Value::Null) => None,
            Some(_) => Some(self.text(name)),
        }
    }

    /// A whole number that has to be there; 0 if it is refused. Digits in a text are one, too.
    pub(in crate::compat) fn integer(&mut self, name: &str) -> u64 {
        let message = "Input should be a valid integer, unable to parse string as an integer";
        match self.data.get(name).cloned() {
            None => {
                let whole = Value::Object(self.data.clone());
                self.refuse("missing", name, "Field required", &whole);
            }
            Some(Value::Number(number)) if number.is_u64() => return number.as_u64().unwrap_or_default(),
            Some(Value::String(text)) => match text.trim().parse() {
                Ok(number) => return number,
                Err(_) => self.refuse("int_parsing", name, message, &Value::String(text)),
            },
            Some(other) => self.refuse("int_type", name, "Input should be a valid integer", &other),
        }
        0
    }

    /// Refuses a field that the core refuses.
    pub(in crate::compat) fn value_error(mut self, name: &str, message: &str) -> Refusal {
        let input = self.data.get(name).cloned().unwrap_or_default();
        self.refuse("value_error", name, message, &input);
        unprocessable(&self.errors)
    }

    /// Ends the look at the fields.
    ///
    /// # Errors
    /// 422 with all fields that were refused.
    pub(in crate::compat) fn check(&self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(unprocessable(&self.errors)) }
    }
}

/// The query of an address while it is looked at.
pub(in crate::compat) struct Query {
    pairs: Vec<(String, String)>,
    errors: Vec<Value>,
}

impl Query {
    /// That of a request.
    pub(in crate::compat) fn of(call: &Call) -> Self {
        Self { pairs: call.query(), errors: Vec::new() }
    }

    /// A whole number within bounds.
    pub(in crate::compat) fn integer(&mut self, name: &str, within: RangeInclusive<i64>, usual: i64) -> usize {
        let Some((_, text)) = self.pairs.iter().find(|(known, _)| known == name) else {
            return usize::try_from(usual).unwrap_or_default();
        };
        let (place, input) = (["query", name], Value::String(text.clone()));
        match text.trim().parse::<i64>() {
            Err(_) => {
                let message = "Input should be a valid integer, unable to parse string as an integer";
                self.errors.push(error("int_parsing", &place, message, &input));
            }
            Ok(number) if number > *within.end() => {
                let most = within.end();
                let message = format!("Input should be less than or equal to {most}");
                let mut told = error("less_than_equal", &place, &message, &input);
                told["ctx"] = json!({ "le": most });
                self.errors.push(told);
            }
            Ok(number) if number < *within.start() => {
                let least = within.start();
                let message = format!("Input should be greater than or equal to {least}");
                let mut told = error("greater_than_equal", &place, &message, &input);
                told["ctx"] = json!({ "ge": least });
                self.errors.push(told);
            }
            Ok(number) => return usize::try_from(number).unwrap_or_default(),
        }
        0
    }

    /// Ends the look at the query.
    ///
    /// # Errors
    /// 422 with all parameters that were refused.
    pub(in crate::compat) fn check(&self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(unprocessable(&self.errors)) }
    }
}

/// A number in a path, under the name that clients read in the refusal.
///
/// # Errors
/// 422 for what is none.
pub(in crate::compat) fn integer_in_path(call: &Call, name: &str) -> Result<u64, Refusal> {
    let text = call.segment(name);
    let number: Result<i64, _> = text.parse();
    let message = "Input should be a valid integer, unable to parse string as an integer";
    let told = || unprocessable(&[error("int_parsing", &["path", name], message, &Value::String(text.to_owned()))]);
    // a negative number is one, and the number of nothing
    number.map(|number| u64::try_from(number).unwrap_or_default()).map_err(|_| told())
}
