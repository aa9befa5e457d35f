//! The outermost layer of the routes: what every request and every answer goes through.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use poem::http::{HeaderValue, Method, header};
use poem::{Endpoint, Request, Response, Result};
use tokio::time::Instant;
use tracing::Instrument;

use super::body::{self, Arriving, BodyLimits, BodyRule, Held, Share};
use super::catch::{Problems, Render, WholeBody};
use super::guard::{Admission, Guard};
use super::headers;
use super::loggable::loggable;
use super::measure;
use super::outline::Outline;
use super::problem::Problem;
use super::request_id::RequestId;

/// How the edge behaves. The default suits an API behind a proxy that speaks TLS or none.
#[derive(Debug, Clone, Default)]
pub struct EdgeSettings {
    /// How bodies are read.
    pub body: BodyLimits,
    /// Which routes have another rule for their bodies, by method and path; `None` is the common rule.
    pub rule: Option<fn(&Method, &str) -> Option<BodyRule>>,
    /// How problems look, for mounts with an error shape of their own.
    pub render: Render,
    /// What the API documents say of the addresses.
    pub outline: Arc<Outline>,
    /// Whether browsers are told to use HTTPS only. Only for servers that are reached by HTTPS.
    pub hsts: bool,
    /// Who looks at requests before anything else happens; nobody, by default.
    pub guard: Option<Arc<Guard>>,
    /// Whether requests are counted.
    pub measured: bool,
}

/// Puts the edge around the routes: request ids, the guard, limits on bodies, problems for errors and panics, headers that every
/// answer carries, the access log.
pub fn edge<E: Endpoint>(endpoint: E, settings: EdgeSettings) -> impl Endpoint<Output = Response> {
    let inner = Problems::new(endpoint, settings.render.clone(), Arc::clone(&settings.outline));
    Edge { inner, settings, held: Arc::default() }
}

struct Edge<E> {
    inner: Problems<E>,
    settings: EdgeSettings,
    held: Arc<Held>,
}

impl<E: Endpoint> Endpoint for Edge<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let started = Instant::now();
        let id = RequestId::of(request.headers());
        request.extensions_mut().insert(id.clone());
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let span = tracing::info_span!("request", id = id.as_str(), %method, path = loggable(&path));
        let mut response = self.pass(request, &path).instrument(span.clone()).await;
        headers::complete(response.headers_mut(), &id, self.settings.hsts);
        let status = response.status().as_u16();
        let duration = started.elapsed();
        span.in_scope(|| match path.as_str() {
            "/healthz" | "/readyz" | "/metrics" => tracing::debug!(status, ?duration, "answered"),
            _ => tracing::info!(status, ?duration, "answered"),
        });
        if self.settings.measured {
            measure::answered(&method, self.settings.outline.route(&path), status, duration);
        }
        Ok(response)
    }
}

impl<E: Endpoint> Edge<E> {
    /// Lets a request through the guard, and the answer out with what the guard has to say.
    async fn pass(&self, mut request: Request, path: &str) -> Response {
        let Some(guard) = &self.settings.guard else { return self.answer(request, path, None).await };
        let (mut admission, entry) = guard.admit(&mut request).await;
        let mut response = match entry {
            Ok(None) => self.answer(request, path, Some((guard, &mut admission))).await,
            Ok(Some(response)) => response,
            Err(problem) if request.take_body().is_empty() => self.settings.render.render(path, &problem),
            Err(problem) => self.last_words(path, &problem),
        };
        admission.complete(response.headers_mut());
        response
    }

    async fn answer(&self, mut request: Request, path: &str, guard: Option<(&Arc<Guard>, &mut Admission)>) -> Response {
        // held until the answer is made, and with it the body
        let mut share = Share::new(&self.held);
        // who waits to be asked for the body is not asked for what nobody reads
        let waits = request.headers().contains_key(header::EXPECT);
        let arriving = match self.admit(&mut request, &mut share).await {
            Ok(arriving) => arriving,
            Err(problem) => return self.last_words(path, &problem),
        };
        if let Some((guard, admission)) = guard
            && let Some(WholeBody(body)) = request.extensions().get()
            && let Err(problem) = guard.look_inside(admission, request.headers(), body).await
        {
            return self.settings.render.render(path, &problem);
        }
        let answered = AssertUnwindSafe(self.inner.call(request)).catch_unwind().await;
        if let Some(problem) = arriving.as_ref().and_then(|arriving| arriving.cut()) {
            return self.last_words(path, problem);
        }
        let mut response = match answered {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => error.into_response(),
            Err(_) => {
                tracing::error!("a handler panicked");
                self.settings.render.render(path, &Problem::internal())
            }
        };
        if let Some(arriving) = arriving
            && ((waits && !response.status().is_success()) || !arriving.ended().await)
        {
            closing(&mut response);
        }
        response
    }

    /// Checks the body, and reads it where the rule says so.
    async fn admit(&self, request: &mut Request, share: &mut Share) -> Result<Option<Arc<Arriving>>, Problem> {
        let limits = &self.settings.body;
        let rule = self.settings.rule.and_then(|rule| rule(request.method(), request.uri().path()));
        let rule = rule.unwrap_or(BodyRule::Whole(limits.bytes));
        let body = request.take_body();
        if body.is_empty() {
            request.extensions_mut().insert(WholeBody(Bytes::new()));
            return Ok(None);
        }
        body::check_headers(request.headers(), rule.bytes())?;
        match rule {
            BodyRule::Whole(most) => {
                let whole = body::whole(body, most, limits, share).await?;
                request.extensions_mut().insert(WholeBody(whole.clone()));
                request.set_body(whole);
                Ok(None)
            }
            BodyRule::Stream(most) => {
                let (body, arriving) = body::streamed(body, most, limits);
                request.set_body(body);
                Ok(Some(arriving))
            }
        }
    }

    /// The answer to a request whose body is not read to its end, so that the connection cannot be used again.
    fn last_words(&self, path: &str, problem: &Problem) -> Response {
        let mut response = self.settings.render.render(path, problem);
        closing(&mut response);
        response
    }
}

/// Says that nothing more can be asked on this connection.
fn closing(response: &mut Response) {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}
