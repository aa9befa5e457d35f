//! The server that is asked: what is sent, and sent again.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use chatcore::turn::{ModelError, ModelErrorKind};
use futures::StreamExt;
use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::complaint::{Complaint, transport};
use super::http::Timeouts;
use super::retry::{RetryPolicy, asked_wait, is_worth_it};

/// What is read of the body of an error, and of a list of models.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// A server, its key and our patience with it.
pub(super) struct Upstream {
    pub(super) http: reqwest::Client,
    pub(super) base_url: Url,
    pub(super) headers: HeaderMap,
    pub(super) key: Option<SecretString>,
    pub(super) provider: String,
    pub(super) timeouts: Timeouts,
    pub(super) retry: RetryPolicy,
}

/// One attempt that failed.
pub(super) struct Failure {
    pub(super) error: ModelError,
    pub(super) complaint: Complaint,
    again: bool,
}

impl Failure {
    /// The provider said nothing.
    fn unheard(error: ModelError, again: bool) -> Box<Self> {
        Box::new(Self { error, complaint: Complaint::default(), again })
    }
}

impl Upstream {
    /// Some JSON of the server.
    pub(super) async fn get(&self, path: &[&str], query: Option<&str>) -> Result<Value, ModelError> {
        let mut url = self.url(path);
        if query.is_some() && url.query().is_none() {
            url.set_query(query);
        }
        self.json(|| self.http.get(url.clone())).await
    }

    /// The JSON that it answers to some JSON.
    pub(super) async fn post(&self, path: &[&str], body: &Value) -> Result<Value, ModelError> {
        let url = self.url(path);
        self.json(|| self.http.post(url.clone()).json(body)).await
    }

    async fn json(&self, build: impl Fn() -> RequestBuilder) -> Result<Value, ModelError> {
        let response = self.send_again(build).await.map_err(|failure| failure.error)?;
        let body = self.read(response).await.map_err(|error| self.hide(error))?;
        serde_json::from_slice(&body).map_err(|error| {
            ModelError::new(ModelErrorKind::Protocol, "what it says of its models is not JSON").caused_by(error)
        })
    }

    /// Sends until an answer begins, a failure is final or the attempts are used up.
    pub(super) async fn send_again(&self, build: impl Fn() -> RequestBuilder) -> Result<Response, Box<Failure>> {
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
        if response.status().is_success() { Ok(response) } else { Err(self.refusal(response).await) }
    }

    async fn refusal(&self, response: Response) -> Box<Failure> {
        let (headers, status) = (response.headers().clone(), response.status().as_u16());
        let complaint = Complaint::read(&self.read(response).await.unwrap_or_default());
        let again = is_worth_it(status, &headers) && !complaint.is_about_money();
        let mut error = complaint.to_error(Some(status), asked_wait(&headers));
        let id = ["x-request-id", "request-id"].into_iter().find_map(|name| headers.get(name)?.to_str().ok());
        if let Some(id) = id {
            error.message.push_str(&format!(" [request {id}]"));
        }
        Box::new(Failure { error, complaint, again })
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

    /// The address of something below the base URL. A base that ends as the path begins says `v1` once, because both
    /// ways of writing it are in use.
    pub(super) fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        let last = url.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        let skip = usize::from(path.first().is_some_and(|first| *first == last && last == "v1"));
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(&path[skip..]);
        }
        url
    }

    /// Takes the key out of what the provider said, should it have repeated it.
    pub(super) fn hide(&self, mut error: ModelError) -> ModelError {
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

/// The host alone: the address may hold a password, and the headers hold the key.
impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Upstream");
        shown.field("provider", &self.provider).field("host", &self.base_url.host_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Client;
    use super::*;

    #[test]
    fn the_path_is_added_to_whatever_was_given() {
        for (base, url) in [
            ("http://h/v1", "http://h/v1/chat/completions"),
            ("http://h/v1/", "http://h/v1/chat/completions"),
            ("http://h", "http://h/chat/completions"),
            ("http://h/x/?api-version=2", "http://h/x/chat/completions?api-version=2"),
        ] {
            let client = Client::openai(base).build().unwrap();
            assert_eq!(client.inner.upstream.url(&["chat", "completions"]).as_str(), url);
        }
        for base in ["http://h", "http://h/", "http://h/v1", "http://h/v1/"] {
            let client = Client::anthropic(base).build().unwrap();
            assert_eq!(client.inner.upstream.url(&["v1", "messages"]).as_str(), "http://h/v1/messages");
        }
    }

    #[test]
    fn a_key_in_an_error_is_hidden() {
        let client = Client::openai("http://h").api_key("sk-hush").build().unwrap();
        let error = client.inner.upstream.hide(ModelError::new(ModelErrorKind::Unauthorized, "bad key sk-hush"));
        assert_eq!(error.message, "bad key ***");
    }
}
