//! The client itself: what is sent, and sent again.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chatcore::turn::{LanguageModel, ModelError, ModelErrorKind, ModelInfo, ModelRequest, ModelStream};
use futures::StreamExt;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use reqwest::{RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::answer::{Body, events};
use super::builder::OpenAiBuilder;
use super::request::{self, Dialect};
use crate::error::{Complaint, transport};
use crate::http::Timeouts;
use crate::retry::{RetryPolicy, asked_wait, is_worth_it};

/// What is read of the body of an error, and of a list of models.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// A client of a server that speaks Chat Completions.
///
/// A request is sent again only while no answer has begun: when there is no connection, and on the statuses that may
/// pass. Once the head of a good answer is there, every failure is handed to the caller. Dropping the stream, or the
/// future that makes it, closes the connection.
///
/// ```no_run
/// # fn main() -> Result<(), chatcore_llm::openai::BuildError> {
/// let model = chatcore_llm::OpenAi::builder("http://localhost:11434/v1").provider("ollama").model_id("llama3.2").build()?;
/// # let _ = model; Ok(()) }
/// ```
#[derive(Clone)]
pub struct OpenAi {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) http: reqwest::Client,
    pub(super) base_url: Url,
    pub(super) headers: HeaderMap,
    pub(super) key: Option<SecretString>,
    pub(super) provider: String,
    pub(super) models: Vec<ModelInfo>,
    pub(super) timeouts: Timeouts,
    pub(super) retry: RetryPolicy,
    /// The server wants the limit under its old name.
    pub(super) max_tokens: AtomicBool,
    /// The server takes `stream_options`.
    pub(super) ask_usage: AtomicBool,
}

/// One attempt that failed.
struct Failure {
    error: ModelError,
    complaint: Complaint,
    again: bool,
}

impl Failure {
    /// The provider said nothing.
    fn unheard(error: ModelError, again: bool) -> Box<Self> {
        Box::new(Self { error, complaint: Complaint::default(), again })
    }
}

impl OpenAi {
    /// A client of the server at that address, `https://api.openai.com/v1` say: what stands before
    /// `/chat/completions`.
    pub fn builder(base_url: impl Into<String>) -> OpenAiBuilder {
        OpenAiBuilder::new(base_url.into())
    }

    /// The names of the models that the server says it has.
    ///
    /// # Errors
    /// [`ModelError`] when it does not answer, or not with a list.
    pub async fn discover(&self) -> Result<Vec<String>, ModelError> {
        let inner = &self.inner;
        let url = inner.url(&["models"]);
        let response = inner.send_again(|| inner.http.get(url.clone())).await.map_err(|failure| failure.error)?;
        let body = inner.read(response).await.map_err(|error| inner.hide(error))?;
        let value: Value = serde_json::from_slice(&body).map_err(|error| {
            ModelError::new(ModelErrorKind::Protocol, "the list of models is not JSON").caused_by(error)
        })?;
        let list = ["data", "models"].into_iter().find_map(|name| value.get(name)?.as_array());
        let list = list
            .or_else(|| value.as_array())
            .ok_or_else(|| ModelError::new(ModelErrorKind::Protocol, "the provider sent no list of models"))?;
        let id = |model: &Value| {
            let named = ["id", "name", "model"].into_iter().find_map(|name| model.get(name)?.as_str());
            model.as_str().or(named).map(str::to_owned)
        };
        Ok(list.iter().filter_map(id).collect())
    }
}

#[async_trait]
impl LanguageModel for OpenAi {
    fn models(&self) -> Vec<ModelInfo> {
        self.inner.models.clone()
    }

    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ModelError> {
        let inner = self.inner.clone();
        let response = inner.answer_to(&request).await?;
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let body = Body {
            is_events: kind.starts_with("text/event-stream"),
            idle: Some(inner.timeouts.idle),
            pieces: response.bytes_stream().map(|piece| piece.map_err(|error| error.without_url().into())).boxed(),
        };
        Ok(events(body).map(move |event| event.map_err(|error| inner.hide(error))).boxed())
    }
}

impl Inner {
    /// The head of a good answer.
    async fn answer_to(&self, request: &ModelRequest) -> Result<Response, ModelError> {
        let url = self.url(&["chat", "completions"]);
        let first = self.models.first().map(|model| model.id.as_str());
        let model = if request.model.is_empty() { first.unwrap_or_default() } else { &request.model };
        loop {
            let dialect = Dialect {
                max_tokens: self.max_tokens.load(Ordering::Relaxed),
                ask_usage: self.ask_usage.load(Ordering::Relaxed),
            };
            let body = request::body(request, model, dialect);
            let post = || self.http.post(url.clone()).header(ACCEPT, "text/event-stream, application/json").json(&body);
            match self.send_again(post).await {
                Ok(response) => return Ok(response),
                Err(failure) if self.give_in(dialect, request, &failure) => {}
                Err(failure) => return Err(failure.error),
            }
        }
    }

    /// Whether a refusal is about a field that the server need not get; from then on it does not, so that this cannot
    /// go round.
    fn give_in(&self, sent: Dialect, request: &ModelRequest, failure: &Failure) -> bool {
        let about = |field: &str| failure.error.kind == ModelErrorKind::BadRequest && failure.complaint.names(field);
        if sent.ask_usage && (about("stream_options") || about("include_usage")) {
            self.ask_usage.store(false, Ordering::Relaxed);
            return true;
        }
        let renamed = !sent.max_tokens && request.options.max_output_tokens.is_some() && about("max_completion_tokens");
        if renamed {
            self.max_tokens.store(true, Ordering::Relaxed);
        }
        renamed
    }

    /// Sends until an answer begins, a failure is final or the attempts are used up.
    async fn send_again(&self, build: impl Fn() -> RequestBuilder) -> Result<Response, Box<Failure>> {
        let mut attempt = 1;
        loop {
            let mut failure = match self.send(build()).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            failure.error = self.hide(failure.error);
            let wait = if failure.again { self.retry.wait(attempt, failure.error.retry_after) } else { None };
            let Some(wait) = wait else { return Err(failure) };
            tracing::debug!(provider = self.provider, attempt, ?wait, error = %failure.error, "asking the model again");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Box<Failure>> {
        let sent = tokio::time::timeout(self.timeouts.headers, request.headers(self.headers.clone()).send()).await;
        let response = match sent {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let again = error.is_connect() || (error.is_request() && !error.is_timeout());
                return Err(Failure::unheard(transport(error), again));
            }
            // it may be at work on this one, so that a second request would cost twice
            Err(_) => {
                let error = ModelError::new(ModelErrorKind::Timeout, "the provider did not answer in time");
                return Err(Failure::unheard(error, false));
            }
        };
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let (headers, status) = (response.headers().clone(), status.as_u16());
        let complaint = Complaint::read(&self.read(response).await.unwrap_or_default());
        let again = is_worth_it(status, &headers) && !complaint.is_about_money();
        let mut error = complaint.to_error(Some(status), asked_wait(&headers));
        if let Some(id) = headers.get("x-request-id").and_then(|id| id.to_str().ok()) {
            error.message.push_str(&format!(" [request {id}]"));
        }
        Err(Box::new(Failure { error, complaint, again }))
    }

    /// A whole body that should be small.
    async fn read(&self, response: Response) -> Result<Vec<u8>, ModelError> {
        let mut all = Vec::new();
        let mut pieces = response.bytes_stream();
        while let Some(piece) = next(&mut pieces, self.timeouts.idle).await? {
            all.extend_from_slice(&piece);
            if all.len() > LONGEST_BODY {
                return Err(ModelError::new(ModelErrorKind::Protocol, "the answer is too long"));
            }
        }
        Ok(all)
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// Takes the key out of what the provider said, should it have repeated it.
    fn hide(&self, mut error: ModelError) -> ModelError {
        if let Some(key) = &self.key
            && error.message.contains(key.expose_secret())
        {
            error.message = error.message.replace(key.expose_secret(), "***");
        }
        error
    }
}

async fn next(
    pieces: &mut (impl futures::Stream<Item = reqwest::Result<Bytes>> + Unpin),
    idle: Duration,
) -> Result<Option<Bytes>, ModelError> {
    let piece = tokio::time::timeout(idle, pieces.next()).await;
    let piece = piece.map_err(|_| ModelError::new(ModelErrorKind::Timeout, "the provider fell silent"))?;
    piece.transpose().map_err(transport)
}

impl fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let models: Vec<_> = self.inner.models.iter().map(|model| &model.id).collect();
        let mut shown = f.debug_struct("OpenAi");
        shown.field("provider", &self.inner.provider).field("host", &self.inner.base_url.host_str());
        shown.field("models", &models).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_added_to_whatever_was_given() {
        for (base, url) in [
            ("http://h/v1", "http://h/v1/chat/completions"),
            ("http://h/v1/", "http://h/v1/chat/completions"),
            ("http://h", "http://h/chat/completions"),
            ("http://h/x/?api-version=2", "http://h/x/chat/completions?api-version=2"),
        ] {
            let client = OpenAi::builder(base).build().unwrap();
            assert_eq!(client.inner.url(&["chat", "completions"]).as_str(), url);
        }
    }

    #[test]
    fn a_field_is_given_up_once() {
        let client = OpenAi::builder("http://h").build().unwrap();
        let refused = |param: &str| {
            let complaint = Complaint { param: param.into(), ..Complaint::default() };
            Failure { error: ModelError::new(ModelErrorKind::BadRequest, "no"), complaint, again: false }
        };
        let request = ModelRequest::default();
        let mut sent = Dialect { max_tokens: false, ask_usage: true };
        assert!(!client.inner.give_in(sent, &request, &refused("max_completion_tokens")));
        assert!(client.inner.give_in(sent, &request, &refused("stream_options")));
        assert!(!client.inner.ask_usage.load(Ordering::Relaxed));
        sent.ask_usage = false;
        assert!(!client.inner.give_in(sent, &request, &refused("stream_options")));
    }

    #[test]
    fn a_key_in_an_error_is_hidden() {
        let client = OpenAi::builder("http://h").api_key("sk-hush").build().unwrap();
        let error = client.inner.hide(ModelError::new(ModelErrorKind::Unauthorized, "bad key sk-hush"));
        assert_eq!(error.message, "bad key ***");
    }
}
