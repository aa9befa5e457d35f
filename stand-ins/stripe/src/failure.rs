//! Errors in Stripe's shape.

use poem::http::StatusCode;
use serde_json::{Value, json};

/// A request that is refused: the status and the fields of `error` in the answer.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The HTTP status.
    pub status: StatusCode,
    /// `invalid_request_error`, `idempotency_error`, `api_error` or `card_error`.
    pub kind: &'static str,
    /// What went wrong, for programs.
    pub code: Option<&'static str>,
    /// What went wrong, for people.
    pub message: String,
    /// The parameter that is at fault.
    pub param: Option<String>,
}

impl Failure {
    /// A request that makes no sense.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "invalid_request_error",
            code: None,
            message: message.into(),
            param: None,
        }
    }

    /// A parameter that makes no sense.
    pub(crate) fn parameter(code: &'static str, param: &str) -> Self {
        Self { code: Some(code), param: Some(param.to_owned()), ..Self::invalid(format!("{code}: {param}")) }
    }

    /// Something that is not there.
    pub(crate) fn missing(kind: &str, id: &str) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            code: Some("resource_missing"),
            param: Some("id".to_owned()),
            ..Self::invalid(format!("No such {kind}: '{id}'"))
        }
    }

    /// A failure of the gateway itself.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let kind = if status.is_server_error() { "api_error" } else { "invalid_request_error" };
        let code = (status == StatusCode::TOO_MANY_REQUESTS).then_some("rate_limit");
        Self { status, kind, code, message: format!("told to answer with {status}"), param: None }
    }

    /// The body of the answer.
    pub(crate) fn body(&self) -> Value {
        let mut error = json!({ "type": self.kind, "message": self.message });
        if let Some(code) = self.code {
            error["code"] = code.into();
        }
        if let Some(param) = &self.param {
            error["param"] = param.as_str().into();
        }
        json!({ "error": error })
    }
}
