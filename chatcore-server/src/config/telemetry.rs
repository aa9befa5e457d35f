//! What a server says of itself.

use clap::Args;
use serde::Deserialize;

use super::ConfigError;

/// Where Prometheus finds a server when nobody says where.
const METRICS: &str = "127.0.0.1:9464";

/// What a server says of itself, as somebody may ask for it; the table `[telemetry]` in the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySettings {
    /// What the log says: `debug`, `warn`, or `info,chatcore=debug` by parts of the program [default: info]
    #[arg(id = "telemetry_log", long = "log", env = "CHATCORE_LOG", value_name = "FILTER")]
    pub log: Option<String>,

    /// What the log looks like: `text`, or `json` with one object a line [default: text]
    #[arg(id = "telemetry_log_format", long = "log-format", env = "CHATCORE_LOG_FORMAT", value_name = "FORM")]
    pub log_format: Option<String>,

    /// Where Prometheus finds /metrics, or `off`; whoever reaches it reads it, so it is an address of its own
    /// [default: 127.0.0.1:9464]
    #[arg(
        id = "telemetry_metrics_listen",
        long = "metrics-listen",
        env = "CHATCORE_METRICS_LISTEN",
        value_name = "ADDRESS"
    )]
    pub metrics_listen: Option<String>,

    /// Address of a collector of OpenTelemetry, to which spans of requests and answers go (OTLP over HTTP; built with
    /// `--features otel`): `http://127.0.0.1:4318` [default: none]
    #[arg(id = "telemetry_otlp_endpoint", long = "otlp-endpoint", env = "CHATCORE_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,
}

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TelemetryConfig {
    /// What the log says, if not the usual.
    pub log: Option<String>,
    /// What the log looks like.
    pub log_format: LogFormat,
    /// Where Prometheus finds it.
    pub metrics: Option<String>,
    /// Where spans go.
    pub otlp_endpoint: Option<String>,
}

/// What a log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// An object a line.
    Json,
}

impl TelemetrySettings {
    /// The same without texts in which there is nothing.
    pub(super) fn without_blanks(mut self) -> Self {
        for text in [&mut self.log, &mut self.log_format, &mut self.metrics_listen, &mut self.otlp_endpoint] {
            text.take_if(|text| text.trim().is_empty());
        }
        self
    }

    /// These settings, and those of `other` where these say nothing.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            log: self.log.or(other.log),
            log_format: self.log_format.or(other.log_format),
            metrics_listen: self.metrics_listen.or(other.metrics_listen),
            otlp_endpoint: self.otlp_endpoint.or(other.otlp_endpoint),
        }
    }

    /// # Errors
    /// [`ConfigError`] when something makes no sense.
    pub(crate) fn resolve(self) -> Result<TelemetryConfig, ConfigError> {
        if self.log.as_deref().is_some_and(|text| tracing_subscriber::EnvFilter::try_new(text).is_err()) {
            return Err(ConfigError::Value { name: "log", reason: "is no filter of a log" });
        }
        let log_format = match self.log_format.as_deref().map(str::trim) {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(_) => return Err(ConfigError::Value { name: "log_format", reason: "must be text or json" }),
        };
        let metrics = self.metrics_listen.unwrap_or_else(|| METRICS.to_owned());
        let is_address = |text: &String| text.starts_with("http://") || text.starts_with("https://");
        if !self.otlp_endpoint.as_ref().is_none_or(is_address) {
            return Err(ConfigError::Value { name: "otlp_endpoint", reason: "must be an http or https address" });
        }
        let metrics = (metrics != "off").then_some(metrics);
        Ok(TelemetryConfig { log: self.log, log_format, metrics, otlp_endpoint: self.otlp_endpoint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let some = |text: &str| Some(text.to_owned());
        let usual = TelemetrySettings::default;
        assert_eq!(usual().resolve().unwrap().metrics, some(METRICS));
        let off =
            TelemetrySettings { metrics_listen: some("off"), log_format: some("json"), ..usual() }.resolve().unwrap();
        assert_eq!((off.metrics, off.log_format), (None, LogFormat::Json));
        let wrong = [
            (TelemetrySettings { log: some("a=b=c"), ..usual() }, "log "),
            (TelemetrySettings { log_format: some("xml"), ..usual() }, "log_format"),
            (TelemetrySettings { otlp_endpoint: some("collector:4317"), ..usual() }, "otlp_endpoint"),
        ];
        for (settings, name) in wrong {
            assert!(settings.resolve().unwrap_err().to_string().starts_with(name), "{name}");
        }
    }
}
