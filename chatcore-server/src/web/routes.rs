//! Serves the page and its files with the headers that keep it safe.
//!
//! Anything that needs a session does not belong here: these files are public.

use poem::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route};

use super::asset;

/// What the page may load: its own files, and nothing else. No inline script, no inline style, nothing remote.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// Sent with every file of the page.
const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
    ),
    // a new binary is seen at once: the browser asks each time and is told 304 by the entity tag
    (header::CACHE_CONTROL, "no-cache"),
];

/// Adds `GET /` and `GET /assets/:file` to a router.
#[must_use]
pub fn mount(route: Route) -> Route {
    route.at("/", poem::endpoint::make_sync(|request| file(&request, "index.html"))).at("/assets/:file", assets())
}

fn assets() -> impl Endpoint {
    poem::endpoint::make_sync(|request: Request| {
        let path = request.raw_path_param("file").unwrap_or_default().to_owned();
        file(&request, &path)
    })
    .boxed()
}

fn file(request: &Request, path: &str) -> Response {
    let mut response = answer(request, path);
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn answer(request: &Request, path: &str) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Response::builder().status(StatusCode::METHOD_NOT_ALLOWED).header(header::ALLOW, "GET, HEAD").finish();
    }
    let Some(asset) = asset(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let builder = Response::builder().header(header::ETAG, asset.etag.as_str());
    if is_known(request, &asset.etag) {
        return builder.status(StatusCode::NOT_MODIFIED).finish();
    }
    let builder = builder.content_type(asset.content_type);
    match *request.method() {
        Method::HEAD => builder.header(header::CONTENT_LENGTH, asset.bytes.len()).finish(),
        _ => builder.body(asset.bytes.into_owned()),
    }
}

/// Whether `If-None-Match` names this entity tag, weakly compared.
fn is_known(request: &Request, etag: &str) -> bool {
    let mut values = request.headers().get_all(header::IF_NONE_MATCH).into_iter().filter_map(|v| v.to_str().ok());
    values.any(|value| value.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag))
}
