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
    #[serde(skip_serializing_if = "is_zero")]
    pub messages: u64,
    /// [`Meter::Requests`].
    #[serde(skip_serializing_if = "is_zero")]
    pub requests: u64,
    /// [`Meter::Tokens`].
    #[serde(skip_serializing_if = "is_zero")]
    pub tokens: u64,
    /// [`Meter::Cost`], in micro-units of the currency.
    #[serde(skip_serializing_if = "is_zero")]
    pub cost: u64,
    /// [`Meter::ApiCalls`].
    #[serde(skip_serializing_if = "is_zero")]
    pub api_calls: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in a reference")]
pub(crate) const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Amounts {
    /// How much of a meter; nothing of one that does not add up.
    #[must_use]
    pub const fn of(&self, meter: Meter) -> u64 {
        match meter {
            Meter::Messages => self.messages,
            Meter::Requests => self.requests,
            Meter::Tokens => self.tokens,
            Meter::Cost => self.cost,
            Meter::ApiCalls => self.api_calls,
            Meter::ConcurrentRuns | Meter::StoredBytes => 0,
        }
    }

    /// Both together. What is more than a counter holds is the most that it holds.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.with(other, |one, two| one.saturating_add(two).min(MOST))
    }

    /// This without that; nothing where that is more.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.with(other, u64::saturating_sub)
    }

    fn with(self, other: Self, both: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            messages: both(self.messages, other.messages),
            requests: both(self.requests, other.requests),
            tokens: both(self.tokens, other.tokens),
            cost: both(self.cost, other.cost),
            api_calls: both(self.api_calls, other.api_calls),
        }
    }

    /// Whether there is nothing of any meter.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What every store keeps: a signed 64-bit column.
const MOST: u64 = i64::MAX as u64;

/// What somebody wants to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Demand {
    /// Of the meters that add up.
    pub amounts: Amounts,
    /// Runs more.
    pub runs: u64,
    /// Bytes more.
    pub bytes: u64,
}

impl Demand {
    /// How much of a meter.
    #[must_use]
    pub const fn of(&self, meter: Meter) -> u64 {
        match meter {
            Meter::ConcurrentRuns => self.runs,
            Meter::StoredBytes => self.bytes,
            _ => self.amounts.of(meter),
        }
    }
}
