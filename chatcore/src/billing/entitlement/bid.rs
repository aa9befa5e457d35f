//! What a run wants to use, and what the rules say of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Entitlement;
use super::terms::Terms;
use crate::account::Visitor;
use crate::billing::ledger::{Credit, Wallet, hold_money};
use crate::billing::{Plan, PlanId, StoredPlan};
use crate::clock::Timestamp;
use crate::id::ApiKeyId;
use crate::quota::{Counter, Demand, LimitRule, ScopeKey, Verdict, Whom, Zone};
use crate::store::{Batch, Change, Conflict, Group, Loaded, Stop, Store, StoreError, StoreErrorKind, Tx};
use crate::subject::Subject;

/// What somebody wants to use.
#[derive(Debug, Clone)]
pub(crate) struct Bid {
    pub(crate) terms: Arc<Terms>,
    pub(crate) subject: Subject,
    /// The key of a program, if it came with one.
    pub(crate) api_key: Option<ApiKeyId>,
    /// The model that is to be asked; none if it is only about how things stand.
    pub(crate) model: Option<String>,
    pub(crate) demand: Demand,
    /// Rules beside those of the plan, to learn what was used.
    pub(crate) also: Vec<LimitRule>,
    /// Credit that it may cost.
    pub(crate) money: Credit,
    pub(crate) at: Timestamp,
}

/// By what a bid is judged.
pub(super) struct Standing {
    pub(super) whom: Whom,
    pub(super) zone: Zone,
    rules: Vec<LimitRule>,
    /// Rules of their own, whatever the plan is.
    own: Vec<LimitRule>,
    /// The most that they want to spend in a month.
    pub(super) cap: Option<Credit>,
    pub(super) counters: BTreeMap<ScopeKey, Option<Counter>>,
}

/// Who a visitor has become, if it is somebody else. What counts for the visitor counts for them.
pub(super) fn follow(tx: &mut Tx<'_>, terms: &Terms, subject: Subject) -> Result<(Subject, Option<Visitor>), Stop> {
    let Subject::Visitor(id) = subject else { return Ok((subject, None)) };
    let visitor = if terms.knows_visitors { tx.get::<Visitor>(&id)? } else { None };
    let user = visitor.as_ref().and_then(|visitor| visitor.merged_into);
    Ok((user.map_or(subject, Subject::User), visitor))
}

/// What somebody is entitled to, if the store keeps that.
pub(super) fn entitled(tx: &mut Tx<'_>, terms: &Terms, subject: Subject) -> Result<Option<Entitlement>, Stop> {
    if terms.knows_billing { tx.get::<Entitlement>(&subject) } else { Ok(None) }
}

/// Where somebody lives. A zone that is known no more is as none.
pub(super) fn zone(entitlement: Option<&Entitlement>) -> Zone {
    let name = entitlement.and_then(|entitlement| entitlement.time_zone.as_deref());
    name.and_then(|name| Zone::named(name).ok()).unwrap_or(Zone::UTC)
}

impl Bid {
    /// Sets the credit aside, or refuses.
    pub(super) fn pay(&self, tx: &mut Tx<'_>, standing: &Standing) -> Result<(), Stop> {
        hold_money(tx, standing.whom.subject, self.money, standing.cap, &self.terms.credit, self.at)
    }

    /// Finds out who it is, what plan they have, and what they used.
    pub(super) fn look(&self, tx: &mut Tx<'_>) -> Result<Standing, Stop> {
        let (subject, visitor) = follow(tx, &self.terms, self.subject)?;
        if self.money > Credit::ZERO {
            // asked for now, so that it comes together with the counters
            let _ = tx.get::<Wallet>(&subject);
        }
        let entitlement = entitled(tx, &self.terms, subject)?;
        let own = entitlement.as_ref().map(|it| it.overrides.clone()).unwrap_or_default();
        let cap = entitlement
            .as_ref()
            .and_then(|it| it.cap)
            .map(|cap| Credit::from_micros(i64::try_from(cap).unwrap_or(i64::MAX)));
        let zone = zone(entitlement.as_ref());
        let id = entitlement.as_ref().and_then(|it| it.plan_at(self.at)).or(self.terms.plans.default_of(subject));
        let plan = match id {
            Some(id) => self.plan(tx, id)?,
            None => None,
        };
        let network = visitor.filter(|visitor| visitor.merged_into.is_none()).map(|visitor| visitor.network);
        let whom = Whom {
            subject,
            network,
            api_key: self.api_key,
            plan: plan.as_ref().map(|plan| plan.id.0.clone()),
            model: self.model.clone(),
        };
        let mut rules = LimitRule::overridden(plan.as_ref().map_or(&[], |plan| &plan.limits), &own);
        rules.extend(self.also.iter().cloned());
        let counters = load(tx, whom.keys(&rules))?;
        Ok(Standing { whom, zone, rules, own, cap, counters })
    }

    /// A plan as it is stored, or as the table has it.
    fn plan(&self, tx: &mut Tx<'_>, id: &PlanId) -> Result<Option<Plan>, Stop> {
        let stored = if self.terms.knows_billing { tx.get::<StoredPlan>(id)? } else { None };
        Ok(stored.and_then(|stored| stored.plan).or_else(|| self.terms.plans.get(id).cloned()))
    }

    /// What the rules say.
    pub(super) fn judge(&self, tx: &mut Tx<'_>, standing: &Standing) -> Result<Verdict, Stop> {
        let Standing { whom, zone, rules, own, counters, .. } = standing;
        let find = |key: &ScopeKey| counters.get(key).and_then(Option::as_ref);
        let mut verdict = whom.judge(rules, &self.demand, zone, self.at, find);
        if !verdict.allowed {
            verdict.next_plan = self.next_plan(tx, whom, zone, own)?.map(|id| id.0);
        }
        Ok(verdict)
    }

    /// The next plan, in the order in which they are offered, by which it would be allowed.
    fn next_plan(&self, tx: &mut Tx<'_>, whom: &Whom, zone: &Zone, own: &[LimitRule]) -> Result<Option<PlanId>, Stop> {
        let plans = self.terms.plans.plans();
        let present = plans.iter().position(|plan| Some(&plan.id.0) == whom.plan.as_ref());
        for plan in plans.iter().skip(present.map_or(0, |at| at + 1)) {
            let Some(plan) = self.plan(tx, &plan.id)? else { continue };
            let whom = Whom { plan: Some(plan.id.0.clone()), ..whom.clone() };
            let rules = LimitRule::overridden(&plan.limits, own);
            let counters = load(tx, whom.keys(&rules))?;
            let find = |key: &ScopeKey| counters.get(key).and_then(Option::as_ref);
            if whom.judge(&rules, &self.demand, zone, self.at, find).allowed {
                return Ok(Some(plan.id));
            }
        }
        Ok(None)
    }

    /// What the rules would say now, and whether there is credit enough. Nothing is held.
    pub(crate) async fn preview(self, store: &dyn Store) -> Result<(Verdict, bool), StoreError> {
        let mut group = Group::new(vec![Batch::of(Judge(self.clone())), Batch::of(Pay(self))]).careful();
        while let Some(keys) = group.step() {
            let mut loaded = Loaded::default();
            let scopes: Vec<ScopeKey> = keys.counters.iter().cloned().collect();
            loaded.counters = store.counters(&scopes).await?;
            for id in &keys.visitors {
                loaded.visitors.extend(store.visitor(*id).await?);
            }
            for subject in &keys.entitlements {
                loaded.entitlements.extend(store.entitlement(*subject).await?);
            }
            for id in &keys.plans {
                loaded.plans.extend(store.plan(id).await?);
            }
            for owner in &keys.wallets {
                loaded.wallets.extend(store.wallet(*owner).await?);
            }
            group.give(loaded);
        }
        let mut answers = group.finish().into_iter();
        let (judged, paid) = (answers.next().and_then(Result::err), answers.next());
        let covered = match paid {
            Some(Err(error)) => match error.conflict() {
                Some(Conflict::InsufficientCredit { .. } | Conflict::CapReached { .. }) => false,
                _ => return Err(error),
            },
            _ => true,
        };
        match judged.as_ref().and_then(StoreError::conflict) {
            Some(Conflict::OverLimit(verdict)) => Ok(((**verdict).clone(), covered)),
            _ => Err(judged.unwrap_or_else(|| StoreError::new(StoreErrorKind::NotApplied, "preview"))),
        }
    }
}

/// The counters of these scopes, in one round.
fn load(
    tx: &mut Tx<'_>,
    keys: impl IntoIterator<Item = ScopeKey> + Clone,
) -> Result<BTreeMap<ScopeKey, Option<Counter>>, Stop> {
    tx.prefetch::<Counter>(keys.clone())?;
    keys.into_iter().map(|key| Ok((key.clone(), tx.get::<Counter>(&key)?))).collect()
}

/// Says what a bid would be told, and changes nothing: it refuses in any case.
#[derive(Debug)]
struct Judge(Bid);

impl Change for Judge {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let standing = self.0.look(tx)?;
        let verdict = self.0.judge(tx, &standing)?;
        Err(Conflict::OverLimit(Box::new(verdict)).into())
    }
}

/// Sets the credit of a bid aside: in a group that is not written.
#[derive(Debug)]
struct Pay(Bid);

impl Change for Pay {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let standing = self.0.look(tx)?;
        self.0.pay(tx, &standing)
    }
}
