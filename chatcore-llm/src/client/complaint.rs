//! From what a provider says to a [`ModelError`].

use std::time::Duration;

use chatcore::turn::{ModelError, ModelErrorKind};
use serde_json::Value;

/// The longest part of a provider's own words that is passed on, in characters.
const LONGEST: usize = 300;

/// How providers put it that a prompt is too long, where no code says so.
const TOO_LONG: [&str; 8] = [
    "maximum context length",
    "prompt is too long",
    "context window",
    "exceeds the context",
    "exceeds the available context size",
    "exceed context limit",
    "exceeds the maximum number of tokens",
    "exceeded max context length",
];

/// How servers put it that they do not know a field of the request.
const UNKNOWN_FIELD: [&str; 8] = [
    "unsupported_parameter",
    "unsupported parameter",
    "unknown_parameter",
    "unknown parameter",
    "unrecognized",
    "extra_forbidden",
    "extra fields",
    "extra inputs",
];

/// How servers put it that a field has to be there.
const MISSING: [&str; 3] = ["missing", "required", "must be passed"];

/// What an error body says, in whichever of the usual shapes it came.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Complaint {
    pub(crate) message: String,
    /// `type` and `code`, joined: either may hold the word that tells what it is about.
    pub(crate) words: String,
    pub(crate) param: String,
    /// A status inside the body; some gateways answer 200 and put it there.
    pub(crate) status: Option<u16>,
}

impl Complaint {
    /// Reads `{"error":{..}}`, `{"error":"text"}`, `{"message":".."}`, `{"detail":".."}`, plain text or a page.
    pub(crate) fn read(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => Self::from_value(&value),
            _ => Self { message: shorten(&String::from_utf8_lossy(body)), ..Self::default() },
        }
    }

    /// The same from JSON that is already parsed.
    pub(crate) fn from_value(value: &Value) -> Self {
        // some gateways wrap the object in a list
        let value = value.get(0).unwrap_or(value);
        let inner = value.get("error").filter(|error| !error.is_null()).unwrap_or(value);
        let text = |name: &str| match inner.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let said = [inner.as_str().unwrap_or_default().to_owned(), text("message"), text("detail"), text("error")];
        let message = said.into_iter().find(|text| !text.is_empty()).unwrap_or_else(|| inner.to_string());
        let status = ["code", "status"]
            .into_iter()
            .find_map(|name| inner.get(name)?.as_u64())
            .and_then(|status| u16::try_from(status).ok());
        Self {
            message: shorten(&message),
            words: format!("{} {} {}", text("type"), text("code"), text("status")).trim().to_owned(),
            param: text("param"),
            status,
        }
    }

    /// Whether it is about that field of the request.
    pub(crate) fn names(&self, field: &str) -> bool {
        self.param.starts_with(field) || (self.param.is_empty() && self.message.contains(field))
    }

    /// Whether it speaks of that field, wherever in the request it may stand.
    pub(crate) fn mentions(&self, field: &str) -> bool {
        self.param.contains(field) || self.message.contains(field)
    }

    /// Whether it is that something was left out.
    pub(crate) fn misses_something(&self) -> bool {
        let said = self.message.to_lowercase();
        MISSING.iter().any(|words| said.contains(words))
    }

    /// Whether it is that a field is not known at all, and not that its value is wrong.
    pub(crate) fn is_about_unknown_field(&self) -> bool {
        let said = format!("{} {}", self.words, self.message).to_lowercase();
        UNKNOWN_FIELD.iter().any(|words| said.contains(words))
    }

    /// Whether money ran out, which no wait cures.
    pub(crate) fn is_about_money(&self) -> bool {
        let said = |word: &str| self.words.contains(word);
        // Anthropic calls it a bad request
        said("insufficient_quota") || said("billing") || self.message.contains("credit balance is too low")
    }

    fn kind(&self, status: Option<u16>) -> ModelErrorKind {
        let says = |word: &str| self.words.contains(word);
        let is_too_long = says("context_length_exceeded") || says("exceed_context_size");
        if is_too_long || TOO_LONG.iter().any(|words| self.message.contains(words)) {
            return ModelErrorKind::ContextTooLong;
        }
        match status.or(self.status) {
            Some(400) if self.is_about_money() => ModelErrorKind::RateLimited,
            Some(401 | 403) => ModelErrorKind::Unauthorized,
            Some(404) if says("model") || self.message.contains("model") => ModelErrorKind::UnknownModel,
            Some(402 | 429) => ModelErrorKind::RateLimited,
            Some(413) => ModelErrorKind::ContextTooLong,
            Some(408) => ModelErrorKind::Timeout,
            Some(409 | 500..) => ModelErrorKind::Unavailable,
            Some(400..500) => ModelErrorKind::BadRequest,
            Some(_) => ModelErrorKind::Protocol,
            None if says("model_not_found") => ModelErrorKind::UnknownModel,
            None if says("rate_limit") || self.is_about_money() => ModelErrorKind::RateLimited,
            None if says("authentication") || says("permission") || says("api_key") => ModelErrorKind::Unauthorized,
            None if says("invalid_request") => ModelErrorKind::BadRequest,
            None if says("timeout") => ModelErrorKind::Timeout,
            None => ModelErrorKind::Unavailable,
        }
    }

    /// As an error. Without a status it came inside an answer that had begun well.
    pub(crate) fn to_error(&self, status: Option<u16>, retry_after: Option<Duration>) -> ModelError {
        let kind = self.kind(status);
        let mut message = match status {
            Some(status) => format!("the provider answered {status}"),
            None => "the provider reported an error".to_owned(),
        };
        if !self.message.is_empty() {
            message.push_str(": ");
            message.push_str(&self.message);
        }
        if !self.words.is_empty() {
            message.push_str(&format!(" ({})", self.words));
        }
        ModelError::new(kind, message).retry_after(retry_after)
    }
}

/// One line of at most [`LONGEST`] characters.
pub(crate) fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

/// What went wrong below HTTP. The address is left out of it: it may hold a password.
pub(crate) fn transport(error: reqwest::Error) -> ModelError {
    let (kind, message) = if error.is_timeout() {
        (ModelErrorKind::Timeout, "failed to connect in time")
    } else if error.is_connect() {
        (ModelErrorKind::Unavailable, "failed to connect to the provider")
    } else if error.is_builder() {
        (ModelErrorKind::BadRequest, "failed to build the request")
    } else {
        (ModelErrorKind::Unavailable, "the provider closed the connection without an answer")
    };
    ModelError::new(kind, message).caused_by(error.without_url())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> ModelErrorKind {
        Complaint::read(body.as_bytes()).to_error(Some(status), None).kind
    }

    #[test]
    fn every_shape_of_error_gives_its_message() {
        for body in [
            r#"{"error":{"message":"no way","type":"t","code":null,"param":null}}"#,
            r#"{"error":"no way"}"#,
            r#"{"message":"no way"}"#,
            r#"{"detail":"no way"}"#,
            r#"[{"error":{"message":"no way","code":429}}]"#,
            "no\n   way",
        ] {
            assert_eq!(Complaint::read(body.as_bytes()).message, "no way", "{body}");
        }
        assert_eq!(Complaint::read(b"").to_error(Some(500), None).message, "the provider answered 500");
        assert_eq!(Complaint::read("\u{e9}".repeat(400).as_bytes()).message.chars().count(), LONGEST + 3);
    }

    #[test]
    fn statuses_become_kinds() {
        use ModelErrorKind as K;
        assert_eq!(kind(400, r#"{"error":{"code":"context_length_exceeded"}}"#), K::ContextTooLong);
        assert_eq!(kind(400, "{}"), K::BadRequest);
        assert_eq!(kind(401, ""), K::Unauthorized);
        assert_eq!(kind(403, ""), K::Unauthorized);
        assert_eq!(kind(404, r#"{"error":{"code":"model_not_found"}}"#), K::UnknownModel);
        assert_eq!(kind(404, "<html>nothing here</html>"), K::BadRequest);
        assert_eq!(kind(429, ""), K::RateLimited);
        assert_eq!(kind(500, ""), K::Unavailable);
        assert_eq!(kind(504, ""), K::Unavailable);
        assert_eq!(kind(408, ""), K::Timeout);
        assert_eq!(kind(302, ""), K::Protocol);
    }

    #[test]
    fn providers_have_many_words_for_the_same() {
        for said in [
            "the request exceeds the available context size, try increasing it",
            "input length and `max_tokens` exceed context limit: 198000 + 8192 > 200000",
            "The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).",
        ] {
            let body = serde_json::json!({"error": {"message": said}}).to_string();
            assert_eq!(kind(400, &body), ModelErrorKind::ContextTooLong, "{said}");
        }
        let llama = r#"{"error":{"code":400,"type":"exceed_context_size_error","message":"no"}}"#;
        assert_eq!(kind(400, llama), ModelErrorKind::ContextTooLong);
        let poor =
            r#"{"error":{"type":"invalid_request_error","message":"Your credit balance is too low to access it."}}"#;
        assert_eq!(kind(400, poor), ModelErrorKind::RateLimited);
        assert!(Complaint::read(poor.as_bytes()).is_about_money(), "no wait cures it");
    }

    #[test]
    fn an_error_inside_an_answer_is_known_by_its_words() {
        let kind = |body: &str| Complaint::read(body.as_bytes()).to_error(None, None).kind;
        assert_eq!(kind(r#"{"error":{"type":"rate_limit_exceeded","message":"slow"}}"#), ModelErrorKind::RateLimited);
        assert_eq!(kind(r#"{"error":{"code":502,"message":"upstream"}}"#), ModelErrorKind::Unavailable);
        assert_eq!(kind(r#"{"error":{"type":"server_error"}}"#), ModelErrorKind::Unavailable);
    }

    #[test]
    fn a_complaint_names_a_field() {
        let body = br#"{"error":{"message":"Unknown parameter: 'stream_options'","param":"stream_options"}}"#;
        assert!(Complaint::read(body).names("stream_options"));
        assert!(Complaint::read(b"stream_options: extra fields not permitted").names("stream_options"));
        assert!(!Complaint::read(b"messages: too short").names("stream_options"));
    }
}
