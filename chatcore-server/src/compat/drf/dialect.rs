//! Errors, methods and headers.

use poem::Response;
use poem::http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::compat::reply::{challenged, json as reply, refuse, retry_after};
use crate::compat::{Dialect, Refusal};
use crate::http::Problem;

/// A path of Django REST framework.
#[derive(Clone, Copy)]
pub(in crate::compat) struct Drf {
    /// What whoever is not signed in is told to show.
    pub(in crate::compat) challenge: &'static str,
}

/// The page of a path that there is not.
const NOT_FOUND: &str = "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n  \
                         <h1>Not Found</h1><p>The requested resource was not found on this server.</p>\n</body>\n</html>\n";

/// A refusal in one sentence.
pub(in crate::compat) fn detail(status: StatusCode, text: &str) -> Response {
    reply(status, &json!({ "detail": text }))
}

/// A refusal of one field.
pub(in crate::compat) fn field(name: &str, message: &str) -> Refusal {
    let errors: Map<String, Value> = [(name.to_owned(), json!([message]))].into_iter().collect();
    refuse(StatusCode::BAD_REQUEST, &errors)
}

/// A problem that no route of the mount told: an unknown path is a page, everything else JSON.
pub(in crate::compat) fn render(problem: &Problem) -> Response {
    if problem.status() == StatusCode::NOT_FOUND {
        return Response::builder()
            .status(StatusCode::NOT_FOUND)
            .content_type("text/html; charset=utf-8")
            .body(NOT_FOUND);
    }
    sentence(problem)
}

fn sentence(problem: &Problem) -> Response {
    let response = match problem.status() {
        StatusCode::TOO_MANY_REQUESTS => detail(StatusCode::TOO_MANY_REQUESTS, &throttled(problem)),
        StatusCode::UNAUTHORIZED => detail(StatusCode::UNAUTHORIZED, "Authentication credentials were not provided."),
        StatusCode::FORBIDDEN => detail(StatusCode::FORBIDDEN, "You do not have permission to perform this action."),
        StatusCode::NOT_FOUND => detail(StatusCode::NOT_FOUND, "Not found."),
        StatusCode::UNPROCESSABLE_ENTITY => reply(StatusCode::BAD_REQUEST, &fields(problem)),
        status => detail(status, problem.detail()),
    };
    retry_after(response, problem)
}

fn throttled(problem: &Problem) -> String {
    match problem.retry_after_seconds() {
        Some(1) => "Request was throttled. Expected available in 1 second.".to_owned(),
        Some(seconds) => format!("Request was throttled. Expected available in {seconds} seconds."),
        None => "Request was throttled.".to_owned(),
    }
}

/// The fields that the core refused, in its words.
fn fields(problem: &Problem) -> Value {
    let errors = problem.members().get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut fields = Map::new();
    for error in &errors {
        let (name, message) = (error["field"].as_str().unwrap_or_default(), error["message"].as_str());
        let name = if name.is_empty() { "non_field_errors" } else { name };
        fields.insert(name.to_owned(), json!([format!("This value {}.", message.unwrap_or("is not valid"))]));
    }
    if fields.is_empty() { json!({ "detail": problem.detail() }) } else { fields.into() }
}

impl Dialect for Drf {
    fn expect(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let takes = |kind: &str| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            matches!(kind, "*/*" | "application/*" | "application/json" | "text/*" | "text/html" | "text/event-stream")
        };
        if accept.trim().is_empty() || accept.split(',').any(takes) {
            return Ok(());
        }
        Err(detail(StatusCode::NOT_ACCEPTABLE, "Could not satisfy the request Accept header.").into())
    }

    fn method_not_allowed(&self, method: &Method) -> Response {
        detail(StatusCode::METHOD_NOT_ALLOWED, &format!("Method \"{method}\" not allowed."))
    }

    fn options(&self) -> Response {
        let parses = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];
        reply(StatusCode::OK, &json!({ "renders": ["application/json"], "parses": parses }))
    }

    fn allow(&self, methods: &[&Method]) -> String {
        let head = methods.contains(&&Method::GET).then_some("HEAD");
        let names = methods.iter().map(|method| method.as_str()).chain(head).chain(["OPTIONS"]);
        names.collect::<Vec<_>>().join(", ")
    }

    fn refuse(&self, problem: &Problem) -> Response {
        let response = sentence(problem);
        if response.status() == StatusCode::UNAUTHORIZED { challenged(response, self.challenge) } else { response }
    }

    fn says_methods(&self) -> bool {
        true
    }
}
