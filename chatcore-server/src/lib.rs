//! The chatcore server as a library: what the binary does, for tests and for programs that want it whole.
//!
//! | module | holds |
//! | --- | --- |
//! | [`config`], [`cli`] | what the server is told |
//! | [`app`] | store, models and accounts put together |
//! | [`models`] | which models a configuration names |
//! | [`stores`] | which store an address names; the only place that names a back end |
//! | [`commands`] | what the binary does beside serving: backups, copies, checks |
//! | [`import`] | dumps of other systems |
//! | [`http`] | the edge: limits, errors, headers |
//! | [`blobs`] | where the bytes of attachments lie |
//! | [`auth`] | secrets, passwords, tokens |
//! | [`mail`] | codes and news by SMTP |
//! | [`payments`] | whoever takes the money |
//! | [`api`] | the native API |
//! | `compat` | mounts for clients of other back ends |
//! | [`web`] | the chat page |
//! | [`telemetry`] | logs, and what a server counts of itself |

pub mod api;
pub mod app;
pub mod auth;
pub mod blobs;
pub mod cli;
pub mod commands;
mod compat;
pub mod config;
pub mod http;
pub mod import;
pub mod mail;
pub mod models;
mod ops;
pub mod payments;
mod set_up;
pub mod stores;
pub mod telemetry;
pub mod web;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use poem::http::Method;
use poem::middleware::{NormalizePath, TrailingSlash};
use poem::{Endpoint, EndpointExt, Response, Route};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::app::{App, StartError};
use crate::config::{Config, MOST_BYTES};
use crate::http::{BodyLimits, BodyRule, EdgeSettings, Guard, Outline, Render, ServerLimits, Tls, edge};
use crate::telemetry::Metrics;

/// The OpenAPI document.
#[must_use]
pub fn openapi() -> String {
    let mut document: Value = serde_json::from_str(&api::service().spec()).unwrap_or_default();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.values_mut().for_each(say_null);
    }
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// Fields that need not be there may be `null`, those with a default too, which the framework does not say.
fn say_null(schema: &mut Value) {
    let required: Vec<Value> = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, field) in properties.into_iter().flatten() {
        if !required.iter().any(|known| known == name.as_str()) {
            *field = match field.get("$ref") {
                Some(_) => json!({ "allOf": [field.take()], "nullable": true }),
                None => {
                    field["nullable"] = Value::Bool(true);
                    field.take()
                }
            };
        }
    }
}

/// All routes of an application.
pub fn routes(app: &Arc<App>, config: &Config) -> impl Endpoint<Output = Response> + 'static {
    let native = api::service();
    let routes =
        Route::new().nest("/api/v1", native).nest("/web", web::session::routes()).nest("/admin", web::admin::routes());
    let routes = routes.nest("/", web::mount(ops::routes()));
    let settings = EdgeSettings {
        outline: Arc::new(outline()),
        render: Render::new(compat::render),
        rule: Some(body_rule),
        guard: Some(Arc::new(guard(app, config))),
        ..settings(config)
    };
    behind_edge(compat::nest(routes, &app.compat), app, settings)
}

/// A mount at the root of a listener of its own.
fn alone(mount: compat::Mount, app: &Arc<App>, config: &Config) -> impl Endpoint<Output = Response> + 'static {
    let settings = EdgeSettings {
        render: Render::new(move |_, problem| Some((mount.render)(problem))),
        rule: Some(body_rule),
        guard: Some(Arc::new(guard(app, config).below(mount.path()))),
        ..settings(config)
    };
    behind_edge((mount.routes)(), app, settings)
}

fn behind_edge(routes: Route, app: &Arc<App>, settings: EdgeSettings) -> impl Endpoint<Output = Response> + 'static {
    edge(routes.data(app.clone()).with(NormalizePath::new(TrailingSlash::Trim)), settings)
}

fn guard(app: &Arc<App>, config: &Config) -> Guard {
    Guard::new(config.guard.clone(), app.clock(), Arc::new(app.limits.clone()))
}

fn settings(config: &Config) -> EdgeSettings {
    EdgeSettings {
        body: BodyLimits { bytes: config.max_body_bytes, ..BodyLimits::default() },
        hsts: config.is_https(),
        measured: config.telemetry.metrics.is_some(),
        ..EdgeSettings::default()
    }
}

/// Where files come in.
const UPLOADS: [&str; 2] = ["/api/v1/attachments", "/api/v1/me/import"];

/// Which bodies are read as they arrive. How long a file may be is for the core to say.
fn body_rule(method: &Method, path: &str) -> Option<BodyRule> {
    let path = path.trim_end_matches('/');
    let is_upload = UPLOADS.contains(&path) || compat::is_upload(path);
    (*method == Method::POST && is_upload).then(|| BodyRule::Stream(usize::try_from(MOST_BYTES).unwrap_or(usize::MAX)))
}

/// Which addresses there are, and with which methods.
fn outline() -> Outline {
    let native = Outline::default().document("/api/v1", &openapi()).unwrap_or_default();
    let pages =
        ["/", "/assets/:file", "/s/:token", "/healthz", "/readyz", "/.well-known/jwks.json", "/openapi.json", "/docs"];
    let pages = pages.into_iter().fold(native, |outline, path| outline.address(path, &[Method::GET]));
    let sessions = ["register", "login", "exchange", "logout"].map(|what| format!("/web/session/{what}"));
    let actions = sessions
        .iter()
        .map(String::as_str)
        .chain(["/web/render"])
        .fold(pages, |outline, path| outline.address(path, &[Method::POST]));
    let admin = web::admin::PAGES.iter().fold(actions, |outline, path| outline.address(path, &[Method::GET]));
    let forms = web::admin::FORMS.iter().fold(admin, |outline, path| outline.address(path, &[Method::POST]));
    forms.address("/web/session", &[Method::GET])
}

/// A server that listens.
pub struct Server {
    app: Arc<App>,
    listener: TcpListener,
    /// Mounts with a listener of their own.
    mounts: Vec<(compat::Mount, TcpListener)>,
    tls: Option<Tls>,
    config: Config,
}

impl Server {
    /// Starts an application and listens; serves nobody yet.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn bind(config: &Config) -> Result<Self, StartError> {
        let app = App::start(config).await?;
        Self::bind_app(app, config).await
    }

    /// Listens for an application.
    ///
    /// # Errors
    /// [`StartError::Listen`], [`StartError::Tls`].
    pub async fn bind_app(app: Arc<App>, config: &Config) -> Result<Self, StartError> {
        let listener = listen(&config.listen).await?;
        let mut mounts = Vec::new();
        for (mount, place) in compat::served(&app.compat) {
            if let Some(address) = &place.listen {
                mounts.push((mount, listen(address).await?));
            }
        }
        let tls = config.tls.clone().map(|files| Tls::open(files.cert, files.key)).transpose()?;
        Ok(Self { app, listener, mounts, tls, config: config.clone() })
    }

    /// Where the mounts listen that have a listener of their own, by their names.
    pub fn mounts(&self) -> impl Iterator<Item = (&'static str, std::io::Result<SocketAddr>)> {
        self.mounts.iter().map(|(mount, listener)| (mount.name, listener.local_addr()))
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The application behind it.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Serves until `shutdown` is ready, then lets requests and runs come to their end.
    ///
    /// # Errors
    /// [`StartError::Serve`].
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError> {
        let Self { app, listener, mounts, tls, config } = self;
        let mut house = app.keep_house();
        house.extend(tls.clone().map(|tls| tokio::spawn(tls.keep_fresh())));
        let limits = ServerLimits {
            header_timeout: config.header_timeout,
            max_connections: config.max_connections,
            drain: config.drain,
            ..ServerLimits::default()
        };
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let until_stopped = move || {
            let mut stopped = stopped.clone();
            async move {
                let _ = stopped.wait_for(|stopped| *stopped).await;
            }
        };
        let winding = {
            let app = app.clone();
            // runs are interrupted while their readers are still connected, so that they hear of it
            let patience = config.drain.saturating_sub(config.drain / 4);
            tokio::spawn(async move {
                shutdown.await;
                tracing::info!("ending");
                stop.send_replace(true);
                app.wind_down(patience).await;
            })
        };
        let beside = mounts.into_iter().map(|(mount, listener)| {
            let endpoint = alone(mount, &app, &config);
            tokio::spawn(http::serve(listener, tls.clone(), endpoint, limits.clone(), until_stopped()))
        });
        let beside: Vec<_> = beside.collect();
        let served = http::serve(listener, tls, routes(&app, &config), limits.clone(), until_stopped()).await;
        let _ = winding.await;
        futures::future::join_all(beside).await;
        house.iter().for_each(JoinHandle::abort);
        app.close().await;
        served.map_err(StartError::Serve)
    }
}

async fn listen(address: &str) -> Result<TcpListener, StartError> {
    let failed = |source| StartError::Listen { address: address.to_owned(), source };
    TcpListener::bind(address).await.map_err(failed)
}

/// Serves until the process is asked to end (Ctrl-C, or SIGTERM).
///
/// # Errors
/// [`StartError`].
pub async fn serve(config: &Config) -> Result<(), StartError> {
    let server = Server::bind(config).await?;
    let _door = commands::Door::open(&config.store, server.app().store());
    if let Ok(address) = server.address() {
        let here = Config { listen: address.to_string(), public_url: None, ..config.clone() }.home();
        tracing::info!("listening on {here} (store {})", config.store);
        set_up::invite(server.app(), config.public_url.as_deref().unwrap_or(&here)).await;
    }
    let metrics = config.telemetry.metrics.clone().map(|listen| tokio::spawn(show_metrics(listen)));
    let served = server.run(asked_to_end()).await;
    metrics.iter().for_each(JoinHandle::abort);
    served
}

/// Shows what is counted. A server that cannot show it serves all the same.
async fn show_metrics(listen: String) {
    match Metrics::install() {
        Ok(metrics) => {
            if let Err(error) = metrics.serve(&listen, std::future::pending()).await {
                tracing::warn!(%error, "no metrics: failed to listen on {listen}");
            }
        }
        Err(error) => tracing::warn!(%error, "no metrics"),
    }
}

/// Ready when the process is asked to end.
pub(crate) async fn asked_to_end() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}
