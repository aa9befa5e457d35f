//! What may be bought, and what people have who bought nothing.

use chatcore::billing::{Grace, Plan, PlanId, PlanTable};
use serde::Deserialize;

use super::{ConfigError, LimitSettings};

/// The table `[billing]` of the file, beside the rows of `[[plans]]`.
///
/// ```toml
/// [billing]
/// default_plan = "free"      # of users who bought nothing
/// visitor_plan = "visitor"   # of people without an account
/// grace_days = 7             # how long a plan goes on when a payment fails
///
/// [[plans]]
/// id = "pro"
/// name = "Pro"
/// price = { reference = "price_1Abc", amount = 1900, currency = "usd", interval = "month" }
/// trial_days = 14
/// limits = [{ meter = "messages", window = "calendar_day", limit = 500 }]
/// grants = [{ amount = 10_000_000 }]
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BillingSettings {
    /// The plan of users who have no other.
    pub default_plan: Option<PlanId>,
    /// The plan of visitors.
    pub visitor_plan: Option<PlanId>,
    /// How many days somebody goes on without having paid; a week if it is not said.
    pub grace_days: Option<u32>,
}

/// Plans, and how long somebody goes on without having paid.
#[derive(Debug, Clone, Default)]
pub struct BillingConfig {
    /// The plans.
    pub plans: PlanTable,
    /// How long.
    pub grace: Grace,
}

impl BillingSettings {
    /// These settings, and those of `other` where these say nothing.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            default_plan: self.default_plan.or(other.default_plan),
            visitor_plan: self.visitor_plan.or(other.visitor_plan),
            grace_days: self.grace_days.or(other.grace_days),
        }
    }

    pub(super) fn resolve(mut self, mut plans: Vec<Plan>, limits: LimitSettings) -> Result<BillingConfig, ConfigError> {
        limits.add_to(&mut plans, &mut self.default_plan, &mut self.visitor_plan)?;
        let plans = PlanTable::new(plans, self.default_plan, self.visitor_plan);
        let plans = plans.map_err(|error| ConfigError::Text { name: "plans", reason: error.to_string() })?;
        Ok(BillingConfig { plans, grace: self.grace_days.map_or_else(Grace::default, Grace::days) })
    }
}
