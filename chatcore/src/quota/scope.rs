//! Over whom it is counted.

use serde::{Deserialize, Serialize};

use crate::id::ApiKeyId;
use crate::subject::Subject;

/// Over whom a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// The user or visitor alone.
    #[default]
    Subject,
    /// All visitors from one network: the prefix of an address.
    Network,
    /// The key of a program alone.
    ApiKey,
    /// Everybody who has the plan.
    Plan,
    /// Everybody.
    Everything,
}

/// Whom a counter counts. Nobody who is counted chooses it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Who {
    /// A user or a visitor.
    Subject(Subject),
    /// A network, as [`Visitor::network`](crate::account::Visitor::network) names it.
    Network(String),
    /// A key of a program.
    ApiKey(ApiKeyId),
    /// A plan, by its id.
    Plan(String),
    /// Everybody.
    Everything,
}

/// What one counter counts: somebody, with all models or with one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScopeKey {
    /// Who.
    pub who: Who,
    /// The model, where it is counted by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}
