//! What a store keeps of plans: their numbers, and the plans that staff made.

use serde::{Deserialize, Serialize};

use super::{Plan, PlanId};
use crate::clock::Timestamp;
use crate::conversation::{Numbered, next_number};
use crate::store::{Change, Conflict, Kind, Record, Stop, Tx};

/// A plan in the store. Its number stays, whatever becomes of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPlan {
    /// Its id.
    pub id: PlanId,
    /// Counted over all plans, from 1.
    pub number: u64,
    /// What it is. Without, it is what the configuration says, or not there.
    pub plan: Option<Plan>,
    /// How often it was changed.
    pub version: u64,
    /// Since when it has its number.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Record for StoredPlan {
    type Key = PlanId;
    const KIND: Kind = Kind::StoredPlan;

    fn key(&self) -> PlanId {
        self.id.clone()
    }
}

/// A plan gets a number, if it has none.
#[derive(Debug, Clone)]
pub struct NumberPlan {
    /// Which.
    pub id: PlanId,
    /// When.
    pub at: Timestamp,
}

impl Change for NumberPlan {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        if tx.get::<StoredPlan>(&self.id)?.is_some() {
            return Ok(());
        }
        let plan = numbered(tx, &self.id, None, self.at)?;
        tx.insert(plan)
    }
}

fn numbered(tx: &mut Tx<'_>, id: &PlanId, plan: Option<Plan>, at: Timestamp) -> Result<StoredPlan, Stop> {
    let number = next_number(tx, Numbered::Plans)?;
    Ok(StoredPlan { id: id.clone(), number, plan, version: 1, created_at: at, updated_at: at })
}

/// A plan is made, changed or taken out of the store again. Who has it keeps it: what they may do is what the plan of that
/// id says when they do it.
#[derive(Debug, Clone)]
pub struct PutPlan {
    /// Which.
    pub id: PlanId,
    /// What it is from now on; `None` takes it out of the store.
    pub plan: Option<Plan>,
    /// The version that was seen, by whoever does not want to undo what somebody else did.
    pub expected: Option<u64>,
    /// When.
    pub at: Timestamp,
}

impl Change for PutPlan {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let found = tx.get::<StoredPlan>(&self.id)?;
        let version = found.as_ref().map_or(0, |stored| stored.version);
        if self.expected.is_some_and(|expected| expected != version) {
            return Err(Conflict::StaleVersion.into());
        }
        match found {
            // what the configuration says is not the store's to withdraw
            Some(StoredPlan { plan: None, .. }) if self.plan.is_none() => {
                Err(Conflict::Missing(Kind::StoredPlan).into())
            }
            Some(stored) => {
                tx.update(StoredPlan { plan: self.plan.clone(), version: version + 1, updated_at: self.at, ..stored })
            }
            None if self.plan.is_none() => Err(Conflict::Missing(Kind::StoredPlan).into()),
            None => {
                let plan = numbered(tx, &self.id, self.plan.clone(), self.at)?;
                tx.insert(plan)
            }
        }
    }
}
