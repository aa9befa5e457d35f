//! Spans for a collector of OpenTelemetry: requests as the server logs them, and answers of models by the conventions for
//! generative models. What people and models say is in none of them.
//!
//! They go over HTTP, in protobuf, in batches, and are dropped where the collector is away. Numbers go to Prometheus.

use std::fmt;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use chatcore::Timestamp;
use chatcore::turn::{Ended, Hook, RunState};
use opentelemetry::trace::{Span, SpanKind, Status, Tracer, TracerProvider};
use opentelemetry::{KeyValue, global};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// Whose spans these are.
const NAME: &str = "chatcore";

/// How long a collector may take for a batch.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why no spans go anywhere.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Exports spans to a collector until it is shut down.
pub(super) fn provider(endpoint: &str) -> Result<SdkTracerProvider, Failed> {
    let client = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Sender { client, runtime: Handle::try_current()? })
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()?;
    let resource = Resource::builder().with_service_name("chatcore-server");
    let resource = resource.with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))).build();
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    global::set_tracer_provider(provider.clone());
    Ok(provider)
}

/// Hands the spans of this program on. Those of the client that sends them would be sent, too.
pub(super) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let own = filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with(NAME));
    tracing_opentelemetry::layer().with_tracer(provider.tracer(NAME)).with_filter(own)
}

/// Sends batches. They come from a thread of their own, and the client wants the runtime.
struct Sender {
    client: reqwest::Client,
    runtime: Handle,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: poem::http::Request<Bytes>) -> Result<poem::http::Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let response = client.execute(request).await?;
            let status = response.status();
            Ok::<_, reqwest::Error>((status, response.bytes().await?))
        });
        let (status, body) = sent.await??;
        Ok(poem::http::Response::builder().status(status).body(body)?)
    }
}

/// A span for each answer of a model, from when it was asked for to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunSpans;

#[async_trait]
impl Hook for RunSpans {
    async fn after_answer(&self, answer: &Ended<'_>) {
        let usage = answer.usage;
        let number = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
        let attributes = [
            KeyValue::new("gen_ai.operation.name", "chat"),
            KeyValue::new("gen_ai.request.model", answer.model.to_owned()),
            KeyValue::new("gen_ai.conversation.id", answer.conversation.to_string()),
            KeyValue::new("gen_ai.response.id", answer.message.to_string()),
            KeyValue::new("gen_ai.usage.input_tokens", number(usage.input)),
            KeyValue::new("gen_ai.usage.output_tokens", number(usage.output)),
            KeyValue::new("chatcore.run.id", answer.run.to_string()),
        ];
        let tracer = global::tracer(NAME);
        let mut span = tracer
            .span_builder(format!("chat {}", answer.model))
            .with_kind(SpanKind::Client)
            .with_start_time(moment(answer.started_at))
            .with_attributes(attributes)
            .start(&tracer);
        if let Some(first) = answer.first_token_at {
            span.add_event_with_timestamp("first_token", moment(first), Vec::new());
        }
        if !matches!(answer.state, RunState::Completed | RunState::Stopped) {
            span.set_status(Status::error("the answer did not come to its end"));
        }
        span.end_with_timestamp(moment(answer.ended_at));
    }
}

fn moment(at: Timestamp) -> SystemTime {
    let micros = u64::try_from(at.as_micros()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
}
