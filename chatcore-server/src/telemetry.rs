//! The log of a server, and what it counts of itself for Prometheus. Names are those of OpenTelemetry's conventions for HTTP servers and for
//! generative models, as Prometheus writes them. Nothing is counted until a [`Metrics`] is installed, which a program does
//! and a library does not.

#[cfg(feature = "otel")]
mod otel;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use chatcore::turn::{Ended, Hook, RunState};
use chatcore::{Chat, Timestamp};
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use poem::web::Data;
use poem::{EndpointExt, Route, get, handler};
use tokio::net::TcpListener;
use tracing_subscriber::layer::{Layered, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::{LogFormat, TelemetryConfig};
use crate::http::{REQUEST_SECONDS, ServerLimits, serve};
use crate::stores;

const ANSWER: &str = "gen_ai_client_operation_duration_seconds";
const FIRST_TOKEN: &str = "gen_ai_server_time_to_first_token_seconds";
const TOKENS: &str = "gen_ai_client_token_usage_total";
const RUNS: &str = "chatcore_runs_ended_total";

/// Upper ends in seconds: quick answers of routes, and those of models, which double.
const QUICK: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
const SLOW: [f64; 14] = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
/// Upper ends of groups of batches.
const GROUPS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// How often what was counted is put into its place: histograms grow until then.
const UPKEEP: Duration = Duration::from_secs(5);

/// What the log says when nobody asks for more.
const LOG: &str = "info,sqlx=warn,sled=warn";

/// Parts that would log what people said, whatever anybody asks for: the reader of HTML shows each text that it reads.
const TALKATIVE: &str = "html5ever=warn,markup5ever=warn";

/// What is still on its way when a process ends.
#[must_use = "what is said is sent when this is flushed"]
#[derive(Default)]
pub struct Saying {
    #[cfg(feature = "otel")]
    spans: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

impl Saying {
    /// Sends what was not sent yet.
    pub async fn flush(self) {
        #[cfg(feature = "otel")]
        if let Some(spans) = self.spans {
            // it waits for a thread that waits for this runtime
            let _ = tokio::task::spawn_blocking(move || spans.shutdown()).await;
        }
    }
}

/// Writes the log to standard error from now on, in the whole process, and hands spans on to a collector if there is one.
pub fn log(config: &TelemetryConfig) -> Saying {
    let filter = config.log.as_deref().and_then(|text| EnvFilter::try_new(format!("{text},{TALKATIVE}")).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(LOG));
    let lines = fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match config.log_format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    };
    say(config, tracing_subscriber::registry().with(lines))
}

/// A log, to which more may be added.
type Log = Layered<Box<dyn Layer<Registry> + Send + Sync>, Registry>;

#[cfg(feature = "otel")]
fn say(config: &TelemetryConfig, subscriber: Log) -> Saying {
    let Some(endpoint) = &config.otlp_endpoint else {
        subscriber.init();
        return Saying::default();
    };
    match otel::provider(endpoint) {
        Ok(provider) => {
            subscriber.with(otel::layer(&provider)).init();
            Saying { spans: Some(provider) }
        }
        Err(error) => {
            subscriber.init();
            tracing::warn!(error, "failed to set up the collector: no spans are sent");
            Saying::default()
        }
    }
}

#[cfg(not(feature = "otel"))]
fn say(config: &TelemetryConfig, subscriber: Log) -> Saying {
    subscriber.init();
    if config.otlp_endpoint.is_some() {
        tracing::warn!("no spans are sent: this program was built without the feature `otel`");
    }
    Saying::default()
}

/// What counts the answers of models, and tells of them.
pub(crate) fn hooks(chat: Chat) -> Chat {
    let chat = chat.hook(RunMetrics);
    #[cfg(feature = "otel")]
    let chat = chat.hook(otel::RunSpans);
    chat
}

/// What is counted in which buckets: answers of models in slow ones, where nothing else is said.
fn buckets(builder: PrometheusBuilder) -> Result<PrometheusBuilder, BuildError> {
    let builder =
        builder.set_buckets(&SLOW)?.set_buckets_for_metric(Matcher::Full(stores::GROUP.to_owned()), &GROUPS)?;
    let quick = [
        REQUEST_SECONDS,
        stores::COMMIT_SECONDS,
        stores::WAIT_SECONDS,
        stores::READ_SECONDS,
        stores::CONNECTION_SECONDS,
    ];
    quick
        .into_iter()
        .try_fold(builder, |builder, name| builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), &QUICK))
}

/// What was counted so far in this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Counts from now on, in the whole process.
    ///
    /// # Errors
    /// When somebody counts already.
    pub fn install() -> Result<Self, BuildError> {
        let handle = buckets(PrometheusBuilder::new())?.install_recorder()?;
        describe_histogram!(
            REQUEST_SECONDS,
            Unit::Seconds,
            "Requests, from the last byte of the head to the first of the answer"
        );
        describe_histogram!(ANSWER, Unit::Seconds, "Answers of models, whole");
        describe_histogram!(FIRST_TOKEN, Unit::Seconds, "Answers of models, until they began");
        describe_counter!(TOKENS, "Tokens that models read and wrote");
        describe_counter!(RUNS, "Answers by how they ended");
        stores::describe();
        Ok(Self(handle))
    }

    /// What Prometheus reads.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.render()
    }

    /// Shows it at `/metrics` on an address of its own until `shutdown` is done.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub async fn serve(self, listen: &str, shutdown: impl Future<Output = ()>) -> std::io::Result<()> {
        let listener = TcpListener::bind(listen).await?;
        let address: SocketAddr = listener.local_addr()?;
        tracing::info!("metrics on http://{address}/metrics");
        let upkeep = tokio::spawn({
            let handle = self.0.clone();
            async move {
                loop {
                    tokio::time::sleep(UPKEEP).await;
                    handle.run_upkeep();
                }
            }
        });
        let routes = Route::new().at("/metrics", get(show)).data(self);
        let limits = ServerLimits { max_connections: 16, drain: Duration::from_secs(1), ..ServerLimits::default() };
        let served = serve(listener, None, routes, limits, shutdown).await;
        upkeep.abort();
        served
    }
}

#[handler]
fn show(metrics: Data<&Metrics>) -> poem::Response {
    poem::Response::builder().content_type("text/plain; version=0.0.4").body(metrics.text())
}

/// Counts the answers of models.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunMetrics;

#[async_trait]
impl Hook for RunMetrics {
    async fn after_answer(&self, answer: &Ended<'_>) {
        let model = answer.model.to_owned();
        let since = |end: Timestamp| end.since(answer.started_at).as_secs_f64();
        let state = match answer.state {
            RunState::Completed => "completed",
            RunState::Stopped => "stopped",
            RunState::Failed => "failed",
            _ => "interrupted",
        };
        counter!(RUNS, "gen_ai_request_model" => model.clone(), "state" => state).increment(1);
        histogram!(ANSWER, "gen_ai_request_model" => model.clone()).record(since(answer.ended_at));
        if let Some(first) = answer.first_token_at {
            histogram!(FIRST_TOKEN, "gen_ai_request_model" => model.clone()).record(since(first));
        }
        let usage = answer.usage;
        for (kind, tokens) in [("input", usage.input), ("output", usage.output)] {
            counter!(TOKENS, "gen_ai_request_model" => model.clone(), "gen_ai_token_type" => kind).increment(tokens);
        }
    }
}
