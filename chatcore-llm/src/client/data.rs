//! Parts that go out: where an image or a file is, and what a tool call is given.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chatcore::conversation::Part;
use chatcore::turn::{ModelError, ModelErrorKind, ModelRequest};
use data_url::DataUrl;
use serde_json::{Map, Value};

/// Where an image or a file is.
#[derive(Debug, PartialEq)]
pub(crate) enum Source<'a> {
    /// At an address that the provider can reach.
    Url(&'a str),
    /// In the message itself.
    Data { media_type: String, bytes: Vec<u8> },
}

impl<'a> Source<'a> {
    /// Reads what stands in a part; `media_type` is what the part says of it, which counts more than what the URL says.
    ///
    /// # Errors
    /// For what can neither be sent nor fetched: an id of an attachment, or a broken `data:` URL.
    pub(crate) fn of(url: &'a str, media_type: Option<&str>) -> Result<Self, ModelError> {
        if url.starts_with("https://") || url.starts_with("http://") {
            return Ok(Self::Url(url));
        }
        if !url.starts_with("data:") {
            return Err(bad_request("an attachment is referred to by an id, which cannot be sent to a model yet"));
        }
        let broken = |_| bad_request("an attachment is a broken data: URL");
        let parsed = DataUrl::process(url).map_err(|_| bad_request("an attachment is a broken data: URL"))?;
        let (bytes, _) = parsed.decode_to_vec().map_err(broken)?;
        let own = || format!("{}/{}", parsed.mime_type().type_, parsed.mime_type().subtype);
        Ok(Self::Data { media_type: media_type.map_or_else(own, str::to_owned), bytes })
    }

    /// As a URL: a `data:` URL in base64, whatever it was written in.
    pub(crate) fn to_url(&self) -> String {
        match self {
            Self::Url(url) => (*url).to_owned(),
            Self::Data { media_type, bytes } => format!("data:{media_type};base64,{}", base64(bytes)),
        }
    }
}

/// Those bytes as text.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// What is said to a model whose answer is to go on. Newer models of Anthropic refuse an answer as the last message, and
/// OpenAI's begin anew behind it.
pub(crate) const GO_ON: &str = "Go on exactly where you stopped. Repeat nothing.";

/// The number of the next call in `call_<number>`, the id of a call that came without one: those that the request holds
/// already are not given again.
pub(crate) fn next_call(request: &ModelRequest) -> usize {
    let number = |part: &Part| match part {
        Part::ToolCall { id, .. } => id.strip_prefix("call_")?.parse::<u32>().ok(),
        _ => None,
    };
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    let last = parts.filter_map(number).max().and_then(|number| usize::try_from(number).ok());
    last.map_or(0, |number| number.saturating_add(1))
}

/// What this wire cannot carry.
pub(crate) fn bad_request(message: impl Into<String>) -> ModelError {
    ModelError::new(ModelErrorKind::BadRequest, message)
}

/// The arguments of a tool call as an object, for wires that want one. Models also write what is none; it is handed back
/// to them under a name of its own, so that they see what they wrote.
pub(crate) fn parse_arguments(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(object @ Value::Object(_)) => object,
        Ok(Value::Null) => Value::Object(Map::new()),
        _ if arguments.trim().is_empty() => Value::Object(Map::new()),
        _ => Value::Object(Map::from_iter([("malformed_arguments".to_owned(), arguments.into())])),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_urls_are_read_however_they_are_written() {
        let png = Source::Data { media_type: "image/png".into(), bytes: vec![1, 2, 3] };
        assert_eq!(Source::of("data:image/png;base64,AQID", None).unwrap(), png);
        assert_eq!(png.to_url(), "data:image/png;base64,AQID");
        let text = Source::of("data:text/plain;charset=utf-8,h%C3%A9%20there", None).unwrap();
        assert_eq!(text, Source::Data { media_type: "text/plain".into(), bytes: "h\u{e9} there".into() });
        let told = Source::of("data:,x", Some("text/markdown")).unwrap();
        assert_eq!(told.to_url(), "data:text/markdown;base64,eA==");
        assert_eq!(Source::of("https://example.org/a.png", None).unwrap(), Source::Url("https://example.org/a.png"));
    }

    #[test]
    fn ids_and_broken_urls_are_refused() {
        for wrong in ["att_1", "", "data:", "data:image/png;base64,A", "file:///etc/passwd"] {
            assert_eq!(Source::of(wrong, None).unwrap_err().kind, ModelErrorKind::BadRequest, "{wrong}");
        }
    }

    #[test]
    fn arguments_are_always_an_object() {
        assert_eq!(parse_arguments("{\"a\": 1}"), json!({"a": 1}));
        assert_eq!(parse_arguments(" "), json!({}));
        assert_eq!(parse_arguments("{\"a\":"), json!({"malformed_arguments": "{\"a\":"}));
    }
}
