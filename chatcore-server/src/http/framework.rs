//! The errors of poem and poem-openapi as problems. Their own texts name our types, so none passes unread.

use bytes::Bytes;
use poem::http::{StatusCode, header};
use poem::{Error, Response};
use poem_openapi::error as openapi;
use serde_json::Value;

use super::outline::Operation;
use super::problem::{FieldError, Problem};
use super::reason;

/// The problem that an error is. An error that was made from a complete answer of its own comes back as that answer.
///
/// `body` is the body of the request where it is known: it tells broken JSON (400) from fields that are refused (422).
///
/// # Errors
///
/// That answer, when there is one.
pub fn problem_of(error: Error, body: Option<&Bytes>) -> Result<Problem, Box<Response>> {
    translate(error, body, None)
}

pub(super) fn translate(
    error: Error,
    body: Option<&Bytes>,
    operation: Option<&Operation>,
) -> Result<Problem, Box<Response>> {
    if let Some(problem) = error.downcast_ref::<Problem>() {
        return Ok(problem.clone());
    }
    if error.is_from_response() {
        return Err(Box::new(error.into_response()));
    }
    Ok(of_path(&error)
        .or_else(|| of_parameter(&error, operation))
        .or_else(|| of_body(&error, body, operation))
        .unwrap_or_else(|| of_any(&error)))
}

/// The problem that an answer stands for, unless it is no error or its body says something itself.
pub(super) fn of_response(response: &Response) -> Option<Problem> {
    let plain = response.content_type().is_none_or(|kind| kind.starts_with("text/plain"));
    let failed = response.status().is_client_error() || response.status().is_server_error();
    (failed && plain).then(|| Problem::of_status(response.status()))
}

/// An id that cannot be read is an id that does not exist.
fn of_path(error: &Error) -> Option<Problem> {
    if error.is::<poem::error::NotFoundError>() {
        let detail = "There is nothing at this address.";
        return Some(Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail));
    }
    let unreadable = error.is::<openapi::ParsePathError>() || error.is::<poem::error::ParsePathError>();
    let refused = error.downcast_ref::<openapi::ParseParamError>().is_some_and(|error| is_path_name(error.name));
    (unreadable || refused).then(|| Problem::not_found("thing"))
}

/// The framework numbers the parameters of a path: `param0`.
fn is_path_name(name: &str) -> bool {
    name.strip_prefix("param").is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
}

fn of_parameter(error: &Error, operation: Option<&Operation>) -> Option<Problem> {
    if let Some(error) = error.downcast_ref::<openapi::ParseParamError>() {
        let choices = operation.and_then(|operation| operation.choices_of(error.name));
        let message = choices.unwrap_or_else(|| reason::parameter(&error.reason));
        let detail = format!("The parameter `{}` {message}.", error.name);
        return Some(Problem::bad_request(detail).with_errors(&[FieldError::new(error.name, message)]));
    }
    let query = error.is::<poem::error::ParseQueryError>();
    query.then(|| Problem::bad_request("The query of the address cannot be read."))
}

fn of_body(error: &Error, body: Option<&Bytes>, operation: Option<&Operation>) -> Option<Problem> {
    if error.is::<openapi::ContentTypeError>() {
        return Some(Problem::unsupported_media_type("Send the body with a Content-Type that this address takes."));
    }
    if let Some(error) = error.downcast_ref::<openapi::ParseRequestPayloadError>() {
        return Some(payload(&error.reason, body, operation));
    }
    if let Some(error) = error.downcast_ref::<openapi::ParseMultipartError>() {
        return Some(Problem::unprocessable([reason::field_error(&error.reason)]));
    }
    match error.downcast_ref::<poem::error::ParseJsonError>() {
        Some(poem::error::ParseJsonError::Parse(error)) => Some(broken_json(error)),
        Some(_) => Some(Problem::unsupported_media_type("Send the body as application/json.")),
        None => None,
    }
}

fn payload(reason: &str, body: Option<&Bytes>, operation: Option<&Operation>) -> Problem {
    let Some(body) = body else { return Problem::unprocessable([reason::field_error(reason)]) };
    if body.is_empty() {
        return Problem::bad_request("The body is missing.");
    }
    // read in full: a reader that skips values also skips what is wrong inside of texts
    if let Err(error) = serde_json::from_slice::<Value>(body) {
        return broken_json(&error);
    }
    match operation.map(|operation| operation.refusals(body)) {
        Some(errors) if !errors.is_empty() => Problem::unprocessable(errors),
        _ => Problem::unprocessable([reason::field_error(reason)]),
    }
}

fn broken_json(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    Problem::bad_request(format!("The body is not valid JSON, see line {line}, column {column}."))
}

/// Anything else: the status alone is passed on.
fn of_any(error: &Error) -> Problem {
    let status = error.status();
    if status.is_server_error() {
        tracing::error!(%error, status = status.as_u16(), "a request failed");
    } else {
        tracing::debug!(%error, status = status.as_u16(), "a request was refused");
    }
    if status.is_client_error() || status.is_server_error() { Problem::of_status(status) } else { Problem::internal() }
}

/// Keeps the headers of an answer whose body was replaced, except those about the body.
pub(super) fn keep_headers(from: &Response, to: &mut Response) {
    for (name, value) in from.headers() {
        if ![header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::ETAG].contains(name) {
            to.headers_mut().insert(name.clone(), value.clone());
        }
    }
}
