//! A name for each request, so that a caller's report and the server's log can be put together.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use poem::http::{HeaderMap, HeaderValue};

/// The header, in requests and in answers.
pub(super) const HEADER: &str = "x-request-id";

/// The name of a request: what the caller (or its proxy) sent in `X-Request-Id` when that is a plain word, else a
/// random one. Handlers find it among the extensions of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The name of the request with these headers.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let sent = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(|sent| is_plain(sent));
        sent.map_or_else(Self::random, |sent| Self(sent.to_owned()))
    }

    /// A new one. It only has to be different each time: nothing rests on nobody guessing it.
    #[must_use]
    pub fn random() -> Self {
        let half = || RandomState::new().hash_one(());
        Self(format!("{:016x}{:016x}", half(), half()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_plain(sent: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=128).contains(&sent.len()) && sent.bytes().all(plain)
}
