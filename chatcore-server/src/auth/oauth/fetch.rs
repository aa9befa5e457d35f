//! Requests to providers, bounded in time and size.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde::de::DeserializeOwned;

use super::error::{Ask, OAuthError};

/// What a provider may take of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a request may take, its answer included.
    pub timeout: Duration,
    /// How long an answer may be.
    pub max_bytes: usize,
}

impl Default for Limits {
    /// Ten seconds, 256 KiB.
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), max_bytes: 256 * 1024 }
    }
}

/// A client for providers.
pub(super) struct Fetch {
    pub(super) client: Client,
    max_bytes: usize,
}

impl Fetch {
    pub(super) fn new(limits: Limits) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(concat!("chatcore/", env!("CARGO_PKG_VERSION")))
            .timeout(limits.timeout)
            // following it would carry a code or a secret to another place
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { client, max_bytes: limits.max_bytes })
    }

    /// The answer to a request, whatever its status.
    pub(super) async fn answer(&self, what: Ask, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), OAuthError> {
        // addresses hold no secrets as a rule, but nobody promised that
        let unreachable = |error: reqwest::Error| OAuthError::Unreachable { what, source: error.without_url() };
        let mut response = request.header("accept", "application/json").send().await.map_err(unreachable)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > self.max_bytes {
                return Err(OAuthError::TooLarge(what));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((response.status(), body))
    }

    /// What a request is answered with, if that is a success.
    pub(super) async fn json<T: DeserializeOwned>(&self, what: Ask, request: RequestBuilder) -> Result<T, OAuthError> {
        match self.answer(what, request).await? {
            (StatusCode::OK, body) => parse(what, &body),
            (status, _) => Err(OAuthError::Status { what, status: status.as_u16() }),
        }
    }

    /// What is at an address.
    pub(super) async fn get<T: DeserializeOwned>(&self, what: Ask, url: &str) -> Result<T, OAuthError> {
        self.json(what, self.client.get(url)).await
    }
}

/// Reads JSON. The parser's own error would quote it.
pub(super) fn parse<T: DeserializeOwned>(what: Ask, body: &[u8]) -> Result<T, OAuthError> {
    serde_json::from_slice(body).map_err(|_| OAuthError::Malformed(what))
}
