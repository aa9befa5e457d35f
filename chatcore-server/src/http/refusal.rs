//! hyper answers a head that it cannot read by itself, with a status and nothing else. This is the whole answer.

use poem::IntoResponse;
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::headers;
use super::problem::Problem;
use super::request_id::RequestId;

/// A complete answer in the place of hyper's.
#[derive(Debug)]
pub(super) struct Refusal {
    bytes: Vec<u8>,
    written: usize,
}

impl Refusal {
    /// The answer, if these are the first bytes of a refusal.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let status = bytes.strip_prefix(b"HTTP/1.1 ").or_else(|| bytes.strip_prefix(b"HTTP/1.0 "))?.get(..3)?;
        let status = StatusCode::from_bytes(status).ok().filter(StatusCode::is_client_error)?;
        let problem = match status {
            StatusCode::URI_TOO_LONG => Problem::new(status, "uri-too-long", "Too long", "The address is too long."),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Problem::new(
                status,
                "headers-too-large",
                "Too long",
                "There are too many headers, or they are too long.",
            ),
            _ => Problem::bad_request("This is not HTTP/1.1."),
        };
        Some(Self { bytes: complete(status, &problem), written: 0 })
    }

    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.written..).unwrap_or_default()
    }

    pub(super) fn advance(&mut self, written: usize) {
        self.written += written;
    }
}

fn complete(status: StatusCode, problem: &Problem) -> Vec<u8> {
    let id = RequestId::random();
    tracing::info!(id = id.as_str(), status = status.as_u16(), "a head was refused");
    let body = problem.to_json().to_string();
    let mut fields: HeaderMap = problem.clone().into_response().headers().clone();
    fields.insert(header::CONTENT_LENGTH, body.len().into());
    fields.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers::complete(&mut fields, &id, false);
    let mut answer = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for (name, value) in &fields {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            answer.extend_from_slice(part);
        }
    }
    answer.extend_from_slice(b"\r\n");
    answer.extend_from_slice(body.as_bytes());
    answer
}
