//! What a snapshot changes beside the subscription itself: the customer's list, the entitlement and the credit, all in one.

use super::{Grace, Subscription, TransitionError};
use crate::account::{AccountState, User};
use crate::billing::customer::Customer;
use crate::billing::entitlement::edit;
use crate::billing::gateway::{Snapshot, SnapshotStatus};
use crate::billing::inbox::{ObjectKind, PaymentObject};
use crate::billing::plan::{Plan, PlanId};
use crate::clock::Timestamp;
use crate::store::{Change, Stop, Tx};
use crate::subject::Subject;

/// What snapshots are judged by.
#[derive(Debug, Clone)]
pub(in crate::billing) struct Ground {
    /// The plans that are sold at the prices in question.
    pub(in crate::billing) plans: Vec<Plan>,
    pub(in crate::billing) grace: Grace,
    /// Whether the store keeps accounts.
    pub(in crate::billing) knows_accounts: bool,
    pub(in crate::billing) at: Timestamp,
}

/// Why nothing comes of what somebody pays for whose account is deleted: they would have no use of it, and somebody has to
/// end it at the gateway.
pub(in crate::billing) const GONE: &str = "the account of who pays is deleted: end it at the gateway, and pay back";

impl Ground {
    fn sold_at(&self, price: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.price.as_ref().is_some_and(|it| it.reference == price))
    }

    /// Whether somebody's account is deleted.
    pub(in crate::billing) fn is_gone(&self, tx: &mut Tx<'_>, subject: Subject) -> Result<bool, Stop> {
        match subject {
            Subject::User(id) if self.knows_accounts => {
                Ok(tx.get::<User>(&id)?.is_some_and(|user| user.state == AccountState::Deleted))
            }
            Subject::User(_) | Subject::Visitor(_) => Ok(false),
        }
    }
}

/// What became of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::billing) enum Followed {
    Applied,
    /// It is applied but for the credit that comes with its period, which the ledger does not take, and why.
    Uncredited(String),
    /// The subscription is over: nothing more comes of it.
    Ended,
    /// It cannot be applied as things are, and why.
    Parked(String),
}

fn parked(reason: impl Into<String>) -> Result<Followed, Stop> {
    Ok(Followed::Parked(reason.into()))
}

/// Applies a snapshot. `told` is one that an event told, where another was found at the gateway: its period counts too.
pub(in crate::billing) fn follow(
    tx: &mut Tx<'_>,
    snapshot: &Snapshot,
    told: Option<&Snapshot>,
    ground: &Ground,
) -> Result<Followed, Stop> {
    let object = tx.get::<PaymentObject>(&(ObjectKind::Customer, snapshot.customer.clone()));
    let found = tx.get::<Subscription>(&snapshot.id);
    let (object, found) = (object?, found?);
    let Some(subject) = object.and_then(|object| object.subject) else {
        return parked(format!("nobody is the customer `{}`", snapshot.customer));
    };
    let Some(customer) = tx.get::<Customer>(&subject)? else {
        return parked(format!("{subject} is no customer"));
    };
    let Some(plan) = plan_of(snapshot, found.as_ref(), ground) else {
        return parked(format!("no plan is sold at the price `{}`", snapshot.price));
    };
    let next = match &found {
        Some(found) => found.advance(snapshot, plan, ground.grace, ground.at),
        None => Subscription::begin(snapshot, subject, plan, ground.grace, ground.at),
    };
    let mut next = match next {
        Ok(next) => next,
        Err(TransitionError::Ended) => return Ok(Followed::Ended),
        Err(error) => return parked(error.to_string()),
    };
    // what ends is taken over, so that a subscription that somebody ended is over here, too
    if next.goes_on() && ground.is_gone(tx, subject)? {
        return parked(GONE);
    }
    if found.is_none() && customer.subscriptions.len() >= Customer::MAX_SUBSCRIPTIONS {
        return parked("the customer has too many subscriptions");
    }
    let mut uncredited = None;
    for seen in [Some(snapshot), told].into_iter().flatten() {
        let Some(plan) = ground.sold_at(&seen.price) else { continue };
        let mut credited = next.clone();
        match refused(credited.credit(tx, seen, plan, ground.at))? {
            None => next = credited,
            reason => uncredited = reason,
        }
    }
    refold(tx, customer, next, found.is_none(), ground.at)?;
    Ok(uncredited.map_or(Followed::Applied, Followed::Uncredited))
}

/// What was bought. What is known already stays so when its price is sold no more.
fn plan_of(snapshot: &Snapshot, found: Option<&Subscription>, ground: &Ground) -> Option<PlanId> {
    let known = found.filter(|known| known.price == snapshot.price || snapshot.status == SnapshotStatus::Canceled);
    let sold = ground.sold_at(&snapshot.price).map(|plan| plan.id.clone());
    known.map(|known| known.plan.clone()).filter(|_| sold.is_none()).or(sold)
}

/// Why the ledger does not take something, if it does not. What it took before that it takes once, when this is tried again.
pub(in crate::billing) fn refused(booked: Result<(), Stop>) -> Result<Option<String>, Stop> {
    match booked {
        Ok(()) => Ok(None),
        Err(Stop::Conflict(conflict)) => Ok(Some(conflict.to_string())),
        Err(Stop::Need) => Err(Stop::Need),
    }
}

/// A snapshot comes too late to say how things are, but its period was there all the same: its credit is given, or it is
/// said why not.
pub(in crate::billing) fn note_period(
    tx: &mut Tx<'_>,
    snapshot: &Snapshot,
    ground: &Ground,
) -> Result<Option<String>, Stop> {
    let Some(found) = tx.get::<Subscription>(&snapshot.id)? else { return Ok(None) };
    let Some(plan) = ground.sold_at(&snapshot.price) else { return Ok(None) };
    let mut next = found.clone();
    let reason = refused(next.credit(tx, snapshot, plan, ground.at))?;
    if reason.is_none() && next != found {
        tx.update(Subscription { version: next.version + 1, ..next })?;
    }
    Ok(reason)
}

/// Writes a subscription, and what follows from all of the customer's.
fn refold(tx: &mut Tx<'_>, customer: Customer, next: Subscription, new: bool, at: Timestamp) -> Result<(), Stop> {
    let others: Vec<String> = customer.subscriptions.iter().filter(|id| **id != next.id).cloned().collect();
    tx.prefetch::<Subscription>(others.iter().cloned())?;
    let mut all = Vec::with_capacity(others.len() + 1);
    for id in &others {
        all.extend(tx.get::<Subscription>(id)?);
    }
    all.push(next.clone());
    let mut live = others;
    if !next.has_ended() {
        live.push(next.id.clone());
        live.sort_unstable();
    }
    let basis = Subscription::best(&all).and_then(|best| best.basis(at));
    edit(tx, customer.subject, at, |entitlement| entitlement.subscribe(basis, at))?;
    if live != customer.subscriptions {
        tx.update(Customer { subscriptions: live, ..customer })?;
    }
    if new { tx.insert(next) } else { tx.update(next) }
}

/// A subscription that nothing was heard of for too long stands still. One that was heard of meanwhile is passed over.
#[derive(Debug, Clone)]
pub struct LapseSubscription {
    /// Which.
    pub id: String,
    /// When.
    pub at: Timestamp,
}

impl Change for LapseSubscription {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Some(found) = tx.get::<Subscription>(&self.id)? else { return Ok(()) };
        let Some(next) = found.lapse(self.at) else { return Ok(()) };
        let customer = tx.require::<Customer>(&found.subject)?;
        refold(tx, customer, next, false, self.at)
    }
}
