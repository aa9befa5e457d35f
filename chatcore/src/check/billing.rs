//! Customers, their subscriptions, and what follows from these.

use std::collections::BTreeSet;

use super::changes::{Absent, Insert, Same, Swap};
use super::finding::{Finding, Group};
use super::pages::{Pages, readable};
use super::walk::Walk;
use crate::billing::{
    Basis, Customer, Entitlement, ObjectKind, PaymentEvent, PaymentObject, Source, StoredPlan, Subscription,
};
use crate::conversation::Numbered;
use crate::store::{Batch, Store, StoreError};
use crate::subject::Subject;

pub(super) async fn check(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let mut plans = Pages::<StoredPlan>::new();
    while let Some(plan) = plans.next(walk).await? {
        walk.folds.see(Numbered::Plans, plan.number);
    }
    let (mut subscriptions, mut known) = (Pages::<Subscription>::new(), BTreeSet::new());
    while let Some(subscription) = subscriptions.next(walk).await? {
        watched(walk, &subscription).await?;
        has_customer(walk, subscription, &mut known).await?;
    }
    let mut customers = Pages::<Customer>::new();
    while let Some(customer) = customers.next(walk).await? {
        linked(walk, &customer).await?;
        let Some(all) = subscriptions_of(walk.store, customer.subject).await? else { continue };
        entitled(walk, customer.subject, &all).await?;
        listed(walk, customer, &all).await?;
    }
    // that these can be read is all: what they rest on was looked at above
    let mut entitlements = Pages::<Entitlement>::new();
    while entitlements.next(walk).await?.is_some() {}
    let mut objects = Pages::<PaymentObject>::new();
    while objects.next(walk).await?.is_some() {}
    let mut events = Pages::<PaymentEvent>::new();
    while events.next(walk).await?.is_some() {}
    Ok(())
}

/// All subscriptions of somebody; `None` when they cannot be read.
async fn subscriptions_of(store: &dyn Store, subject: Subject) -> Result<Option<Vec<Subscription>>, StoreError> {
    readable(store.subscriptions(subject, None, usize::MAX).await)
}

/// The order of events about a subscription is kept somewhere.
async fn watched(walk: &mut Walk<'_>, one: &Subscription) -> Result<(), StoreError> {
    let (kind, key) = (ObjectKind::Subscription, (ObjectKind::Subscription, one.id.clone()));
    if let Some(None) = readable(walk.store.payment_object(kind, &one.id).await)? {
        let finding = Finding::on::<Subscription>("subscription_unwatched", &one.id, "no order of its events is kept");
        // whatever comes next is newer, or looked up
        let object = PaymentObject { version: 1, ..PaymentObject::new(kind, &one.id) };
        let mend = Batch::of(Same(one.clone())).and(Absent::<PaymentObject>(key)).and(Insert(object));
        walk.found(Group::of(finding, mend)).await?;
    }
    Ok(())
}

/// `known` are subjects of whom it has been said already.
async fn has_customer(walk: &mut Walk<'_>, one: Subscription, known: &mut BTreeSet<Subject>) -> Result<(), StoreError> {
    let subject = one.subject;
    let Some(None) = readable(walk.store.customer(subject).await)? else { return Ok(()) };
    if !known.insert(subject) {
        return Ok(());
    }
    let Some(all) = subscriptions_of(walk.store, subject).await? else { return Ok(()) };
    let finding = Finding::on::<Customer>("customer_missing", &subject, format!("`{}` is theirs", one.id));
    let live = all.iter().filter(|one| !one.has_ended()).map(|one| one.id.clone());
    let Subscription { customer: reference, created_at, .. } = one;
    let customer = Customer { subject, reference, subscriptions: live.collect(), created_at };
    let mend = seen(&all).and(Absent::<Customer>(subject)).and(Insert(customer));
    walk.found(Group::of(finding, mend)).await.map(drop)
}

/// Events find the customer's subject.
async fn linked(walk: &mut Walk<'_>, customer: &Customer) -> Result<(), StoreError> {
    let kind = ObjectKind::Customer;
    let Some(found) = readable(walk.store.payment_object(kind, &customer.reference).await)? else { return Ok(()) };
    if found.as_ref().is_some_and(|object| object.subject == Some(customer.subject)) {
        return Ok(());
    }
    let detail = format!("`{}` is not known to be them", customer.reference);
    let finding = Finding::on::<Customer>("customer_unlinked", &customer.subject, detail);
    let subject = Some(customer.subject);
    let seen = Batch::of(Same(customer.clone()));
    let mend = match found {
        Some(before) => {
            let after = PaymentObject { subject, version: before.version + 1, ..before.clone() };
            seen.and(Swap { before, after })
        }
        None => {
            let new = PaymentObject::new(kind, &customer.reference);
            seen.and(Insert(PaymentObject { subject, version: 1, ..new }))
        }
    };
    walk.found(Group::of(finding, mend)).await.map(drop)
}

/// A customer lists the subscriptions that have not ended.
async fn listed(walk: &mut Walk<'_>, customer: Customer, all: &[Subscription]) -> Result<(), StoreError> {
    let live: BTreeSet<&String> = all.iter().filter(|one| !one.has_ended()).map(|one| &one.id).collect();
    if live.iter().copied().eq(&customer.subscriptions) {
        return Ok(());
    }
    let detail = format!("it lists {:?}, there are {live:?}", customer.subscriptions);
    let finding = Finding::on::<Customer>("customer_subscriptions_differ", &customer.subject, detail);
    let after = Customer { subscriptions: live.into_iter().cloned().collect(), ..customer.clone() };
    let mend = seen(all).and(Swap { before: customer, after });
    walk.found(Group::of(finding, mend)).await.map(drop)
}

fn seen(all: &[Subscription]) -> Batch {
    all.iter().take(Batch::MAX_CHANGES - 2).cloned().map(Same).fold(Batch::default(), Batch::and)
}

/// What a basis gives, whenever it began.
fn gives(basis: &Basis) -> (&crate::billing::PlanId, &Source, Option<crate::Timestamp>) {
    (&basis.plan, &basis.source, basis.until)
}

/// Somebody is entitled to what their best subscription gives, or would be if nobody had given them something else.
async fn entitled(walk: &mut Walk<'_>, subject: Subject, all: &[Subscription]) -> Result<(), StoreError> {
    let Some(found) = readable(walk.store.entitlement(subject).await)? else { return Ok(()) };
    let best = Subscription::best(all);
    let Some(at) = best.or(all.first()).map(|one| one.updated_at) else { return Ok(()) };
    let bought = best.and_then(|best| best.basis(at));
    let before = found.clone().unwrap_or_else(|| Entitlement::new(subject, at));
    let kept = before.bought();
    if kept.as_ref().map(gives) == bought.as_ref().map(gives) {
        return Ok(());
    }
    let detail = format!("it gives {:?}, what was bought is {:?}", kept.map(|it| it.plan), best.map(|it| &it.plan));
    let finding = Finding::on::<Entitlement>("entitlement_differs", &subject, detail);
    let mut after = before.clone();
    after.subscribe(bought, before.since);
    after.version += 1;
    let mend = match found {
        Some(before) => seen(all).and(Swap { before, after }),
        None => seen(all).and(Insert(after)),
    };
    walk.found(Group::of(finding, mend)).await.map(drop)
}
