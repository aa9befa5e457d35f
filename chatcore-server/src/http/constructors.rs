//! The usual problems, so that the same thing is called the same everywhere.

use poem::http::StatusCode;

use super::problem::{FieldError, Problem};

impl Problem {
    /// The request cannot be understood (400).
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "The request cannot be understood", detail)
    }

    /// Nobody is signed in, or the credentials are no longer good (401).
    #[must_use]
    pub fn unauthenticated() -> Self {
        let detail = "Sign in, or send credentials that are still valid.";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Not signed in", detail)
    }

    /// Whoever is signed in may not do this (403).
    #[must_use]
    pub fn denied() -> Self {
        Self::new(StatusCode::FORBIDDEN, "denied", "Not allowed", "You may not do this.")
    }

    /// There is no such thing, or it is somebody else's: the body is the same (404).
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        let detail = format!("There is no such {what}.");
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// The method is not one of this address (405).
    #[must_use]
    pub fn method_not_allowed() -> Self {
        let detail = "This address does not take that method.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", detail)
    }

    /// The request did not arrive in time (408).
    #[must_use]
    pub fn request_timeout() -> Self {
        let detail = "The body did not arrive in time.";
        Self::new(StatusCode::REQUEST_TIMEOUT, "request-timeout", "The request took too long", detail)
    }

    /// It cannot be done as things are now (409). The slug says why.
    pub fn conflict(slug: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, slug, "It cannot be done now", detail)
    }

    /// The body is longer than `limit` bytes (413).
    #[must_use]
    pub fn payload_too_large(limit: usize) -> Self {
        let detail = format!("The body may have {limit} bytes at most.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload-too-large", "The body is too long", detail)
            .with("limit", limit)
    }

    /// The body is of a kind that is not taken here (415).
    pub fn unsupported_media_type(detail: impl Into<String>) -> Self {
        let title = "The kind of body is not taken";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", title, detail)
    }

    /// Fields cannot be taken (422).
    pub fn unprocessable(errors: impl IntoIterator<Item = FieldError>) -> Self {
        let errors: Vec<FieldError> = errors.into_iter().collect();
        let detail = match errors.as_slice() {
            [] => "The body cannot be taken.".to_owned(),
            errors => errors.iter().map(sentence).collect::<Vec<_>>().join("; "),
        };
        let title = "The request cannot be taken";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", title, detail).with_errors(&errors)
    }

    /// A name that a client gives is that of something else already (422).
    pub fn reused(slug: &'static str, field: &'static str, what: &str) -> Self {
        let title = "The name was used for something else";
        let detail = format!("Another {what} was sent under this {field} before. Nothing was done.");
        let errors = [FieldError::new(field, format!("is the name of another {what}"))];
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, slug, title, detail).with_errors(&errors)
    }

    /// What an earlier request of this name made is deleted (410). Nothing was done.
    #[must_use]
    pub fn gone(what: &str) -> Self {
        let detail = format!("The {what} that was made under this name is deleted. Nothing was done.");
        Self::new(StatusCode::GONE, "gone", "It is gone", detail)
    }

    /// As many turns wait in the conversation as may (429). Nothing was done.
    #[must_use]
    pub fn queue_full(waiting: usize) -> Self {
        let detail = format!("{waiting} turns wait in this conversation already. Wait for one of them, or stop it.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "queue-full", "Too many turns wait", detail).retry_after(1)
    }

    /// With the member `errors`.
    pub(super) fn with_errors(self, errors: &[FieldError]) -> Self {
        match serde_json::to_value(errors) {
            Ok(errors) => self.with("errors", errors),
            Err(_) => self,
        }
    }

    /// A limit is reached (429).
    #[must_use]
    pub fn too_many_requests(retry_after: u64) -> Self {
        let detail = format!("Try again in {retry_after} s.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests", detail)
            .retry_after(retry_after)
    }

    /// The server has too much to do (503).
    #[must_use]
    pub fn overloaded() -> Self {
        let detail = "The server is too busy. Try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Too busy", detail).retry_after(1)
    }

    /// The server cannot reach what it needs (503).
    #[must_use]
    pub fn unavailable() -> Self {
        let detail = "The server cannot do this at the moment. Look whether it was done before you try again.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available", detail).retry_after(2)
    }

    /// The server failed (500). What happened is in its log, under the request id.
    #[must_use]
    pub fn internal() -> Self {
        let detail = "Something went wrong on the server. Its log has more, under the X-Request-Id of this answer.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server failed", detail)
    }

    /// What a bare status says.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::BAD_REQUEST => Self::bad_request("The request cannot be understood."),
            StatusCode::UNAUTHORIZED => Self::unauthenticated(),
            StatusCode::FORBIDDEN => Self::denied(),
            StatusCode::NOT_FOUND => Self::not_found("page"),
            StatusCode::METHOD_NOT_ALLOWED => Self::method_not_allowed(),
            StatusCode::REQUEST_TIMEOUT => Self::request_timeout(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::unsupported_media_type("That kind of body is not taken here."),
            StatusCode::UNPROCESSABLE_ENTITY => Self::unprocessable([]),
            StatusCode::INTERNAL_SERVER_ERROR => Self::internal(),
            other => {
                let title = other.canonical_reason().unwrap_or("Error");
                let slug = title.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
                Self::new(other, slug, title, format!("{title}."))
            }
        }
    }
}

fn sentence(error: &FieldError) -> String {
    match error.field.as_str() {
        "" => error.message.clone(),
        field => format!("`{field}` {}", error.message),
    }
}
