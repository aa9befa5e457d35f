//! Answers of mounts.

use chatcore::Error;
use poem::Response;
use poem::http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::http::Problem;

/// What a route of a mount answers.
pub(super) type Outcome = Result<Response, Refusal>;

/// An answer that is not the one that was asked for.
#[derive(Debug)]
pub(super) enum Refusal {
    /// In the words of the route.
    Answer(Box<Response>),
    /// In the words of its mount.
    Problem(Problem),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Problem(error.into())
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Response> for Refusal {
    fn from(response: Response) -> Self {
        Self::Answer(Box::new(response))
    }
}

/// An answer in JSON.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => Response::builder().status(status).content_type("application/json").body(bytes),
        Err(error) => {
            tracing::error!(%error, "failed to write an answer");
            StatusCode::INTERNAL_SERVER_ERROR.into()
        }
    }
}

/// The answer that was asked for.
pub(super) fn ok(body: &impl Serialize) -> Outcome {
    Ok(json(StatusCode::OK, body))
}

/// Something was made.
pub(super) fn created(body: &impl Serialize) -> Outcome {
    Ok(json(StatusCode::CREATED, body))
}

/// A refusal in JSON.
pub(super) fn refuse(status: StatusCode, body: &impl Serialize) -> Refusal {
    json(status, body).into()
}

/// The same with a header, unless its value is none.
pub(super) fn with(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// A refusal with what the client has to show to get in.
pub(super) fn challenged(response: Response, challenge: &str) -> Response {
    with(response, header::WWW_AUTHENTICATE, challenge)
}

/// When to come again, if the problem says so.
pub(super) fn retry_after(response: Response, problem: &Problem) -> Response {
    match problem.retry_after_seconds() {
        Some(seconds) => with(response, header::RETRY_AFTER, &seconds.to_string()),
        None => response,
    }
}
