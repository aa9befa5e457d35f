//! What may be bought, or is had for nothing.

mod check;
mod stored;
mod table;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use check::PlanError;
pub(crate) use check::check_rules;
pub use stored::{NumberPlan, PutPlan, StoredPlan};
pub use table::PlanTable;

use crate::quota::LimitRule;
use crate::store::OrderedKey;

/// The id of a plan: a short word that whoever runs the service chooses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanId(pub String);

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl OrderedKey for PlanId {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        String::read(input).map(Self)
    }
}

/// What somebody who has it may do, and what they get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// Its name for people.
    pub name: String,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it costs; nothing if it is not sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<PlanPrice>,
    /// For how many days somebody may try it before they pay.
    #[serde(default)]
    pub trial_days: u32,
    /// How much may be used.
    #[serde(default)]
    pub limits: Vec<LimitRule>,
    /// The credit that comes with it.
    #[serde(default)]
    pub grants: Vec<PlanGrant>,
}

/// What a plan costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanPrice {
    /// Whoever takes the money knows it by this name: `price_...` at Stripe.
    pub reference: String,
    /// How much, in the smallest units of the currency (cents, say).
    pub amount: u64,
    /// ISO 4217, in lower case: `usd`.
    pub currency: String,
    /// For how long.
    pub interval: Interval,
}

/// How often a plan is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Interval {
    Day,
    Week,
    Month,
    Year,
}

/// Credit that comes with a plan, once for each period of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanGrant {
    /// How much, in micro-units of credit.
    pub amount: u64,
    /// Credit of a lower number is used first.
    #[serde(default)]
    pub priority: u8,
    /// Whether what is left at the end of the period is kept.
    #[serde(default)]
    pub keeps: bool,
}
