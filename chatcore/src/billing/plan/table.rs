//! All plans that there are.

use std::collections::BTreeMap;

use super::{Plan, PlanError, PlanId, StoredPlan};
use crate::subject::Subject;

/// Plans that were found good, and those that everybody has.
///
/// ```
/// use chatcore::billing::{Plan, PlanId, PlanTable};
///
/// let plan: Plan = serde_json::from_str(
///     r#"{"id": "free", "name": "Free", "limits": [{"meter": "messages", "window": "day", "limit": 20}]}"#,
/// ).unwrap();
/// let free = PlanId("free".into());
/// let table = PlanTable::new(vec![plan], Some(free.clone()), None).unwrap();
/// assert_eq!(table.get(&free).unwrap().limits[0].limit, 20);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanTable {
    plans: Vec<Plan>,
    numbers: BTreeMap<PlanId, u64>,
    users: Option<PlanId>,
    visitors: Option<PlanId>,
}

impl PlanTable {
    /// A table of plans, in the order in which they are shown, with the plan of users and that of visitors who have no
    /// other.
    ///
    /// # Errors
    /// [`PlanError`] when one of them cannot be taken.
    pub fn new(plans: Vec<Plan>, users: Option<PlanId>, visitors: Option<PlanId>) -> Result<Self, PlanError> {
        let mut table = Self { plans: Vec::new(), numbers: BTreeMap::new(), users, visitors };
        for plan in plans {
            if table.get(&plan.id).is_some() {
                return Err(PlanError::Twice(plan.id));
            }
            table.expect_fit(&plan)?;
            table.plans.push(plan);
        }
        for id in [&table.users, &table.visitors].into_iter().flatten() {
            let plan = table.get(id).ok_or_else(|| PlanError::Unknown(id.clone()))?;
            if plan.price.is_some() {
                return Err(PlanError::PaidDefault(id.clone()));
            }
        }
        Ok(table)
    }

    /// Refuses a plan that could not stand in this table, in the place of the one with its id.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn expect_fit(&self, plan: &Plan) -> Result<(), PlanError> {
        plan.validate()?;
        let Some(price) = &plan.price else { return Ok(()) };
        if [&self.users, &self.visitors].into_iter().flatten().any(|id| *id == plan.id) {
            return Err(PlanError::PaidDefault(plan.id.clone()));
        }
        match self.sold_at(&price.reference).filter(|other| other.id != plan.id) {
            Some(other) => Err(PlanError::PriceTwice(other.id.clone(), plan.id.clone())),
            None => Ok(()),
        }
    }

    /// The same table with what is stored of plans: their numbers, and plans that take the place of those here or come
    /// behind them.
    #[must_use]
    pub fn with_stored(mut self, mut stored: Vec<StoredPlan>) -> Self {
        stored.sort_by_key(|stored| stored.number);
        for StoredPlan { id, number, plan, .. } in stored {
            self.numbers.insert(id, number);
            let Some(plan) = plan else { continue };
            match self.plans.iter_mut().find(|known| known.id == plan.id) {
                Some(known) => *known = plan,
                None => self.plans.push(plan),
            }
        }
        self
    }

    /// All plans, in order.
    #[must_use]
    pub fn plans(&self) -> &[Plan] {
        &self.plans
    }

    /// The plan of that id.
    #[must_use]
    pub fn get(&self, id: &PlanId) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.id == *id)
    }

    /// The number of a plan, if it was given one.
    #[must_use]
    pub fn number(&self, id: &PlanId) -> Option<u64> {
        self.numbers.get(id).copied()
    }

    /// The plan that is sold at a price, by the name that the gateway has for it.
    #[must_use]
    pub fn sold_at(&self, reference: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.price.as_ref().is_some_and(|price| price.reference == reference))
    }

    /// Whether a plan is that of visitors who have nothing else, and not also that of users.
    #[must_use]
    pub fn is_for_visitors(&self, id: &PlanId) -> bool {
        self.visitors.as_ref() == Some(id) && self.users.as_ref() != Some(id)
    }

    /// What somebody has who has nothing else.
    #[must_use]
    pub fn default_of(&self, subject: Subject) -> Option<&PlanId> {
        match subject {
            Subject::User(_) => self.users.as_ref(),
            Subject::Visitor(_) => self.visitors.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests;
