//! Errors: a sentence, under both names that clients look for.

use poem::Response;
use poem::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::compat::drf::{self, Form};
use crate::compat::reply::{challenged, json as reply, refuse, retry_after};
use crate::compat::{Dialect, Refusal};
use crate::http::Problem;

/// A path of this system.
pub(super) struct Plain;

fn sentence(status: StatusCode, text: &str) -> Response {
    reply(status, &json!({ "error": text, "detail": text }))
}

/// A refusal in one sentence.
pub(super) fn error(status: StatusCode, text: &str) -> Refusal {
    sentence(status, text).into()
}

/// The refusal of whoever is not signed in.
pub(super) fn unauthorized(text: &str) -> Refusal {
    challenged(sentence(StatusCode::UNAUTHORIZED, text), "Bearer").into()
}

/// A refusal of fields: a sentence, and what is wrong with each.
pub(super) fn check(form: &Form) -> Result<(), Refusal> {
    let mut body = form.errors().clone();
    let Some(first) = body.iter().next() else { return Ok(()) };
    let text = format!("{}: {}", first.0, first.1[0].as_str().unwrap_or_default());
    body.insert("error".to_owned(), Value::from(text.clone()));
    body.insert("detail".to_owned(), Value::from(text));
    Err(refuse(StatusCode::BAD_REQUEST, &body))
}

/// A problem that no route of the mount told.
pub(super) fn render(problem: &Problem) -> Response {
    if problem.status() == StatusCode::NOT_FOUND { drf::render(problem) } else { Plain.refuse(problem) }
}

impl Dialect for Plain {
    fn method_not_allowed(&self, method: &Method) -> Response {
        sentence(StatusCode::METHOD_NOT_ALLOWED, &format!("Method \"{method}\" not allowed."))
    }

    fn options(&self) -> Response {
        reply(StatusCode::OK, &json!({}))
    }

    fn allow(&self, methods: &[&Method]) -> String {
        let names = methods.iter().map(|method| method.as_str()).chain(["OPTIONS"]);
        names.collect::<Vec<_>>().join(", ")
    }

    fn refuse(&self, problem: &Problem) -> Response {
        let response = match problem.status() {
            StatusCode::UNAUTHORIZED => challenged(
                sentence(StatusCode::UNAUTHORIZED, "Authentication credentials were not provided."),
                "Bearer",
            ),
            StatusCode::NOT_FOUND => sentence(StatusCode::NOT_FOUND, "Chat not found"),
            StatusCode::UNPROCESSABLE_ENTITY => sentence(StatusCode::BAD_REQUEST, problem.detail()),
            status => sentence(status, problem.detail()),
        };
        retry_after(response, problem)
    }

    fn says_methods(&self) -> bool {
        false
    }
}
