//! A small service behind the edge.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chatcore_server::http::{BodyRule, EdgeSettings, Outline, Problem, ServerLimits, Tls, edge, serve};
use futures::{StreamExt, stream};
use poem::http::{Method, StatusCode};
use poem::web::Data;
use poem::{Body, EndpointExt, IntoResponse, Request, Response, Result, Route, get, handler, post};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi, OpenApiService};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Api;

#[derive(Object)]
struct Thing {
    #[oai(validator(min_length = 1))]
    text: String,
    count: Option<u32>,
}

#[OpenApi]
impl Api {
    #[oai(path = "/things/:id", method = "get")]
    async fn thing(&self, id: Path<u64>) -> Json<u64> {
        Json(id.0)
    }

    #[oai(path = "/things", method = "get")]
    async fn list(&self, #[oai(validator(maximum(value = "100")))] limit: Query<u32>) -> Json<u32> {
        Json(limit.0)
    }

    #[oai(path = "/things", method = "post")]
    async fn create(&self, thing: Json<Thing>) -> Json<String> {
        Json(format!("{}:{}", thing.0.text, thing.0.count.unwrap_or(0)))
    }
}

#[handler]
fn boom() -> Response {
    panic!("the secret of the handler")
}

#[handler]
fn plain() -> Response {
    (StatusCode::CONFLICT, "a secret in plain text").with_header("x-kept", "yes").into_response()
}

#[handler]
fn core(request: &Request) -> Result<Response> {
    let error = match request.uri().query() {
        Some("field") => chatcore::Error::invalid("text", "is empty"),
        Some("head") => chatcore::Error::StaleHead { head: None },
        Some("busy") => chatcore::Error::Overloaded,
        _ => chatcore::Error::NotFound("conversation"),
    };
    Err(Problem::from(error).into())
}

#[handler]
fn peer(request: &Request) -> String {
    request.remote_addr().to_string()
}

#[handler]
async fn echo(body: Body) -> Result<Vec<u8>> {
    Ok(body.into_vec().await?)
}

/// Looks at the beginning of a body, and has seen enough.
#[handler]
async fn glance(body: Body) -> StatusCode {
    drop(body.into_bytes_stream().next().await);
    StatusCode::UNSUPPORTED_MEDIA_TYPE
}

#[handler]
fn events(request: &Request) -> Response {
    let count: usize = request.uri().query().unwrap().parse().unwrap();
    let events = stream::iter(0..count).then(|n| async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok::<_, std::io::Error>(format!("id: {n}\nevent: delta\ndata: event {n}\n\n"))
    });
    Body::from_bytes_stream(events).into_response()
}

/// Says when it was dropped.
#[derive(Clone, Default)]
pub(crate) struct Dropped(pub(crate) Arc<AtomicBool>);

struct Guard(Dropped);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::SeqCst);
    }
}

#[handler]
fn flood(dropped: Data<&Dropped>) -> Response {
    let guard = Guard(dropped.0.clone());
    let chunks = stream::repeat(vec![b'x'; 64 << 10]).map(move |chunk| {
        let _ = &guard;
        Ok::<_, std::io::Error>(chunk)
    });
    Body::from_bytes_stream(chunks).into_response()
}

#[handler]
async fn hang(dropped: Data<&Dropped>) -> String {
    let _guard = Guard(dropped.0.clone());
    std::future::pending().await
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) dropped: Dropped,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) task: JoinHandle<std::io::Result<()>>,
}

pub(crate) async fn start() -> Server {
    start_with(EdgeSettings::default(), ServerLimits::default()).await
}

pub(crate) async fn start_with(settings: EdgeSettings, limits: ServerLimits) -> Server {
    listen(None, settings, limits).await
}

pub(crate) async fn start_behind(tls: Tls, settings: EdgeSettings, limits: ServerLimits) -> Server {
    listen(Some(tls), settings, limits).await
}

async fn listen(tls: Option<Tls>, settings: EdgeSettings, limits: ServerLimits) -> Server {
    let service = OpenApiService::new(Api, "test", "1");
    let outline = Outline::default().document("/api", &service.spec()).unwrap().address("/peer", &[Method::GET]);
    let rule = |_: &Method, path: &str| match path {
        "/upload" => Some(BodyRule::Stream(100_000)),
        "/glance" => Some(BodyRule::Stream(10_000_000)),
        _ => None,
    };
    let settings = EdgeSettings { outline: Arc::new(outline), rule: Some(rule), ..settings };
    let dropped = Dropped::default();
    let routes = Route::new()
        .nest("/api", service)
        .at("/boom", get(boom))
        .at("/plain", get(plain))
        .at("/core", get(core))
        .at("/peer", get(peer))
        .at("/echo", post(echo))
        .at("/upload", post(echo))
        .at("/glance", post(glance))
        .at("/events", get(events))
        .at("/flood", get(flood))
        .at("/hang", get(hang))
        .data(dropped.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(serve(listener, tls, edge(routes, settings), limits, async {
        let _ = stopped.await;
    }));
    Server { address, dropped, stop, task }
}
