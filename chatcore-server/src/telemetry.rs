//! The log of a server, and what it counts of itself for Prometheus. Names are those of OpenTelemetry's conventions for HTTP servers and for
//! generative models, as Prometheus writes them. Nothing is counted until a [`Metrics`] is installed, which a program does
//! and a library does not.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use chatcore::Timestamp;
use chatcore::turn::{Ended, Hook, RunState};
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use poem::web::Data;
use poem::{EndpointExt, Route, get, handler};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, TelemetryConfig};
use crate::http::{REQUEST_SECONDS, ServerLimits, serve};

const ANSWER: &str = "gen_ai_client_operation_duration_seconds";
const FIRST_TOKEN: &str = "gen_ai_server_time_to_first_token_seconds";
const TOKENS: &str = "gen_ai_client_token_usage_total";
const RUNS: &str = "chatcore_runs_ended_total";

/// Upper ends in seconds: quick answers of routes, and those of models, which double.
const QUICK: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
const SLOW: [f64; 14] = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

/// How often what was counted is put into its place: histograms grow until then.
const UPKEEP: Duration = Duration::from_secs(5);

/// What the log says when nobody asks for more.
const LOG: &str = "info,sqlx=warn,sled=warn";

/// Parts that would log what people said, whatever anybody asks for: the reader of HTML shows each text that it reads.
const TALKATIVE: &str = "html5ever=warn,markup5ever=warn";

/// Writes the log to standard error from now on, in the whole process.
pub fn log(config: &TelemetryConfig) {
    let filter = config.log.as_deref().and_then(|text| EnvFilter::try_new(format!("{text},{TALKATIVE}")).ok());
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new(LOG)))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().flatten_event(true).init(),
    }
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
        let quick = Matcher::Full(REQUEST_SECONDS.to_owned());
        let builder = PrometheusBuilder::new().set_buckets(&SLOW)?.set_buckets_for_metric(quick, &QUICK)?;
        let handle = builder.install_recorder()?;
        describe_histogram!(
            REQUEST_SECONDS,
            Unit::Seconds,
            "Requests, from the last byte of the head to the first of the answer"
        );
        describe_histogram!(ANSWER, Unit::Seconds, "Answers of models, whole");
        describe_histogram!(FIRST_TOKEN, Unit::Seconds, "Answers of models, until they began");
        describe_counter!(TOKENS, "Tokens that models read and wrote");
        describe_counter!(RUNS, "Answers by how they ended");
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
