//! Plans, entitlements, subscriptions, and what came of payments.

use uuid::Uuid;

use super::{MAX, Maker, Sample, TIMES, sample, texts, time};
use crate::Timestamp;
use crate::billing::{
    Basis, Customer, Deed, Entitlement, EventState, News, Note, ObjectKind, PaymentEvent, PaymentObject, Plan, PlanId,
    Source, StoredPlan, Subscription, SubscriptionState,
};
use crate::id::UserId;
use crate::quota::{LimitRule, Meter, Scope, Window};

fn at(n: usize) -> Timestamp {
    time(TIMES[n % 5])
}

pub(super) fn billing() -> Vec<Sample> {
    let mut all = Vec::new();
    for (n, text) in texts().into_iter().enumerate() {
        let text: String = text.chars().take(200).collect();
        all.extend([plan(n, &text), subscription(n, &text), event(n, &text), object(n, &text)]);
    }
    for (n, subject) in Maker::owners().into_iter().enumerate() {
        let text = texts().swap_remove(5 + n);
        all.push(entitlement(subject, n, &text));
        let customer = Customer { subject, reference: text.clone(), subscriptions: Vec::new(), created_at: at(n) };
        all.push(sample(customer.clone(), Customer { subscriptions: vec![text, String::new()], ..customer }));
    }
    all
}

fn rule(text: &str) -> LimitRule {
    let window = Window::Rolling { hours: u16::MAX };
    LimitRule { meter: Meter::Tokens, window, scope: Scope::Everything, model: Some(text.to_owned()), limit: MAX }
}

fn plan(n: usize, text: &str) -> Sample {
    let id = PlanId(text.to_owned());
    let plan = Plan {
        id: id.clone(),
        name: text.to_owned(),
        description: Some(text.to_owned()),
        price: None,
        trial_days: u32::MAX,
        limits: vec![rule(text)],
        grants: Vec::new(),
    };
    let before = StoredPlan { id, number: MAX, plan: None, version: 0, created_at: at(n), updated_at: at(n) };
    sample(before.clone(), StoredPlan { number: 0, plan: Some(plan), version: MAX, updated_at: at(n + 1), ..before })
}

fn entitlement(subject: crate::Subject, n: usize, text: &str) -> Sample {
    let before = Entitlement::new(subject, at(n));
    let basis = |source| Basis { plan: PlanId(text.to_owned()), source, since: at(n), until: Some(at(n + 1)) };
    let after = Entitlement {
        plan: Some(PlanId(text.to_owned())),
        source: Source::Staff,
        until: Some(time(i64::MIN)),
        beneath: Some(basis(Source::Subscription(text.to_owned()))),
        past: vec![basis(Source::Default), Basis { until: None, ..basis(Source::Staff) }],
        overrides: vec![rule(text), LimitRule { model: None, limit: 0, ..rule("") }],
        cap: Some(MAX),
        time_zone: Some(text.to_owned()),
        zone_since: Some(time(TIMES[0])),
        notes: vec![note(n, Some(text)), note(n, None)],
        version: MAX,
        ..before.clone()
    };
    sample(before, after)
}

fn note(n: usize, reason: Option<&str>) -> Note {
    let by = reason.map(|_| UserId::from_uuid(Uuid::from_u128(n as u128)));
    let reason = reason.map(str::to_owned);
    let plan = PlanId(reason.clone().unwrap_or_default());
    Note { at: at(n), by, reason, deeds: vec![Deed::Gave(plan), Deed::TookBack, Deed::Cap] }
}

fn subscription(n: usize, text: &str) -> Sample {
    let states = SubscriptionState::ALL;
    let before = Subscription {
        id: text.to_owned(),
        subject: Maker::owner(n),
        customer: text.to_owned(),
        plan: PlanId(String::new()),
        price: text.to_owned(),
        state: states[n % states.len()],
        period_start: time(i64::MIN),
        period_end: time(i64::MAX),
        until: Some(at(n)),
        credited: Vec::new(),
        created_at: at(n),
        updated_at: at(n),
        version: MAX,
    };
    let after = Subscription {
        subject: Maker::owner(n + 1),
        customer: String::new(),
        plan: PlanId(text.to_owned()),
        price: String::new(),
        state: states[(n + 1) % states.len()],
        until: None,
        credited: vec![time(i64::MIN), at(n)],
        version: 0,
        ..before.clone()
    };
    sample(before, after)
}

fn event(n: usize, text: &str) -> Sample {
    let states = [EventState::Applied, EventState::Ignored, EventState::Parked];
    let before = PaymentEvent {
        id: text.to_owned(),
        kind: text.to_owned(),
        object: None,
        created: time(i64::MIN),
        received_at: at(n),
        state: states[n % 3],
        reason: Some(text.to_owned()),
        tries: MAX,
        news: News::Purchased { subject: Some(Maker::owner(n)), customer: text.to_owned(), subscription: None },
    };
    let news = News::Paid {
        invoice: text.to_owned(),
        customer: String::new(),
        subscription: Some(text.to_owned()),
        amount: MAX,
        currency: "usd".into(),
    };
    let after = PaymentEvent {
        object: Some(text.to_owned()),
        state: states[(n + 1) % 3],
        reason: None,
        tries: 0,
        news,
        ..before.clone()
    };
    sample(before, after)
}

fn object(n: usize, text: &str) -> Sample {
    let kind = [ObjectKind::Customer, ObjectKind::Subscription, ObjectKind::Invoice][n % 3];
    let before = PaymentObject::new(kind, text);
    let after = PaymentObject {
        subject: Some(Maker::owner(n)),
        watermark: time(i64::MAX),
        looked_at: Some(at(n)),
        paid: true,
        version: MAX,
        ..before.clone()
    };
    sample(before, after)
}
