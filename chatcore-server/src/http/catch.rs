//! Turns every error that comes out of the routes into a problem.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, Error, IntoResponse, Request, Response, Result};

use super::framework;
use super::outline::Outline;
use super::problem::Problem;

type Renderer = dyn Fn(&str, &Problem) -> Option<Response> + Send + Sync;

/// How problems look on the wire. By default all are `application/problem+json`; a mount with an error shape of its
/// own returns that answer for its paths, and `None` for the others.
#[derive(Clone, Default)]
pub struct Render(Option<Arc<Renderer>>);

impl Render {
    /// Asks `render` first, with the path of the request.
    pub fn new(render: impl Fn(&str, &Problem) -> Option<Response> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(render)))
    }

    /// The answer for a problem at a path.
    #[must_use]
    pub fn render(&self, path: &str, problem: &Problem) -> Response {
        let own = self.0.as_ref().and_then(|render| render(path, problem));
        own.unwrap_or_else(|| problem.clone().into_response())
    }
}

impl fmt::Debug for Render {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Render").field(&self.0.is_some()).finish()
    }
}

/// The body of a request that was read whole, among the extensions of the request.
#[derive(Debug, Clone)]
pub(super) struct WholeBody(pub(super) Bytes);

/// An endpoint whose errors have all become answers.
///
/// The edge puts one around everything. Put another inside a middleware that makes answers of errors itself, such as
/// CORS, or that middleware sends the plain text of the framework.
#[derive(Debug)]
pub struct Problems<E> {
    inner: E,
    render: Render,
    outline: Arc<Outline>,
}

impl<E> Problems<E> {
    /// Around `inner`.
    pub fn new(inner: E, render: Render, outline: Arc<Outline>) -> Self {
        Self { inner, render, outline }
    }

    fn of_error(&self, error: Error, request: &Asked) -> Response {
        let operation = self.outline.operation(&request.method, &request.path);
        let body = request.body.as_ref().map(|body| &body.0);
        match framework::translate(error, body, operation) {
            Ok(problem) => self.render.render(&request.path, &problem),
            Err(response) => self.of_response(*response, request),
        }
    }

    /// An error without a body, or with plain text, gets a problem for a body and keeps its headers.
    fn of_response(&self, response: Response, request: &Asked) -> Response {
        let Some(problem) = framework::of_response(&response) else { return response };
        let mut answer = self.render.render(&request.path, &problem);
        framework::keep_headers(&response, &mut answer);
        answer
    }

    /// `Allow` belongs to every 405, and answers `OPTIONS`.
    fn with_allow(&self, mut response: Response, request: &Asked) -> Response {
        if response.status() != StatusCode::METHOD_NOT_ALLOWED || response.headers().contains_key(header::ALLOW) {
            return response;
        }
        let allow = self.outline.allow(&request.path).and_then(|allow| HeaderValue::try_from(allow).ok());
        let Some(allow) = allow else { return response };
        if request.method == Method::OPTIONS {
            response = StatusCode::NO_CONTENT.into_response();
        }
        response.headers_mut().insert(header::ALLOW, allow);
        response
    }
}

/// What is kept of a request while it is answered.
struct Asked {
    method: Method,
    path: String,
    body: Option<WholeBody>,
}

impl<E: Endpoint> Endpoint for Problems<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let asked = Asked {
            method: request.method().clone(),
            path: request.original_uri().path().to_owned(),
            body: request.extensions().get().cloned(),
        };
        let response = match self.inner.call(request).await {
            Ok(output) => self.of_response(output.into_response(), &asked),
            Err(error) => self.of_error(error, &asked),
        };
        Ok(self.with_allow(response, &asked))
    }
}
