//! Errors, methods and headers.

use poem::Response;
use poem::http::{Method, StatusCode};
use serde_json::json;

use crate::auth;
use crate::compat::reply::{challenged, json as reply, retry_after};
use crate::compat::{Call, Dialect, Refusal};
use crate::http::Problem;

/// A path of FastAPI.
#[derive(Clone, Copy)]
pub(in crate::compat) struct FastApi;

/// An error that the framework itself tells.
fn detail(status: StatusCode, text: &str) -> Response {
    reply(status, &json!({ "detail": text }))
}

/// An error that an application tells: with its type.
pub(in crate::compat) fn refusal(status: StatusCode, kind: &str, text: &str) -> Refusal {
    reply(status, &json!({ "detail": text, "type": kind })).into()
}

/// A problem that no route of the mount told.
pub(in crate::compat) fn render(problem: &Problem) -> Response {
    if problem.status() == StatusCode::NOT_FOUND { detail(StatusCode::NOT_FOUND, "Not Found") } else { typed(problem) }
}

/// What kind of error a status is.
fn kind(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "auth_error",
        StatusCode::PAYMENT_REQUIRED => "insufficient_credits_error",
        StatusCode::FORBIDDEN => "forbidden_error",
        StatusCode::NOT_FOUND => "not_found_error",
        StatusCode::CONFLICT => "conflict_error",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        StatusCode::SERVICE_UNAVAILABLE => "service_error",
        StatusCode::INTERNAL_SERVER_ERROR => "internal_error",
        _ => "application_error",
    }
}

fn typed(problem: &Problem) -> Response {
    let status = problem.status();
    let text = match status {
        StatusCode::SERVICE_UNAVAILABLE => "Service temporarily unavailable",
        _ => problem.detail(),
    };
    retry_after(reply(status, &json!({ "detail": text, "type": kind(status) })), problem)
}

/// The token of a request.
///
/// # Errors
/// 401, before anything else of the request is looked at.
pub(in crate::compat) fn bearer(call: &Call) -> Result<&str, Refusal> {
    let refused = || challenged(detail(StatusCode::UNAUTHORIZED, "Not authenticated"), "Bearer").into();
    auth::bearer(&call.request).ok_or_else(refused)
}

impl Dialect for FastApi {
    fn method_not_allowed(&self, _method: &Method) -> Response {
        detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
    }

    fn options(&self) -> Response {
        detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
    }

    fn allow(&self, methods: &[&Method]) -> String {
        methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn refuse(&self, problem: &Problem) -> Response {
        let response = typed(problem);
        if problem.status() == StatusCode::UNAUTHORIZED { challenged(response, "Bearer") } else { response }
    }

    fn says_methods(&self) -> bool {
        false
    }
}
