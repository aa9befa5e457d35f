//! The terms under which turns are let through.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::billing::PlanTable;
use crate::billing::ledger::{CreditRules, PriceTable};
use crate::store::{Domain, Store};
use crate::turn::{ModelInfo, Prices, UsageByModel};

/// The terms of a service: its plans, and how what is used is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// All plans, in the order in which they are offered, and those of whoever has no other. One that is stored takes the
    /// place of one here.
    pub plans: PlanTable,
    /// How much of an answer counts that did not come to its end.
    pub abort: AbortPolicy,
    /// What is charged for.
    pub prices: PriceTable,
    /// What holds for everybody's credit.
    pub credit: CreditRules,
    /// What the tokens of models cost whoever runs the service: [`Meter::Cost`](crate::quota::Meter::Cost).
    pub(crate) costs: BTreeMap<String, Prices>,
    /// Whether the store knows visitors, so that what is held for one may be found to be a user's.
    pub(crate) knows_visitors: bool,
    /// Whether the store keeps what people are entitled to.
    pub(crate) knows_billing: bool,
}

/// How long a hold stands before somebody looks whether its run still goes on. A run that ends settles it by itself.
pub(crate) const LOOK_AFTER: Duration = Duration::from_secs(60);

/// How much of an answer counts that did not come to its end: stopped, failed, or its process died. What the provider
/// itself reported, with nothing said since, counts as it is; otherwise what was said is counted. A prompt that
/// was read counts in any case; an answer of which nothing came does not count at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum AbortPolicy {
    /// All that came, whether or not it was kept.
    #[default]
    Generated,
    /// What was kept: less than what came, if whoever stopped it had not seen all.
    Delivered,
    /// The provider is heard out after a stop, for its own report; nobody sees what it says. All that came counts if there is
    /// none: after so long or so much, or if the answer ended otherwise than by a stop.
    Drain {
        /// For how long, in milliseconds; [`AbortPolicy::LONGEST_DRAIN`] at most.
        max_ms: u64,
        /// Tokens at most.
        max_tokens: u64,
    },
    /// All that came, and so many hundredths of a percent more, for what providers charge beyond it.
    Surcharge {
        /// Hundredths of a percent.
        bps: u32,
    },
}

impl AbortPolicy {
    /// Nobody waits longer than this for a report: a run that shows no sign of life is taken for dead soon after.
    pub const LONGEST_DRAIN: Duration = Duration::from_secs(10);
}

impl Terms {
    /// Terms with these plans.
    #[must_use]
    pub fn new(plans: PlanTable) -> Self {
        Self {
            plans,
            abort: AbortPolicy::default(),
            prices: PriceTable::free(),
            credit: CreditRules::default(),
            costs: BTreeMap::new(),
            knows_visitors: false,
            knows_billing: false,
        }
    }

    /// With another policy about answers that do not come to their end.
    #[must_use]
    pub fn abort(mut self, abort: AbortPolicy) -> Self {
        self.abort = abort;
        self
    }

    /// With these prices for what is used, and rules for the credit that it is paid with. A run is charged by the prices of
    /// the model that was asked, whoever stepped in.
    #[must_use]
    pub fn charging(mut self, prices: PriceTable, credit: CreditRules) -> Self {
        (self.prices, self.credit) = (prices, credit);
        self
    }

    /// With what is known of models, and of what the store keeps.
    pub(crate) fn knowing<'a>(mut self, models: impl Iterator<Item = &'a ModelInfo>, store: &dyn Store) -> Self {
        self.costs = models.filter_map(|info| Some((info.id.clone(), info.prices?))).collect();
        self.knows_visitors = store.supports(Domain::Accounts);
        self.knows_billing = store.supports(Domain::Billing);
        self
    }

    /// What that usage costs, in micro-units of the currency. Models without prices cost nothing.
    pub(crate) fn cost(&self, usage: &UsageByModel) -> u64 {
        let each = usage.iter().filter_map(|(model, usage)| Some(self.costs.get(model)?.cost(&usage)));
        each.fold(0, u64::saturating_add)
    }
}
