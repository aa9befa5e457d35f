//! Records of billing from small numbers.

use chatcore::billing::{
    Basis, Customer, Deed, Entitlement, EventState, News, Note, ObjectKind, PaymentEvent, PaymentObject, Plan, PlanId,
    Source, StoredPlan, Subscription, SubscriptionState,
};

use super::records::{at, maybe, owner, text};

fn id(salt: u8) -> PlanId {
    PlanId(text(salt))
}

fn source(salt: u8) -> Source {
    [Source::Default, Source::Staff, Source::Subscription(text(salt))][usize::from(salt % 3)].clone()
}

fn basis(salt: u8) -> Basis {
    Basis { plan: id(salt), source: source(salt), since: at(salt), until: maybe(salt, || at(salt / 2)) }
}

pub(crate) fn entitlement(a: u8, salt: u8) -> Entitlement {
    Entitlement {
        plan: maybe(salt, || id(salt)),
        source: source(salt),
        until: maybe(salt / 2, || at(salt)),
        beneath: maybe(salt / 3, || basis(salt)),
        past: (0..salt % 3).map(basis).collect(),
        cap: maybe(salt, || u64::from(salt)),
        time_zone: maybe(salt / 2, || text(salt)),
        zone_since: maybe(salt / 3, || at(salt)),
        notes: (0..salt % 2)
            .map(|_| Note { at: at(salt), by: None, reason: Some(text(salt)), deeds: vec![Deed::Cap] })
            .collect(),
        version: u64::from(salt),
        ..Entitlement::new(owner(a), at(salt))
    }
}

pub(crate) fn plan(a: u8, salt: u8) -> StoredPlan {
    let plan = || Plan {
        id: id(a),
        name: text(salt),
        description: maybe(salt / 2, || text(salt)),
        price: None,
        trial_days: u32::from(salt),
        limits: Vec::new(),
        grants: Vec::new(),
    };
    StoredPlan {
        id: id(a),
        number: u64::from(salt),
        plan: maybe(salt, plan),
        version: u64::from(salt),
        created_at: at(salt),
        updated_at: at(salt),
    }
}

pub(crate) fn subscription(a: u8, salt: u8) -> Subscription {
    Subscription {
        id: text(a),
        subject: owner(salt % 3),
        customer: text(salt),
        plan: id(salt),
        price: text(salt / 2),
        state: SubscriptionState::ALL[usize::from(salt) % SubscriptionState::ALL.len()],
        period_start: at(salt),
        period_end: at(salt / 2),
        until: maybe(salt, || at(salt % 6)),
        credited: (0..salt % 3).map(at).collect(),
        created_at: at(salt),
        updated_at: at(salt),
        version: u64::from(salt),
    }
}

pub(crate) fn event(a: u8, salt: u8) -> PaymentEvent {
    PaymentEvent {
        id: text(a),
        kind: text(salt),
        object: maybe(salt, || text(salt)),
        created: at(salt),
        received_at: at(salt % 6),
        state: [EventState::Parked, EventState::Applied, EventState::Ignored][usize::from(salt % 3)],
        reason: maybe(salt / 2, || text(salt)),
        tries: u64::from(salt),
        news: News::Purchased { subject: None, customer: text(salt), subscription: maybe(salt, || text(a)) },
    }
}

pub(crate) fn customer(a: u8, salt: u8) -> Customer {
    let subscriptions = (0..salt % 3).map(text).collect();
    Customer { subject: owner(a), reference: text(salt), subscriptions, created_at: at(salt) }
}

pub(crate) fn object(a: u8, b: u8, salt: u8) -> PaymentObject {
    PaymentObject {
        subject: maybe(salt, || owner(salt)),
        watermark: at(salt),
        looked_at: maybe(salt / 2, || at(salt)),
        paid: salt.is_multiple_of(2),
        version: u64::from(salt),
        ..PaymentObject::new(
            [ObjectKind::Customer, ObjectKind::Subscription, ObjectKind::Invoice][usize::from(b % 3)],
            text(a),
        )
    }
}
