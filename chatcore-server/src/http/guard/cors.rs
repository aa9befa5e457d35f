//! Which pages of other origins may talk to this server (CORS).

use std::str::FromStr;

use poem::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use poem::{Request, Response};
use url::{Origin, Url};

/// What pages may send. `X-Requested-With` is among them, so an origin that is listed may also sign people in.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, accept, idempotency-key, if-match, if-none-match, last-event-id, x-api-key, \
     x-csrf-token, x-fingerprint-hash, x-request-id, x-requested-with",
);
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
/// What pages may read beside the body.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ratelimit, ratelimit-policy, retry-after, x-request-id, etag, location, x-accel-buffering",
);
/// Two hours, the longest that browsers keep the answer to a preflight.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Origins that may talk to the server: `https://app.example.org, http://localhost:3000`, compared exactly. Pages of these
/// may send cookies. `*` is any page, without cookies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    origins: Vec<String>,
    any: bool,
}

/// A text that is no list of origins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an origin: it looks like https://app.example.org, without a path")]
pub struct OriginError(String);

impl FromStr for Cors {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let mut cors = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part {
                "*" => cors.any = true,
                part => cors.origins.push(origin(part).ok_or_else(|| OriginError(part.to_owned()))?),
            }
        }
        Ok(cors)
    }
}

/// An origin as browsers send it.
fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    // a star in a name would look like a pattern, and be none
    let bare = !text.contains('*')
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty();
    match url.origin() {
        origin @ Origin::Tuple(..) if bare => Some(origin.ascii_serialization()),
        _ => None,
    }
}

impl Cors {
    /// The origins that are named.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.origins.iter().map(String::as_str)
    }

    /// The answer to a browser that asks beforehand, if this is such a request.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        let headers = request.headers();
        let asks = request.method() == Method::OPTIONS
            && headers.contains_key(header::ORIGIN)
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !asks {
            return None;
        }
        let mut response = Response::builder().status(StatusCode::NO_CONTENT).finish();
        if self.allowed(headers).is_some() {
            let answer = response.headers_mut();
            answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            answer.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        }
        Some(response)
    }

    /// What every answer to this request carries.
    pub(super) fn fields(&self, request: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
        let mut fields = Vec::new();
        if !self.origins.is_empty() {
            // a cache must not hand the answer for one origin to another
            fields.push((header::VARY, HeaderValue::from_static("origin")));
        }
        if let Some((origin, credentials)) = self.allowed(request) {
            fields.push((header::ACCESS_CONTROL_ALLOW_ORIGIN, origin));
            fields.push((header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED));
            if credentials {
                fields.push((header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")));
            }
        }
        fields
    }

    /// What the browser is told about its page, and whether that may send cookies.
    fn allowed(&self, request: &HeaderMap) -> Option<(HeaderValue, bool)> {
        let origin = request.get(header::ORIGIN)?;
        let listed = self.origins.iter().any(|known| known.as_bytes() == origin.as_bytes());
        match (listed, self.any) {
            (true, _) => Some((origin.clone(), true)),
            (false, true) => Some((HeaderValue::from_static("*"), false)),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(cors: &str, origin: &str) -> Vec<(String, String)> {
        let cors: Cors = cors.parse().unwrap();
        let request = Request::builder().header(header::ORIGIN, origin).finish();
        let fields = cors.fields(request.headers());
        fields.into_iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
    }

    fn allowed(cors: &str, origin: &str) -> Option<String> {
        let name = "access-control-allow-origin";
        answer(cors, origin).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    #[test]
    fn origins_are_compared_exactly() {
        let listed = "https://app.example.org, http://localhost:3000/";
        for fine in ["https://app.example.org", "http://localhost:3000"] {
            assert_eq!(allowed(listed, fine).as_deref(), Some(fine));
            let credentials = ("access-control-allow-credentials".to_owned(), "true".to_owned());
            assert!(answer(listed, fine).contains(&credentials));
        }
        for wrong in [
            "http://app.example.org",
            "https://app.example.org:8443",
            "https://app.example.org.evil.test",
            "https://evil-app.example.org",
            "https://APP.example.org",
            "https://app.example.org/",
            "http://localhost",
            "null",
            "*",
        ] {
            assert_eq!(allowed(listed, wrong), None, "{wrong}");
        }
        assert_eq!(allowed("", "https://app.example.org"), None);
    }

    #[test]
    fn any_page_sends_no_cookies() {
        let fields = answer("*", "https://evil.test");
        assert_eq!(allowed("*", "https://evil.test").as_deref(), Some("*"));
        assert!(fields.iter().all(|(name, _)| name != "access-control-allow-credentials"));
        assert_eq!(allowed("*, https://app.test", "https://app.test").as_deref(), Some("https://app.test"));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for wrong in [
            "app.example.org",
            "https://app.example.org/path",
            "ftp://x",
            "https://*.example.org",
            "null",
            "https://u@x",
        ] {
            assert!(wrong.parse::<Cors>().is_err(), "{wrong}");
        }
    }
}
