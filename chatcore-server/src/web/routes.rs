//! Serves the page and its files with the headers that keep it safe.
//!
//! Anything that needs a session does not belong here: these files are public.

use poem::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route, get};

use super::{asset, share};

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
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    // a new binary is seen at once: the browser asks each time and is told 304 by the entity tag
    (header::CACHE_CONTROL, "no-cache"),
];

/// Adds `GET /`, `GET /assets/:file` and `GET /s/:token` to a router.
#[must_use]
pub fn mount(route: Route) -> Route {
    let index = poem::endpoint::make_sync(|request| file(&request, "index.html"));
    route.at("/", index).at("/assets/:file", assets()).at("/s/:token", get(share::page))
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

#[cfg(test)]
mod tests {
    use poem::http::{Method, StatusCode, header};
    use poem::{Endpoint, Request, Response, Route};

    async fn ask(method: Method, path: &str, etag: Option<&str>) -> Response {
        let request = Request::builder().method(method).uri(path.parse().unwrap());
        let request = match etag {
            Some(etag) => request.header(header::IF_NONE_MATCH, etag),
            None => request,
        };
        super::mount(Route::new()).get_response(request.finish()).await
    }

    #[tokio::test]
    async fn the_page_comes_with_its_policy() {
        let page = ask(Method::GET, "/", None).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(page.content_type(), Some("text/html; charset=utf-8"));
        assert_eq!(page.headers()[header::CONTENT_SECURITY_POLICY], super::CONTENT_SECURITY_POLICY);
        assert!(!super::CONTENT_SECURITY_POLICY.contains("unsafe"));
        assert_eq!(page.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let script = ask(Method::GET, "/assets/main.js", None).await;
        assert_eq!(script.content_type(), Some("text/javascript; charset=utf-8"));
    }

    #[tokio::test]
    async fn a_known_file_is_not_sent_again() {
        let first = ask(Method::GET, "/assets/main.js", None).await;
        let etag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        for known in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
            let mut again = ask(Method::GET, "/assets/main.js", Some(&known)).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert!(again.take_body().into_bytes().await.unwrap().is_empty());
        }
        assert_eq!(ask(Method::GET, "/assets/main.js", Some("\"x\"")).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn other_paths_and_methods_are_refused() {
        for path in [
            "/assets/none.js",
            "/assets/..%2Fmain.js",
            "/assets/%2e%2e%2fCargo.toml",
            "/assets/a/main.js",
            "/index.html",
        ] {
            assert_eq!(ask(Method::GET, path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(ask(Method::POST, "/", None).await.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(ask(Method::HEAD, "/", None).await.status(), StatusCode::OK);
    }
}
