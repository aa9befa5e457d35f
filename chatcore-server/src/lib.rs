//! The chatcore server as a library: what the binary does, for tests and for programs that want it whole.
//!
//! | module | holds |
//! | --- | --- |
//! | [`config`], [`cli`] | what the server is told |
//! | [`app`] | store, models and accounts put together |
//! | [`models`] | which models a configuration names |
//! | [`stores`] | which store an address names; the only place that names a back end |
//! | [`commands`] | what the binary does beside serving: backups, copies, checks |
//! | [`http`] | the edge: limits, errors, headers |
//! | [`auth`] | secrets, passwords, tokens |
//! | [`mail`] | codes and news by SMTP |
//! | [`payments`] | whoever takes the money |
//! | [`api`] | the native API |
//! | [`web`] | the chat page |
//! | [`telemetry`] | logs, and what a server counts of itself |

pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod commands;
pub mod config;
pub mod http;
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
use crate::config::Config;
use crate::http::{BodyLimits, EdgeSettings, Guard, Outline, ServerLimits, Tls, edge};
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
        Route::new().nest("/api/v1", native).nest("/web", web::session::routes()).nest("/", web::mount(ops::routes()));
    let settings = EdgeSettings {
        body: BodyLimits { bytes: config.max_body_bytes, ..BodyLimits::default() },
        outline: Arc::new(outline()),
        hsts: config.is_https(),
        guard: Some(Arc::new(Guard::new(config.guard.clone(), app.clock(), Arc::new(app.limits.clone())))),
        measured: config.telemetry.metrics.is_some(),
        ..EdgeSettings::default()
    };
    edge(routes.data(app.clone()).with(NormalizePath::new(TrailingSlash::Trim)), settings)
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
    actions.address("/web/session", &[Method::GET])
}

/// A server that listens.
pub struct Server {
    app: Arc<App>,
    listener: TcpListener,
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
        let failed = |source| StartError::Listen { address: config.listen.clone(), source };
        let listener = TcpListener::bind(&config.listen).await.map_err(failed)?;
        let tls = config.tls.clone().map(|files| Tls::open(files.cert, files.key)).transpose()?;
        Ok(Self { app, listener, tls, config: config.clone() })
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
        let Self { app, listener, tls, config } = self;
        let mut house = vec![tokio::spawn(app.clone().keep_house()), tokio::spawn(app.clone().listen())];
        house.extend(tls.clone().map(|tls| tokio::spawn(tls.keep_fresh())));
        let limits = ServerLimits {
            header_timeout: config.header_timeout,
            max_connections: config.max_connections,
            drain: config.drain,
            ..ServerLimits::default()
        };
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let winding = {
            let app = app.clone();
            // runs are interrupted while their readers are still connected, so that they hear of it
            let patience = config.drain.saturating_sub(config.drain / 4);
            tokio::spawn(async move {
                shutdown.await;
                tracing::info!("ending");
                let _ = stop.send(());
                app.wind_down(patience).await;
            })
        };
        let served = http::serve(listener, tls, routes(&app, &config), limits, async move {
            let _ = stopped.await;
        })
        .await;
        let _ = winding.await;
        house.iter().for_each(JoinHandle::abort);
        app.close().await;
        served.map_err(StartError::Serve)
    }
}

/// Serves until the process is asked to end (Ctrl-C, or SIGTERM).
///
/// # Errors
/// [`StartError`].
pub async fn serve(config: &Config) -> Result<(), StartError> {
    let server = Server::bind(config).await?;
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
