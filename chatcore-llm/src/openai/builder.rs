//! How an [`OpenAi`] is set up.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chatcore::turn::ModelInfo;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::client::{Inner, OpenAi};
use crate::http::{self, Timeouts};
use crate::retry::RetryPolicy;

/// What a model is assumed to read when nobody says.
const CONTEXT_TOKENS: u64 = 128_000;

/// Sets up an [`OpenAi`]; made by [`OpenAi::builder`].
#[must_use]
pub struct OpenAiBuilder {
    base_url: String,
    api_key: Option<SecretString>,
    headers: Vec<(String, SecretString)>,
    provider: String,
    models: Vec<ModelInfo>,
    timeouts: Timeouts,
    retry: RetryPolicy,
    max_tokens: bool,
    ask_usage: bool,
    system_proxy: bool,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The base URL is none, or neither `http` nor `https`.
    #[error("the base URL is not an http or https address")]
    BaseUrl,
    /// The key, or a header, holds a character that no header can.
    #[error("header {0} holds a character that is not allowed there")]
    Header(String),
    /// The HTTP client would not start, for want of certificates say.
    #[error("failed to start the HTTP client")]
    Http(#[source] reqwest::Error),
}

impl OpenAiBuilder {
    pub(super) fn new(base_url: String) -> Self {
        Self {
            base_url,
            api_key: None,
            headers: Vec::new(),
            provider: "openai".to_owned(),
            models: Vec::new(),
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            max_tokens: false,
            ask_usage: true,
            system_proxy: false,
        }
    }

    /// Sends this key as a bearer token. An empty key is none, as local servers like it.
    pub fn api_key(mut self, key: impl Into<SecretString>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// Sends one more header with every request, `OpenAI-Organization` say. Its value is treated as a secret.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Whose models these are; `openai` if not said.
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.provider = name.into();
        self
    }

    /// Offers a model. The first one is the default.
    pub fn model(mut self, info: ModelInfo) -> Self {
        self.models.push(info);
        self
    }

    /// Offers several models.
    pub fn models(mut self, infos: impl IntoIterator<Item = ModelInfo>) -> Self {
        self.models.extend(infos);
        self
    }

    /// Offers a model of which only the name is known: 128,000 tokens, provider as set at [`Self::build`].
    pub fn model_id(self, id: impl Into<String>) -> Self {
        let unnamed = String::new();
        self.model(ModelInfo {
            id: id.into(),
            context_tokens: CONTEXT_TOKENS,
            max_output_tokens: None,
            provider: unnamed,
        })
    }

    /// How long to wait for what.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// How often to ask again.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Names the limit `max_tokens`, for servers that do not know `max_completion_tokens`. Without this the client
    /// finds out by the first refusal.
    pub fn legacy_max_tokens(mut self) -> Self {
        self.max_tokens = true;
        self
    }

    /// Does not ask for token counts while streaming, for servers that refuse `stream_options`. Without this the
    /// client finds out by the first refusal.
    pub fn without_usage(mut self) -> Self {
        self.ask_usage = false;
        self
    }

    /// Goes through the proxy that the environment names (`HTTPS_PROXY` and its kin). Off unless asked for, because a
    /// library does not read the environment by itself.
    pub fn system_proxy(mut self, on: bool) -> Self {
        self.system_proxy = on;
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`BuildError`] for what can be seen to be wrong without asking the server.
    pub fn build(self) -> Result<OpenAi, BuildError> {
        let base_url = reqwest::Url::parse(self.base_url.trim()).map_err(|_| BuildError::BaseUrl)?;
        if !matches!(base_url.scheme(), "http" | "https") {
            return Err(BuildError::BaseUrl);
        }
        let mut headers = HeaderMap::new();
        let key = self.api_key.as_ref().map(|key| key.expose_secret().trim().to_owned()).filter(|key| !key.is_empty());
        if let Some(key) = &key {
            headers.insert(AUTHORIZATION, secret_header("authorization", &format!("Bearer {key}"))?);
        }
        for (name, value) in &self.headers {
            let header = HeaderName::try_from(name.as_str()).map_err(|_| BuildError::Header(name.clone()))?;
            headers.insert(header, secret_header(name, value.expose_secret())?);
        }
        let mut models = self.models;
        for model in models.iter_mut().filter(|model| model.provider.is_empty()) {
            model.provider.clone_from(&self.provider);
        }
        let http = http::client(self.timeouts, self.system_proxy).map_err(BuildError::Http)?;
        Ok(OpenAi {
            inner: Arc::new(Inner {
                http,
                base_url,
                headers,
                key: key.map(SecretString::from),
                provider: self.provider,
                models,
                timeouts: self.timeouts,
                retry: self.retry,
                max_tokens: AtomicBool::new(self.max_tokens),
                ask_usage: AtomicBool::new(self.ask_usage),
            }),
        })
    }
}

fn secret_header(name: &str, value: &str) -> Result<HeaderValue, BuildError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| BuildError::Header(name.to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for OpenAiBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiBuilder").field("provider", &self.provider).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plainly_wrong_is_said_at_once() {
        let build = |url: &str| OpenAi::builder(url).build();
        assert!(matches!(build("localhost:8080"), Err(BuildError::BaseUrl)));
        assert!(matches!(build("ftp://localhost"), Err(BuildError::BaseUrl)));
        let odd = OpenAi::builder("http://localhost/v1").api_key("a\nb").build();
        assert!(matches!(odd, Err(BuildError::Header(name)) if name == "authorization"));
    }

    #[test]
    fn keys_are_never_printed() {
        let builder = OpenAi::builder("http://user:hush@localhost/v1/").api_key(" sk-hush\n").header("x-key", "hush");
        let builder_text = format!("{builder:?}");
        let text = format!("{:?} {builder_text}", builder.build().unwrap());
        assert!(!text.contains("hush"), "{text}");
    }

    #[test]
    fn models_belong_to_the_provider() {
        use chatcore::turn::LanguageModel;
        let open_ai = OpenAi::builder("http://localhost").model_id("llama").provider("ollama").build().unwrap();
        assert_eq!(open_ai.models()[0].provider, "ollama");
    }
}
