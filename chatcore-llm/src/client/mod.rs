//! The client of every model that is asked over HTTP. What a wire has of its own is behind [`Wire`]; sending, asking
//! again, reading and patience are here, once.

mod answer;
mod builder;
mod complaint;
mod data;
mod fields;
mod http;
mod lessons;
mod list;
mod retry;
mod silence;
mod upstream;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chatcore::turn::{LanguageModel, ModelError, ModelErrorKind, ModelInfo, ModelRequest, ModelStream, TokenCounter};
use futures::{StreamExt, stream};
use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

pub(crate) use answer::{Body, events};
pub use builder::{BuildError, ClientBuilder};
pub(crate) use complaint::Complaint;
pub(crate) use data::{GO_ON, Source, bad_request, base64, next_call, parse_arguments};
pub(crate) use fields::{count, raw_text, text};
pub use http::Timeouts;
pub(crate) use lessons::Lessons;
pub use retry::RetryPolicy;
pub(crate) use retry::asked_wait;
use upstream::{Failure, Upstream};
pub(crate) use wire::{Ask, Reader, Wire};

/// How often one request is put another way, should a server contradict itself.
const MOST_LESSONS: usize = 4;

/// About so many models a server is asked at the same time.
const DETAILS_AT_ONCE: usize = 8;

/// A client of one server of models.
///
/// A request is sent again only while no answer has begun: when there is no connection, and on the statuses that may
/// pass. Once the head of a good answer is there, every failure is handed to the caller. Dropping the stream, or the
/// future that makes it, closes the connection.
///
/// ```no_run
/// use chatcore::turn::ModelInfo;
/// use chatcore_llm::Client;
///
/// # fn main() -> Result<(), chatcore_llm::BuildError> {
/// let claude = ModelInfo::new("claude", "anthropic", 200_000);
/// let model = Client::anthropic("https://api.anthropic.com").api_key("sk-...").model(claude).build()?;
/// let local = Client::openai("http://localhost:8080/v1").provider("llama.cpp").model_id("any").build()?;
/// # let _ = (model, local); Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    upstream: Upstream,
    wire: Box<dyn Wire>,
    models: Vec<ModelInfo>,
    /// What the server calls a model, where that is not the name that it is offered under.
    names: BTreeMap<String, String>,
}

impl Client {
    /// A client of a server that speaks Chat Completions: OpenAI itself at `https://api.openai.com/v1`, vLLM, llama.cpp
    /// and most others. The address is what stands before `/chat/completions`.
    pub fn openai(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(base_url.into(), Box::new(crate::openai::Chat::default()))
    }

    /// A client of a server that speaks OpenAI's Responses. The address is what stands before `/responses`.
    pub fn openai_responses(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(base_url.into(), Box::new(crate::openai::Responses::default()))
    }

    /// A client of a server that speaks Anthropic's Messages. The address is what stands before `/v1/messages`:
    /// `https://api.anthropic.com`.
    pub fn anthropic(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(base_url.into(), Box::new(crate::anthropic::Messages::default()))
    }

    /// A client of an Ollama, in its own language. The address is what stands before `/api/chat`:
    /// `http://127.0.0.1:11434`.
    pub fn ollama(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(base_url.into(), Box::new(crate::ollama::Chat::default()))
    }

    /// The names of the models that the server says it has, without those that only embed.
    ///
    /// # Errors
    /// [`ModelError`] when it does not answer, or not with a list.
    pub async fn discover(&self) -> Result<Vec<String>, ModelError> {
        Ok(self.discover_models().await?.into_iter().map(|model| model.id).collect())
    }

    /// The same models with the limits that the server tells, and the usual ones where it tells none.
    ///
    /// # Errors
    /// As for [`Self::discover`].
    pub async fn discover_models(&self) -> Result<Vec<ModelInfo>, ModelError> {
        let (wire, upstream) = (&self.inner.wire, &self.inner.upstream);
        let value = upstream.get(wire.list_path(), wire.list_query()).await?;
        let models = list::models(&value, &upstream.provider, wire.context_tokens())
            .ok_or_else(|| ModelError::new(ModelErrorKind::Protocol, "the provider sent no list of models"))?;
        let Some(path) = wire.detail_path() else { return Ok(models) };
        let detailed = models.into_iter().map(|info| async move {
            match upstream.post(path, &json!({"model": info.id})).await {
                Ok(told) => wire.detailed(info, &told),
                Err(error) => {
                    tracing::debug!(model = info.id, %error, "the provider told no more about a model");
                    Some(info)
                }
            }
        });
        Ok(stream::iter(detailed).buffered(DETAILS_AT_ONCE).filter_map(std::future::ready).collect().await)
    }
}

#[async_trait]
impl LanguageModel for Client {
    fn models(&self) -> Vec<ModelInfo> {
        self.inner.models.clone()
    }

    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ModelError> {
        let inner = self.inner.clone();
        let response = inner.answer_to(&request).await?;
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let body = Body {
            is_stream: kind.starts_with(inner.wire.content_type()),
            is_lines: inner.wire.is_lines(),
            idle: Some(inner.upstream.timeouts.idle),
            pieces: response.bytes_stream().map(|piece| piece.map_err(|error| error.without_url().into())).boxed(),
        };
        let reader = inner.wire.reader(&inner.upstream.provider, next_call(&request));
        Ok(events(body, reader).map(move |event| event.map_err(|error| inner.upstream.hide(error))).boxed())
    }

    fn counter(&self, model: &str) -> Option<Arc<dyn TokenCounter>> {
        crate::tokens::counter(self.inner.wire.has_known_tokenizer(), self.inner.name_of(model), self.inner.info(model))
    }
}

impl Inner {
    /// The head of a good answer.
    async fn answer_to(&self, request: &ModelRequest) -> Result<Response, ModelError> {
        let first = self.models.first().map(|model| model.id.as_str());
        let id = if request.model.is_empty() { first.unwrap_or_default() } else { &request.model };
        let provider = self.upstream.provider.as_str();
        let ask = Ask { request, model: self.name_of(id), info: self.info(id), provider };
        let url = self.upstream.url(self.wire.path());
        let mut lessons = 0;
        loop {
            let body = self.wire.body(&ask)?;
            let accept = format!("{}, application/json", self.wire.content_type());
            let post = || self.upstream.http.post(url.clone()).header(ACCEPT, &accept).json(&body);
            match self.upstream.send_again(post).await {
                Ok(response) => return Ok(response),
                Err(failure) if lessons < MOST_LESSONS && self.learns(&ask, &body, &failure) => lessons += 1,
                Err(failure) => return Err(failure.error),
            }
        }
    }

    /// Whether a refusal is about something that can be put another way, which the wire remembers.
    fn learns(&self, ask: &Ask<'_>, sent: &Value, failure: &Failure) -> bool {
        failure.error.kind == ModelErrorKind::BadRequest && self.wire.learn(ask, sent, &failure.complaint)
    }

    fn info(&self, id: &str) -> Option<&ModelInfo> {
        self.models.iter().find(|model| model.id == id)
    }

    fn name_of<'a>(&'a self, id: &'a str) -> &'a str {
        self.names.get(id).map_or(id, String::as_str)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let models: Vec<_> = self.inner.models.iter().map(|model| &model.id).collect();
        let mut shown = f.debug_struct("Client");
        shown.field("upstream", &self.inner.upstream).field("models", &models).finish()
    }
}
