//! Requests to Stripe, and what becomes of them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chatcore::billing::gateway::GatewayError;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use stripe::{ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};

use super::{SetUpError, read};
use crate::config::StripeConfig;

/// The longest name of a request.
const LONGEST_NAME: usize = 255;

/// Why there is no answer.
pub(super) enum Failure {
    /// There is nothing of that name.
    Missing(String),
    /// Anything else.
    Other(GatewayError),
}

impl From<Failure> for GatewayError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Missing(reason) => Self::Refused(reason),
            Failure::Other(error) => error,
        }
    }
}

/// What async-stripe says, in a line: its own errors hold whole objects.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unanswered(String);

/// A client for one account. It asks once: whoever asks again does so under the same name, so that nothing happens twice.
pub(super) struct Client(stripe::Client);

impl Client {
    pub(super) fn new(config: &StripeConfig, timeout: Duration) -> Result<Self, SetUpError> {
        let builder = ClientBuilder::new(config.secret_key.expose_secret());
        let builder = match &config.api_base {
            // it puts its paths directly behind
            Some(base) => builder.url(format!("{}/", base.trim_end_matches('/'))),
            None => builder,
        };
        builder.timeout(timeout).build().map(Self).map_err(|_| SetUpError::Malformed)
    }

    /// Asks for something that changes nothing, or that has no name.
    pub(super) async fn ask<T: DeserializeOwned>(&self, request: &impl StripeRequest) -> Result<T, Failure> {
        self.send(request, RequestStrategy::Once).await
    }

    /// Asks for something to be done once. Names are told apart by what is asked for: Stripe refuses one that it knows from
    /// another address.
    pub(super) async fn once<T: DeserializeOwned>(
        &self,
        request: &impl StripeRequest,
        what: &str,
        name: &str,
    ) -> Result<T, Failure> {
        let key = IdempotencyKey::new(fitting(format!("{what}:{name}")));
        let key = key.map_err(|error| Failure::Other(GatewayError::Refused(error.to_string())))?;
        self.send(request, RequestStrategy::Idempotent(key)).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: &impl StripeRequest,
        strategy: RequestStrategy,
    ) -> Result<T, Failure> {
        let request = request.build().customize::<miniserde::json::Value>().request_strategy(strategy);
        let answer = request.send(&self.0).await.map_err(failure)?;
        // async-stripe parses with miniserde, we read with serde, and an answer is small
        let unreadable = |reason| Failure::Other(GatewayError::Unreadable { event: None, reason });
        let value: Value = serde_json::from_str(&miniserde::json::to_string(&answer))
            .map_err(|error| unreadable(error.to_string()))?;
        read::parse(value).map_err(unreadable)
    }
}

/// A name as Stripe takes it: visible ASCII, 255 characters at most. Another one is replaced by its digest.
fn fitting(name: String) -> String {
    let fits = name.len() <= LONGEST_NAME && name.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { name } else { format!("sha256:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(name))) }
}

fn failure(error: StripeError) -> Failure {
    let unavailable = |reason| Failure::Other(GatewayError::Unavailable(Box::new(Unanswered(reason))));
    match error {
        StripeError::Stripe(error, status) => {
            let message = error.message.unwrap_or_default();
            match status {
                404 => Failure::Missing(message),
                // somebody else is at it, something is slow, or there were too many requests: that passes
                // (https://docs.stripe.com/error-low-level)
                409 | 424 | 429 | 500.. => unavailable(format!("status {status}: {message}")),
                _ => Failure::Other(GatewayError::Refused(message)),
            }
        }
        StripeError::ConfigError(reason) => Failure::Other(GatewayError::Refused(reason)),
        StripeError::Timeout => unavailable("no answer in time".to_owned()),
        // among them what proxies say, whose status it does not tell: whether it was done is not known, so it may be tried
        // again
        StripeError::JSONDeserialize(reason) | StripeError::ClientError(reason) => unavailable(reason),
    }
}
