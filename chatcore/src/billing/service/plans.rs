//! Plans: what there is, and what staff make of it.

use super::{Billing, STEP, expect};
use crate::account::{Caller, Permission};
use crate::audit::{Act, By, Object, ObjectKind};
use crate::billing::gateway::Snapshot;
use crate::billing::plan::{NumberPlan, Plan, PlanId, PlanTable, PutPlan, StoredPlan};
use crate::error::Error;
use crate::store::{Batch, StoreError};

/// A plan, and what the store says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanInForce {
    /// The plan.
    pub plan: Plan,
    /// Counted over all plans.
    pub number: Option<u64>,
    /// How often it was changed in the store; 0 if it never was there.
    pub version: u64,
    /// Whether the store says what it is. Otherwise the configuration does.
    pub is_stored: bool,
}

impl Billing {
    /// All plans: those of the configuration, under and before those of the store.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn book(&self) -> Result<PlanTable, Error> {
        Ok(self.load_book().await?)
    }

    async fn load_book(&self) -> Result<PlanTable, StoreError> {
        let mut stored: Vec<StoredPlan> = Vec::new();
        loop {
            let page = self.store.plans(stored.last().map(|last| &last.id), STEP).await?;
            if page.is_empty() {
                return Ok((*self.table).clone().with_stored(stored));
            }
            stored.extend(page);
        }
    }

    /// Those plans that are sold at the prices of these snapshots.
    pub(super) async fn sold_at(&self, snapshots: &[&Snapshot]) -> Result<Vec<Plan>, StoreError> {
        if snapshots.is_empty() {
            return Ok(Vec::new());
        }
        let book = self.load_book().await?;
        Ok(snapshots.iter().filter_map(|snapshot| book.sold_at(&snapshot.price).cloned()).collect())
    }

    /// Gives every plan of the configuration that has none a number. To be called when the program starts.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn number_plans(&self) -> Result<(), Error> {
        let (book, at) = (self.book().await?, self.clock.now());
        for plan in self.table.plans().iter().filter(|plan| book.number(&plan.id).is_none()) {
            self.store.commit(Batch::of(NumberPlan { id: plan.id.clone(), at })).await?;
        }
        Ok(())
    }

    /// A plan as it is in force, for those who may change it.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`].
    pub async fn see_plan(&self, by: Option<&Caller>, id: &PlanId) -> Result<PlanInForce, Error> {
        expect(by, Permission::Configure)?;
        let book = self.book().await?;
        self.in_force(&book, book.get(id).ok_or(Error::NotFound("plan"))?).await
    }

    /// All plans as they are in force, in the order in which they are offered, for those who may change them.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn see_plans<'a>(&self, by: impl Into<By<'a>>) -> Result<Vec<PlanInForce>, Error> {
        by.into().expect(Permission::Configure)?;
        let (book, mut all) = (self.book().await?, Vec::new());
        for plan in book.plans() {
            all.push(self.in_force(&book, plan).await?);
        }
        Ok(all)
    }

    async fn in_force(&self, book: &PlanTable, plan: &Plan) -> Result<PlanInForce, Error> {
        let stored = self.store.plan(&plan.id).await?;
        let version = stored.as_ref().map_or(0, |stored| stored.version);
        Ok(PlanInForce {
            plan: plan.clone(),
            number: book.number(&plan.id),
            version,
            is_stored: stored.is_some_and(|it| it.plan.is_some()),
        })
    }

    /// Makes a plan, or changes one. `expected` is the version that was seen, 0 for a plan that is to be new.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`]; [`Error::StaleVersion`].
    pub async fn put_plan<'a>(
        &self,
        by: impl Into<By<'a>>,
        plan: Plan,
        expected: Option<u64>,
    ) -> Result<StoredPlan, Error> {
        let by = by.into();
        by.expect(Permission::Configure)?;
        self.book().await?.expect_fit(&plan).map_err(|error| Error::invalid("plan", error.to_string()))?;
        self.change_plan(by, plan.id.clone(), Some(plan), expected).await
    }

    /// Takes a plan out of the store. What the configuration says of it holds again, or it is gone: whoever has it then has
    /// the default one.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`]; [`Error::StaleVersion`].
    pub async fn withdraw_plan<'a>(
        &self,
        by: impl Into<By<'a>>,
        id: PlanId,
        expected: Option<u64>,
    ) -> Result<StoredPlan, Error> {
        let by = by.into();
        by.expect(Permission::Configure)?;
        self.change_plan(by, id, None, expected).await
    }

    async fn change_plan(
        &self,
        by: By<'_>,
        id: PlanId,
        plan: Option<Plan>,
        expected: Option<u64>,
    ) -> Result<StoredPlan, Error> {
        let at = self.clock.now();
        let act = if plan.is_some() { Act::PutPlan } else { Act::WithdrawPlan };
        let draft = by.draft(act, Object::new(ObjectKind::Plan, &id), at)?;
        let change = PutPlan { id: id.clone(), plan, expected, at };
        let done = self.store.commit(Batch::of(self.audited(change, Some(draft)))).await?;
        done.get::<StoredPlan>(&id).cloned().ok_or(Error::NotFound("plan"))
    }
}
