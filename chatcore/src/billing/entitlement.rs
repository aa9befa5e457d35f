//! What somebody is entitled to, from when to when. Payments, ledger and limits meet here.

mod bid;
mod hold;
mod merge;
mod place;
mod settle;
mod terms;

pub(crate) use bid::Bid;
pub use hold::Hold;
pub use merge::MergeUsage;
pub(crate) use place::{GrowHold, PlaceHold, moved};
pub(crate) use settle::{RevisitHold, SettleHold, Spent};
pub use terms::{AbortPolicy, Terms};

use serde::{Deserialize, Serialize};

use super::plan::PlanId;
use crate::clock::Timestamp;
use crate::quota::LimitRule;
use crate::subject::Subject;

/// What somebody is entitled to. Whoever has none has the default plan of users or of visitors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlement {
    /// Who.
    pub subject: Subject,
    /// Their plan; none is the default one.
    pub plan: Option<PlanId>,
    /// Where the plan comes from.
    pub source: Source,
    /// Since when.
    pub since: Timestamp,
    /// Until when, if it ends by itself; from then on it is the default plan.
    pub until: Option<Timestamp>,
    /// Rules of their own: each takes the place of those of the plan with the same meter, window, scope and model.
    #[serde(default)]
    pub overrides: Vec<LimitRule>,
    /// The most of their balance that they want to spend in a calendar month, in micro-units of credit.
    #[serde(default)]
    pub cap: Option<u64>,
    /// Their time zone, by its name in the IANA database; UTC if none.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// How often it was changed.
    pub version: u64,
}

/// Where a plan comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// Everybody has it.
    Default,
    /// A subscription, by its id at whoever takes the money.
    Subscription(String),
    /// Somebody who runs the service gave it.
    Staff,
}
