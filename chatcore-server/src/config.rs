//! What a server is told: flags before environment variables before `.env` before `chatcore.toml`.

mod attachments;
mod billing;
mod charging;
mod compat;
mod error;
mod guard;
mod inherited;
mod jwt;
mod limits;
mod mail;
mod models;
mod oauth;
mod payments;
pub mod reference;
mod sign_in;
mod store_url;
mod telemetry;
#[cfg(test)]
mod tests;
mod tls;
mod turns;

use std::path::Path;
use std::time::Duration;

use chatcore::billing::Plan;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

pub(crate) use attachments::MOST_BYTES;
pub use attachments::{AttachmentConfig, AttachmentSettings, Usual};
pub use billing::{BillingConfig, BillingSettings};
pub use charging::{ChargingConfig, ChargingSettings};
pub use compat::{CompatConfig, CompatSettings, Place, TokenWorth};
pub use error::ConfigError;
pub use guard::HttpSettings;
pub use inherited::{Effect, INHERITED, Inherited};
pub use jwt::{JwtAlgorithm, JwtConfig, JwtSettings, PemSource, RetiredKey};
pub use limits::LimitSettings;
pub(crate) use limits::{rules as read_limits, written as written_limit};
pub use mail::{MailConfig, MailSettings};
pub use models::{ModelEntry, ModelKind, OllamaConfig, ProviderConfig};
pub use oauth::{OAuthConfig, OAuthEntry, OAuthKeys, OAuthKind};
pub use payments::{PaymentSettings, StripeConfig};
pub use reference::Setting;
pub use sign_in::{SignInConfig, SignInSettings};
pub use store_url::{DatabaseUrl, StoreUrl};
pub use telemetry::{LogFormat, TelemetryConfig, TelemetrySettings};
pub use tls::{TlsConfig, TlsSettings};
pub use turns::{TitlesConfig, ToolName};

use crate::http::GuardSettings;

/// Where everything is kept when nobody says where.
const DEFAULT_STORE: &str = "sqlite:chatcore-data/chatcore.db";

/// The settings as somebody may give them.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address to listen on [default: 127.0.0.1:8000]
    #[arg(long, env = "CHATCORE_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<String>,

    /// Where everything is kept: `sqlite:<path>`, `sled:<path>`, `postgres://<user>@<host>/<database>` or `memory:`
    /// [default: sqlite:chatcore-data/chatcore.db]
    #[arg(long, env = "CHATCORE_STORE", value_name = "URL", hide_env_values = true)]
    pub store: Option<SecretString>,

    /// The same, as other programs call it
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide = true, hide_env_values = true)]
    pub database_url: Option<SecretString>,

    /// What tokens are signed with: at least 32 characters; generated and kept beside the data if not given
    #[arg(long, env = "CHATCORE_SECRET", value_name = "TEXT", hide_env_values = true)]
    pub secret: Option<SecretString>,

    /// How browsers reach the server; with https:// cookies are bound to it
    #[arg(long, env = "CHATCORE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Key of the OpenAI API, or of a server that speaks it
    #[arg(long, env = "OPENAI_API_KEY", value_name = "KEY", hide_env_values = true)]
    pub openai_api_key: Option<SecretString>,

    /// Address of the OpenAI API, or of a server that speaks it (Ollama, vLLM, ...)
    #[arg(long, env = "OPENAI_BASE_URL", value_name = "URL")]
    pub openai_base_url: Option<String>,

    /// The model that answers; if not given, all that the server offers
    #[arg(long, env = "OPENAI_DEFAULT_MODEL", value_name = "NAME")]
    pub openai_default_model: Option<String>,

    /// Key of the Anthropic API
    #[arg(long, env = "ANTHROPIC_API_KEY", value_name = "KEY", hide_env_values = true)]
    pub anthropic_api_key: Option<SecretString>,

    /// Address of the Anthropic API, or of a server that speaks it
    #[arg(long, env = "ANTHROPIC_BASE_URL", value_name = "URL")]
    pub anthropic_base_url: Option<String>,

    /// The model of Anthropic that is offered; if not given, all
    #[arg(long, env = "ANTHROPIC_DEFAULT_MODEL", value_name = "NAME")]
    pub anthropic_default_model: Option<String>,

    /// Address of an Ollama, or `off` [default: the one on this machine, if it answers]
    #[arg(long, env = "CHATCORE_OLLAMA", value_name = "URL")]
    pub ollama: Option<String>,

    /// Models, each with its provider, limits and prices; in the file alone
    #[arg(skip)]
    pub models: Vec<ModelEntry>,

    /// Providers at which people may sign in; in the file alone
    #[arg(skip)]
    pub oauth: Vec<OAuthEntry>,

    /// Providers whose keys are in the environment
    #[command(flatten)]
    #[serde(skip)]
    pub oauth_keys: OAuthKeys,

    /// The ways in beside passwords and providers
    #[command(flatten)]
    pub sign_in: SignInSettings,

    /// Who names conversations: `words` (the beginning of the first message), `model` (the model that answers), the name of
    /// a model, or `off` [default: model, and words while only the offline models answer]
    #[arg(long, env = "CHATCORE_TITLES", value_name = "WHO")]
    pub titles: Option<String>,

    /// Tools that models may call, with commas between them: `current_time` [default: none]
    #[arg(long, env = "CHATCORE_TOOLS", value_name = "NAMES")]
    pub tools: Option<String>,

    /// Pause of the offline models between two words, in milliseconds [default: 15]
    #[arg(long, env = "CHATCORE_OFFLINE_DELAY_MS", value_name = "MS")]
    pub offline_delay_ms: Option<u64>,

    /// How long an access token lasts, in seconds [default: 900]
    #[arg(long, env = "CHATCORE_ACCESS_TOKEN_SECONDS", value_name = "SECONDS")]
    pub access_token_seconds: Option<u64>,

    /// What access tokens are signed with
    #[command(flatten)]
    pub jwt: JwtSettings,

    /// Who carries mail
    #[command(flatten)]
    pub mail: MailSettings,

    /// Who takes the money
    #[command(flatten)]
    pub payments: PaymentSettings,

    /// What people have who bought nothing; in the file alone
    #[arg(skip)]
    pub billing: BillingSettings,

    /// Plans, each with its price, limits and credit; in the file alone
    #[arg(skip)]
    pub plans: Vec<Plan>,

    /// How much people may use who have no plan
    #[command(flatten)]
    pub limits: LimitSettings,

    /// What is charged for
    #[command(flatten)]
    pub charging: ChargingSettings,

    /// Mounts for clients of other back ends
    #[command(flatten)]
    pub compat: CompatSettings,
    /// Where attachments lie, and how large they may be
    #[command(flatten)]
    pub attachments: AttachmentSettings,

    /// Whom requests come from, for whom they are, how many there may be
    #[command(flatten)]
    pub http: HttpSettings,

    /// The certificate that the server itself shows
    #[command(flatten)]
    pub tls: TlsSettings,

    /// What the server says of itself
    #[command(flatten)]
    pub telemetry: TelemetrySettings,

    /// Largest request body in bytes [default: 2097152]
    #[arg(long, env = "CHATCORE_MAX_BODY_BYTES", value_name = "BYTES")]
    pub max_body_bytes: Option<usize>,

    /// How long a request may take to send its headers, in seconds [default: 10]
    #[arg(long, env = "CHATCORE_HEADER_SECONDS", value_name = "SECONDS")]
    pub header_seconds: Option<u64>,

    /// Connections at once [default: 10000]
    #[arg(long, env = "CHATCORE_MAX_CONNECTIONS", value_name = "COUNT")]
    pub max_connections: Option<usize>,

    /// How long answers may go on when the server is asked to end, in seconds [default: 10]
    #[arg(long, env = "CHATCORE_DRAIN_SECONDS", value_name = "SECONDS")]
    pub drain_seconds: Option<u64>,

    /// How long after its end the events of an answer can be read again, in seconds [default: 3600]
    #[arg(long, env = "CHATCORE_REPLAY_SECONDS", value_name = "SECONDS")]
    pub replay_seconds: Option<u64>,

    /// After how long without a sign of life of its server an answer is ended by another, in seconds [default: 20]
    #[arg(long, env = "CHATCORE_LAPSE_SECONDS", value_name = "SECONDS")]
    pub lapse_seconds: Option<u64>,
}

/// The settings as they are.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address to listen on.
    pub listen: String,
    /// Where everything is kept.
    pub store: StoreUrl,
    /// What tokens are signed with.
    pub secret: Option<SecretString>,
    /// How browsers reach the server.
    pub public_url: Option<String>,
    /// The table of models.
    pub models: Vec<ModelEntry>,
    /// The OpenAI-compatible server.
    pub openai: Option<ProviderConfig>,
    /// Anthropic.
    pub anthropic: Option<ProviderConfig>,
    /// An Ollama.
    pub ollama: OllamaConfig,
    /// The providers at which people may sign in.
    pub oauth: OAuthConfig,
    /// The ways in beside passwords and providers.
    pub sign_in: SignInConfig,
    /// Who names conversations.
    pub titles: TitlesConfig,
    /// Tools that models may call.
    pub tools: Vec<ToolName>,
    /// Pause of the offline models between two words.
    pub offline_delay: Duration,
    /// How long an access token lasts.
    pub access_token_lifetime: Duration,
    /// What access tokens are signed with.
    pub jwt: JwtConfig,
    /// Who carries mail, if somebody does.
    pub mail: Option<MailConfig>,
    /// The account at Stripe, if there is one.
    pub stripe: Option<StripeConfig>,
    /// What may be bought.
    pub billing: BillingConfig,
    /// What is charged for.
    pub charging: ChargingConfig,
    /// Mounts for clients of other back ends.
    pub compat: CompatConfig,
    /// Where attachments lie, and how large they may be.
    pub attachments: AttachmentConfig,
    /// What the guard at the door goes by.
    pub guard: GuardSettings,
    /// The certificate that the server itself shows, unless a proxy in front does.
    pub tls: Option<TlsConfig>,
    /// What the server says of itself.
    pub telemetry: TelemetryConfig,
    /// Largest request body in bytes.
    pub max_body_bytes: usize,
    /// How long a request may take to send its headers.
    pub header_timeout: Duration,
    /// Connections at once.
    pub max_connections: usize,
    /// How long answers may go on when the server is asked to end.
    pub drain: Duration,
    /// How long the events of an answer can be read again.
    pub replay: Duration,
    /// How long a run may show no sign of life.
    pub lapse: Duration,
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: name.clone(), source })?;
    // the parser's own message quotes the line, which may hold a secret
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start].lines().count().max(1));
        ConfigError::File { path: name, reason: format!("{} (near line {line})", error.message()) }
    })
}

impl Settings {
    /// The settings in a file.
    ///
    /// # Errors
    /// [`ConfigError`] when there is no such file or it is not valid.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        read(path)
    }

    /// The same as it is written.
    pub(crate) fn table_of(path: &Path) -> Result<toml::Table, ConfigError> {
        read(path)
    }

    /// These settings, and those of a file where these say nothing. `database_url` and `store` are one setting: either of
    /// them here hides both there.
    #[must_use]
    pub fn over(self, file: Self) -> Self {
        let (given, mut file) = (self.without_blanks(), file.without_blanks());
        if given.store.is_some() || given.database_url.is_some() {
            (file.store, file.database_url) = (None, None);
        }
        given.or(file)
    }

    /// The same without texts in which there is nothing.
    fn without_blanks(mut self) -> Self {
        let texts = [
            &mut self.listen,
            &mut self.public_url,
            &mut self.openai_base_url,
            &mut self.openai_default_model,
            &mut self.anthropic_base_url,
            &mut self.anthropic_default_model,
            &mut self.ollama,
            &mut self.titles,
            &mut self.tools,
        ];
        for text in texts {
            text.take_if(|text| text.trim().is_empty());
        }
        let secrets = [
            &mut self.store,
            &mut self.database_url,
            &mut self.secret,
            &mut self.openai_api_key,
            &mut self.anthropic_api_key,
        ];
        for secret in secrets {
            secret.take_if(|secret| secret.expose_secret().trim().is_empty());
        }
        (self.jwt, self.http) = (self.jwt.without_blanks(), self.http.without_blanks());
        self.mail = self.mail.without_blanks();
        self.telemetry = self.telemetry.without_blanks();
        (self.payments, self.tls) = (self.payments.without_blanks(), self.tls.without_blanks());
        self.attachments = self.attachments.without_blanks();
        (self.limits, self.charging) = (self.limits.without_blanks(), self.charging.without_blanks());
        self
    }

    /// These settings, and those of `other` where these say nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let (this, other) = (self.without_blanks(), other.without_blanks());
        Self {
            listen: this.listen.or(other.listen),
            store: this.store.or(other.store),
            database_url: this.database_url.or(other.database_url),
            secret: this.secret.or(other.secret),
            public_url: this.public_url.or(other.public_url),
            openai_api_key: this.openai_api_key.or(other.openai_api_key),
            openai_base_url: this.openai_base_url.or(other.openai_base_url),
            openai_default_model: this.openai_default_model.or(other.openai_default_model),
            anthropic_api_key: this.anthropic_api_key.or(other.anthropic_api_key),
            anthropic_base_url: this.anthropic_base_url.or(other.anthropic_base_url),
            anthropic_default_model: this.anthropic_default_model.or(other.anthropic_default_model),
            ollama: this.ollama.or(other.ollama),
            models: if this.models.is_empty() { other.models } else { this.models },
            oauth: if this.oauth.is_empty() { other.oauth } else { this.oauth },
            // no file has them
            oauth_keys: this.oauth_keys,
            sign_in: this.sign_in.or(other.sign_in),
            titles: this.titles.or(other.titles),
            tools: this.tools.or(other.tools),
            offline_delay_ms: this.offline_delay_ms.or(other.offline_delay_ms),
            access_token_seconds: this.access_token_seconds.or(other.access_token_seconds),
            jwt: this.jwt.or(other.jwt),
            mail: this.mail.or(other.mail),
            payments: this.payments.or(other.payments),
            billing: this.billing.or(other.billing),
            plans: if this.plans.is_empty() { other.plans } else { this.plans },
            limits: this.limits.or(other.limits),
            charging: this.charging.or(other.charging),
            compat: this.compat.or(other.compat),
            attachments: this.attachments.or(other.attachments),
            http: this.http.or(other.http),
            tls: this.tls.or(other.tls),
            telemetry: this.telemetry.or(other.telemetry),
            max_body_bytes: this.max_body_bytes.or(other.max_body_bytes),
            header_seconds: this.header_seconds.or(other.header_seconds),
            max_connections: this.max_connections.or(other.max_connections),
            drain_seconds: this.drain_seconds.or(other.drain_seconds),
            replay_seconds: this.replay_seconds.or(other.replay_seconds),
            lapse_seconds: this.lapse_seconds.or(other.lapse_seconds),
        }
    }

    /// Where everything is kept.
    ///
    /// # Errors
    /// [`ConfigError`] when that is no store.
    pub fn store_url(&self) -> Result<StoreUrl, ConfigError> {
        let given = [&self.store, &self.database_url].into_iter().flatten().map(ExposeSecret::expose_secret);
        given.into_iter().find(|text| !text.trim().is_empty()).unwrap_or(DEFAULT_STORE).parse()
    }

    /// The configuration, with defaults for what nobody said.
    ///
    /// # Errors
    /// [`ConfigError`] when something makes no sense.
    pub fn resolve(self) -> Result<Config, ConfigError> {
        self.without_blanks().checked()
    }

    fn checked(self) -> Result<Config, ConfigError> {
        let positive = |name, value: Option<u64>| match value {
            Some(0) => Err(ConfigError::Value { name, reason: "must be at least 1" }),
            _ => Ok(()),
        };
        positive("header_seconds", self.header_seconds)?;
        positive("lapse_seconds", self.lapse_seconds)?;
        positive("max_body_bytes", self.max_body_bytes.map(|bytes| u64::try_from(bytes).unwrap_or(u64::MAX)))?;
        positive("max_connections", self.max_connections.map(|count| u64::try_from(count).unwrap_or(u64::MAX)))?;
        if self.public_url.as_ref().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            return Err(ConfigError::Value { name: "public_url", reason: "must begin with http:// or https://" });
        }
        let store = self.store_url()?;
        models::check(&self.models)?;
        let provider = |api_key: Option<SecretString>, base_url: Option<String>, default_model, usual: &str| {
            (base_url.is_some() || api_key.is_some()).then(|| ProviderConfig {
                api_key,
                base_url: base_url.unwrap_or_else(|| usual.to_owned()),
                default_model,
            })
        };
        let openai = provider(self.openai_api_key, self.openai_base_url, self.openai_default_model, models::OPENAI);
        let anthropic =
            provider(self.anthropic_api_key, self.anthropic_base_url, self.anthropic_default_model, models::ANTHROPIC);
        let listen = self.listen.unwrap_or_else(|| "127.0.0.1:8000".to_owned());
        let tls = self.tls.resolve()?;
        let server = self.public_url.clone().unwrap_or_else(|| local(tls.as_ref(), &listen));
        let guard = self.http.resolve(&listen, self.public_url.as_deref())?;
        Ok(Config {
            oauth: self.oauth_keys.with(self.oauth, &server)?,
            sign_in: self.sign_in.resolve(&listen, self.public_url.as_deref(), &guard.cors)?,
            attachments: self.attachments.resolve(&store)?,
            listen,
            store,
            secret: self.secret,
            public_url: self.public_url,
            models: self.models,
            openai,
            anthropic,
            ollama: OllamaConfig::of(self.ollama)?,
            titles: TitlesConfig::of(self.titles),
            tools: ToolName::list(self.tools)?,
            offline_delay: Duration::from_millis(self.offline_delay_ms.unwrap_or(15)),
            access_token_lifetime: Duration::from_secs(self.access_token_seconds.unwrap_or(900)),
            jwt: self.jwt.resolve()?,
            mail: self.mail.resolve()?,
            stripe: self.payments.resolve()?,
            billing: self.billing.resolve(self.plans, self.limits)?,
            charging: self.charging.resolve()?,
            compat: self.compat.resolve()?,
            guard,
            tls,
            telemetry: self.telemetry.resolve()?,
            max_body_bytes: self.max_body_bytes.unwrap_or(2 * 1024 * 1024),
            header_timeout: Duration::from_secs(self.header_seconds.unwrap_or(10)),
            max_connections: self.max_connections.unwrap_or(10_000),
            drain: Duration::from_secs(self.drain_seconds.unwrap_or(10)),
            replay: Duration::from_secs(self.replay_seconds.unwrap_or(3600)),
            lapse: Duration::from_secs(self.lapse_seconds.unwrap_or(20)),
        })
    }
}

/// How browsers on this machine reach the server.
fn local(tls: Option<&TlsConfig>, listen: &str) -> String {
    format!("{}://{listen}", if tls.is_some() { "https" } else { "http" })
}

impl Config {
    /// How browsers reach the server.
    #[must_use]
    pub fn home(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| local(self.tls.as_ref(), &self.listen))
    }

    /// Whether browsers reach the server by HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().map_or(self.tls.is_some(), |url| url.starts_with("https://"))
    }
}
