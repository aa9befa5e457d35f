//! The methods of one path.

use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use poem::http::{HeaderMap, Method, header};
use poem::{Body, Endpoint, Request, Response};

use super::reply::with;
use super::{Call, Outcome, Refusal};
use crate::api::app;
use crate::http::Problem;

/// How a framework speaks.
pub(super) trait Dialect: Send + Sync {
    /// What it says before a route is asked: nothing, as a rule.
    fn expect(&self, _headers: &HeaderMap) -> Result<(), Refusal> {
        Ok(())
    }

    /// The answer to a method that the path does not have.
    fn method_not_allowed(&self, method: &Method) -> Response;

    /// The answer to the question which methods there are.
    fn options(&self) -> Response;

    /// The methods of a path, as its answers name them.
    fn allow(&self, methods: &[&Method]) -> String;

    /// A problem that a route told.
    fn refuse(&self, problem: &Problem) -> Response;

    /// Whether each answer names the methods, and says that it depends on `Accept`.
    fn says_methods(&self) -> bool;
}

type Handler = Box<dyn Fn(Call, Body) -> BoxFuture<'static, Outcome> + Send + Sync>;

/// One path.
pub(super) struct Resource {
    dialect: Arc<dyn Dialect>,
    handlers: Vec<(Method, Handler)>,
}

impl Resource {
    /// A path without methods.
    pub(super) fn new(dialect: impl Dialect + 'static) -> Self {
        Self { dialect: Arc::new(dialect), handlers: Vec::new() }
    }

    /// With a method.
    pub(super) fn on<F>(mut self, method: Method, handler: impl Fn(Call) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let whole = move |call: Call, body: Body| {
            let handler = handler.clone();
            async move {
                let bytes = body.into_bytes().await;
                let body = bytes.map_err(|_| Problem::bad_request("The body broke off."))?;
                handler(Call { body, ..call }).await
            }
            .boxed()
        };
        self.handlers.push((method, Box::new(whole)));
        self
    }

    /// With uploads, whose body is read as it arrives.
    pub(super) fn upload<F>(mut self, handler: impl Fn(Call, Body) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        self.handlers.push((Method::POST, Box::new(move |call, body| handler(call, body).boxed())));
        self
    }

    pub(super) fn get<F>(self, handler: impl Fn(Call) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        self.on(Method::GET, handler)
    }

    pub(super) fn post<F>(self, handler: impl Fn(Call) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        self.on(Method::POST, handler)
    }

    async fn answer(&self, mut request: Request) -> Outcome {
        let method = match *request.method() {
            Method::HEAD => Method::GET,
            ref method => method.clone(),
        };
        let Some((_, handler)) = self.handlers.iter().find(|(known, _)| *known == method) else {
            return Ok(match method {
                Method::OPTIONS => self.dialect.options(),
                _ => self.dialect.method_not_allowed(request.method()),
            });
        };
        self.dialect.expect(request.headers())?;
        let app = app(&request)?;
        let body = request.take_body();
        handler(Call { app, request, body: Bytes::new() }, body).await
    }
}

impl Endpoint for Resource {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let method = request.method().clone();
        let mut response = match self.answer(request).await {
            Ok(response) => response,
            Err(Refusal::Answer(response)) => *response,
            Err(Refusal::Problem(problem)) => self.dialect.refuse(&problem),
        };
        let known = self.handlers.iter().any(|(known, _)| *known == method);
        if self.dialect.says_methods() || !known {
            let methods: Vec<&Method> = self.handlers.iter().map(|(method, _)| method).collect();
            response = with(response, header::ALLOW, &self.dialect.allow(&methods));
        }
        if self.dialect.says_methods() {
            response = with(response, header::VARY, "Accept");
        }
        Ok(response)
    }
}
