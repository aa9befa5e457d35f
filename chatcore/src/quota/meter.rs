//! What is counted.

use serde::{Deserialize, Serialize};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Meter {
    /// Messages that somebody sends.
    Messages,
    /// Answers that are asked for: sent, edited, regenerated or gone on with.
    Requests,
    /// Tokens of prompts and answers, of every kind.
    Tokens,
    /// What the tokens cost by the prices of their models, in micro-units of the currency.
    Cost,
    /// Calls to models, tools and verifiers that are made for somebody.
    ApiCalls,
    /// Runs that have not ended. It has no window: it is as it is now.
    ConcurrentRuns,
    /// Bytes that are kept. It has no window either.
    StoredBytes,
}

impl Meter {
    /// All meters.
    pub const ALL: [Self; 7] = [
        Self::Messages,
        Self::Requests,
        Self::Tokens,
        Self::Cost,
        Self::ApiCalls,
        Self::ConcurrentRuns,
        Self::StoredBytes,
    ];

    /// Its name, as in configurations and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
            Self::ApiCalls => "api_calls",
            Self::ConcurrentRuns => "concurrent_runs",
            Self::StoredBytes => "stored_bytes",
        }
    }

    /// Whether it goes down again, and so has no window.
    #[must_use]
    pub const fn is_gauge(self) -> bool {
        matches!(self, Self::ConcurrentRuns | Self::StoredBytes)
    }
}

/// An amount of every meter that adds up over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Amounts {
    /// [`Meter::Messages`].
    pub messages: u64,
    /// [`Meter::Requests`].
    pub requests: u64,
    /// [`Meter::Tokens`].
    pub tokens: u64,
    /// [`Meter::Cost`], in micro-units of the currency.
    pub cost: u64,
    /// [`Meter::ApiCalls`].
    pub api_calls: u64,
}
