//! Whether the server lives, whether it is ready, and its documentation.

use poem::http::{StatusCode, header};
use poem::web::Html;
use poem::{IntoResponse, Request, Response, Route, get, handler};

use crate::api::{app, service};

/// Swagger UI brings its scripts and styles inside its page.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline' 'self'; style-src 'unsafe-inline' 'self'; \
                           img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// These routes.
pub(crate) fn routes() -> Route {
    Route::new()
        .at("/healthz", get(healthz))
        .at("/readyz", get(readyz))
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

#[handler]
fn openapi() -> Response {
    Response::builder().content_type("application/json").body(crate::openapi())
}

#[handler]
fn docs() -> Response {
    Html(service().swagger_ui_html()).with_header(header::CONTENT_SECURITY_POLICY, DOCS_POLICY).into_response()
}
