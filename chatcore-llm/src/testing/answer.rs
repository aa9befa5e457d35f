//! What the mock says, byte by byte.

use std::time::Duration;

use serde_json::{Value, json};

/// One answer, for the next request.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    /// What is written at once.
    pub(super) pieces: Vec<Vec<u8>>,
    pub(super) wait: Duration,
    pub(super) pace: Duration,
    pub(super) end: End,
}

/// What comes behind the pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The end of the body.
    Well,
    /// The connection closes without one.
    Broken,
    /// Nothing, until the client goes.
    Never,
    /// Not even a head came before it.
    Silent,
}

impl Answer {
    /// An answer of that status, type and body.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), content_type.into())],
            pieces: vec![body.into()],
            wait: Duration::ZERO,
            pace: Duration::ZERO,
            end: End::Well,
        }
    }

    /// JSON with status 200.
    #[must_use]
    pub fn json(body: &Value) -> Self {
        Self::new(200, "application/json", body.to_string())
    }

    /// A stream of events with exactly this body. Each event is written by itself.
    #[must_use]
    pub fn events(body: &str) -> Self {
        let mut answer = Self::new(200, "text/event-stream", "");
        answer.pieces = body.split_inclusive("\n\n").map(|event| event.as_bytes().to_vec()).collect();
        answer
    }

    /// An error as OpenAI words it.
    #[must_use]
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let kind = match status {
            401 => "authentication_error",
            403 => "permission_error",
            429 if code == "insufficient_quota" => "insufficient_quota",
            429 => "requests",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        let body = json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
        Self { status, ..Self::json(&body) }
    }

    /// An error as Anthropic words it.
    #[must_use]
    pub fn anthropic_error(status: u16, message: &str) -> Self {
        let kind = match status {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            529 => "overloaded_error",
            500.. => "api_error",
            _ => "invalid_request_error",
        };
        let error = json!({"type": kind, "message": message});
        Self { status, ..Self::json(&json!({"type": "error", "error": error, "request_id": "req_mock"})) }
    }

    /// An error as Ollama words it.
    #[must_use]
    pub fn ollama_error(status: u16, message: &str) -> Self {
        Self { status, ..Self::json(&json!({"error": message})) }
    }

    /// A stream of JSON objects, one a line, with exactly this body. Each line is written by itself.
    #[must_use]
    pub fn lines(body: &str) -> Self {
        let mut answer = Self::new(200, "application/x-ndjson", "");
        answer.pieces = body.split_inclusive('\n').map(|line| line.as_bytes().to_vec()).collect();
        answer
    }

    /// No answer at all: the connection closes.
    #[must_use]
    pub fn hang_up() -> Self {
        Self { end: End::Silent, ..Self::new(0, "", "") }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With a pause before the head.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// With a pause behind each piece.
    #[must_use]
    pub fn pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// Written one byte at a time.
    #[must_use]
    pub fn dribble(mut self) -> Self {
        self.pieces = self.pieces.concat().into_iter().map(|byte| vec![byte]).collect();
        self
    }

    /// Breaks the connection after so many pieces.
    #[must_use]
    pub fn break_after(mut self, pieces: usize) -> Self {
        self.pieces.truncate(pieces);
        self.end = End::Broken;
        self
    }

    /// Falls silent behind what it has, with the connection open.
    #[must_use]
    pub fn then_hang(mut self) -> Self {
        self.end = End::Never;
        self
    }

    /// Breaks the connection behind what it has.
    #[must_use]
    pub fn then_break(mut self) -> Self {
        self.end = End::Broken;
        self
    }

    /// Falls silent after so many pieces, with the connection open.
    #[must_use]
    pub fn hang_after(mut self, pieces: usize) -> Self {
        self.pieces.truncate(pieces);
        self.end = End::Never;
        self
    }
}
