//! Whether the server lives, whether it is ready, its documentation, and the keys that its tokens are checked with.

use poem::http::{StatusCode, header};
use poem::web::{Html, Json};
use poem::{IntoResponse, Request, Response, Route, get, handler};

use crate::api::{app, service};
use crate::http::Problem;

/// Swagger UI brings its scripts and styles inside its page.
pub(crate) const DOCS_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline' 'self'; style-src 'unsafe-inline' 'self'; \
                           img-src 'self' data:; connect-src 'self'; worker-src blob:; frame-ancestors 'none'; base-uri 'none'";

/// These routes.
pub(crate) fn routes() -> Route {
    Route::new()
        .at("/healthz", get(healthz))
        .at("/readyz", get(readyz))
        .at("/.well-known/jwks.json", get(jwks))
        .at("/openapi.json", get(openapi))
        .at("/docs", get(docs))
}

/// The process answers.
#[handler]
fn healthz() -> &'static str {
    "ok"
}

/// The store answers, and the server is not about to end.
#[handler]
async fn readyz(request: &Request) -> Response {
    let ready = match app(request) {
        Ok(app) => app.is_ready() && app.answers().await,
        Err(_) => false,
    };
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, if ready { "ready" } else { "not ready" }).into_response()
}

/// The public keys of access tokens (RFC 7517), for services that take our tokens. None when they are signed with HS256.
#[handler]
fn jwks(request: &Request) -> Result<Response, Problem> {
    let app = app(request)?;
    let keys = app.credentials.access().jwks(app.now());
    // not for long: who keeps them must hear of a new key
    Ok(Json(keys).with_header(header::CACHE_CONTROL, "public, max-age=300").into_response())
}

#[handler]
fn openapi() -> Response {
    Response::builder().content_type("application/json").body(crate::openapi())
}

#[handler]
fn docs() -> Response {
    Html(service().swagger_ui_html()).with_header(header::CONTENT_SECURITY_POLICY, DOCS_POLICY).into_response()
}
