//! Why a model did not answer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Why there is no (more) answer.
#[derive(Debug, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct ModelError {
    /// What kind of failure: callers decide on this.
    pub kind: ModelErrorKind,
    /// What happened, for the person who runs the server. Never contains keys.
    pub message: String,
    /// How long the provider asks to be left alone.
    pub retry_after: Option<Duration>,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ModelError {
    /// An error of a kind with a message.
    pub fn new(kind: ModelErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, source: None }
    }

    /// With what lies beneath.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// With the time that the provider asks for.
    #[must_use]
    pub fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }
}

/// Kinds of [`ModelError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelErrorKind {
    /// No such model.
    UnknownModel,
    /// The provider found the request wrong.
    BadRequest,
    /// The provider does not take our key.
    Unauthorized,
    /// Too many requests, or no money left with the provider.
    RateLimited,
    /// The prompt is longer than the model can read.
    ContextTooLong,
    /// The provider is unreachable, overloaded or broken.
    Unavailable,
    /// Nothing came for too long.
    Timeout,
    /// The stream broke off before its end.
    Interrupted,
    /// The provider said something that makes no sense.
    Protocol,
}

impl std::fmt::Display for ModelErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UnknownModel => "unknown model",
            Self::BadRequest => "request refused",
            Self::Unauthorized => "not authorized",
            Self::RateLimited => "rate limited",
            Self::ContextTooLong => "prompt too long",
            Self::Unavailable => "model unavailable",
            Self::Timeout => "timed out",
            Self::Interrupted => "broke off",
            Self::Protocol => "answer not understood",
        })
    }
}
