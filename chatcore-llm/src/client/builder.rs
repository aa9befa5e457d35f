//! How a [`Client`] is set up.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chatcore::turn::ModelInfo;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::http::{self, Timeouts};
use super::retry::RetryPolicy;
use super::upstream::Upstream;
use super::wire::Wire;
use super::{Client, Inner};

/// Sets up a [`Client`]; made by [`Client::openai`] and its kin.
#[must_use]
pub struct ClientBuilder {
    wire: Box<dyn Wire>,
    base_url: String,
    api_key: Option<SecretString>,
    headers: Vec<(String, SecretString)>,
    provider: String,
    models: Vec<ModelInfo>,
    names: BTreeMap<String, String>,
    timeouts: Timeouts,
    retry: RetryPolicy,
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

impl ClientBuilder {
    pub(super) fn new(base_url: String, wire: Box<dyn Wire>) -> Self {
        let provider = wire.provider().to_owned();
        Self {
            wire,
            base_url,
            api_key: None,
            headers: Vec::new(),
            provider,
            models: Vec::new(),
            names: BTreeMap::new(),
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            system_proxy: false,
        }
    }

    /// Sends this key, in the header that the wire has for it. An empty key is none, as local servers like it.
    pub fn api_key(mut self, key: impl Into<SecretString>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// Sends one more header with every request, `OpenAI-Organization` say. Its value is treated as a secret.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Whose models these are; whoever made the wire, if not said. Blocks that only the provider knows are sent back to the
    /// provider of the same name.
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.provider = name.into();
        self
    }

    /// Offers a model. The first one is the default.
    pub fn model(mut self, info: ModelInfo) -> Self {
        self.models.push(info);
        self
    }

    /// Offers a model under another name than the server's own.
    pub fn model_as(mut self, info: ModelInfo, upstream: impl Into<String>) -> Self {
        self.names.insert(info.id.clone(), upstream.into());
        self.model(info)
    }

    /// Offers several models.
    pub fn models(mut self, infos: impl IntoIterator<Item = ModelInfo>) -> Self {
        self.models.extend(infos);
        self
    }

    /// Offers a model of which only the name is known: 128,000 tokens (8,192 of an Ollama, whose machine may have no memory
    /// for more), provider as set at [`Self::build`].
    pub fn model_id(self, id: impl Into<String>) -> Self {
        let unnamed = "";
        let tokens = self.wire.context_tokens();
        self.model(ModelInfo::new(id, unnamed, tokens))
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
    pub fn build(self) -> Result<Client, BuildError> {
        let base_url = reqwest::Url::parse(self.base_url.trim()).map_err(|_| BuildError::BaseUrl)?;
        if !matches!(base_url.scheme(), "http" | "https") {
            return Err(BuildError::BaseUrl);
        }
        let key = self.api_key.as_ref().map(|key| key.expose_secret().trim().to_owned()).filter(|key| !key.is_empty());
        let headers = self.all_headers(key.as_deref())?;
        let mut models = self.models;
        for model in models.iter_mut().filter(|model| model.provider.is_empty()) {
            model.provider.clone_from(&self.provider);
        }
        // what is planned with is what is sent
        for model in models.iter_mut().filter(|model| model.max_output_tokens.is_none()) {
            let name = self.names.get(&model.id).unwrap_or(&model.id);
            model.max_output_tokens =
                self.wire.longest_answer(name).map(|limit| limit.min((model.context_tokens / 2).max(1)));
        }
        let upstream = Upstream {
            http: http::client(self.timeouts, self.system_proxy).map_err(BuildError::Http)?,
            base_url,
            headers,
            key: key.map(SecretString::from),
            provider: self.provider,
            timeouts: self.timeouts,
            retry: self.retry,
        };
        Ok(Client { inner: Arc::new(Inner { upstream, wire: self.wire, models, names: self.names }) })
    }

    fn all_headers(&self, key: Option<&str>) -> Result<HeaderMap, BuildError> {
        let mut headers = HeaderMap::new();
        for (name, value) in self.wire.headers() {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        if let Some((name, value)) = key.map(|key| self.wire.key_header(key)) {
            headers.insert(name, secret_header(name, &value)?);
        }
        for (name, value) in &self.headers {
            let header = HeaderName::try_from(name.as_str()).map_err(|_| BuildError::Header(name.clone()))?;
            headers.insert(header, secret_header(name, value.expose_secret())?);
        }
        Ok(headers)
    }
}

fn secret_header(name: &str, value: &str) -> Result<HeaderValue, BuildError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| BuildError::Header(name.to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("provider", &self.provider).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plainly_wrong_is_said_at_once() {
        let build = |url: &str| Client::openai(url).build();
        assert!(matches!(build("localhost:8080"), Err(BuildError::BaseUrl)));
        assert!(matches!(build("ftp://localhost"), Err(BuildError::BaseUrl)));
        let odd = Client::openai("http://localhost/v1").api_key("a\nb").build();
        assert!(matches!(odd, Err(BuildError::Header(name)) if name == "authorization"));
    }

    #[test]
    fn keys_are_never_printed() {
        let builder = Client::openai("http://user:hush@localhost/v1/").api_key(" sk-hush\n").header("x-key", "hush");
        let builder_text = format!("{builder:?}");
        let text = format!("{:?} {builder_text}", builder.build().unwrap());
        assert!(!text.contains("hush"), "{text}");
    }

    #[test]
    fn a_limit_that_must_be_sent_is_known_beforehand() {
        use chatcore::turn::LanguageModel;
        let limit = |builder: ClientBuilder| builder.build().unwrap().models()[0].max_output_tokens;
        let claude = || Client::anthropic("http://localhost");
        assert_eq!(limit(claude().model_id("claude-sonnet-4-5")), Some(8192));
        assert_eq!(limit(claude().model_as(ModelInfo::new("old", "", 200_000), "claude-3-haiku-20240307")), Some(4096));
        assert_eq!(limit(claude().model(ModelInfo::new("small", "", 4000))), Some(2000));
        assert_eq!(limit(claude().model(ModelInfo::new("m", "", 200_000).max_output_tokens(9))), Some(9));
        assert_eq!(limit(Client::openai("http://localhost").model_id("any")), None);
    }

    #[test]
    fn models_belong_to_the_provider() {
        use chatcore::turn::LanguageModel;
        let client = Client::openai("http://localhost").model_id("llama").provider("ollama").build().unwrap();
        assert_eq!(client.models()[0].provider, "ollama");
    }
}
