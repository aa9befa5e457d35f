//! Plans, entitlements, subscriptions, and what came of payments.

use chatcore::billing::{
    Basis, Customer, Deed, Entitlement, EventState, Interval, News, Note, ObjectKind, PaymentEvent, PaymentObject,
    Plan, PlanGrant, PlanId, PlanPrice, Snapshot, SnapshotStatus, Source, StoredPlan, Subscription, SubscriptionState,
};
use chatcore::conversation::{Numbered, Sequence};
use chatcore::quota::{LimitRule, Meter, Scope, Window};
use chatcore::{Subject, UserId, VisitorId};
use uuid::Uuid;

use super::{Sample, at, sample, some};

fn pro() -> PlanId {
    PlanId("pro".into())
}

fn rule() -> LimitRule {
    LimitRule {
        meter: Meter::Tokens,
        window: Window::Rolling { hours: 5 },
        scope: Scope::Subject,
        model: None,
        limit: 9,
    }
}

fn plans() -> Vec<Sample> {
    let bare = StoredPlan { id: pro(), number: 1, plan: None, version: 1, created_at: at(4), updated_at: at(5) };
    let plan = Plan {
        id: pro(),
        name: "Pro".into(),
        description: some("More of everything."),
        price: Some(PlanPrice {
            reference: "price_1".into(),
            amount: 1_900,
            currency: "usd".into(),
            interval: Interval::Month,
        }),
        trial_days: 14,
        limits: vec![rule()],
        grants: vec![PlanGrant { amount: 7, priority: 3, keeps: true }],
    };
    let full = StoredPlan { plan: Some(plan), ..bare.clone() };
    vec![sample(bare), sample(full), sample(Sequence { of: Numbered::Plans, next: 3 })]
}

fn entitlements() -> Vec<Sample> {
    let bare = Entitlement::new(Subject::Visitor(id!(VisitorId, 7)), at(4));
    let paid = Source::Subscription("sub_1".into());
    let basis = Basis { plan: pro(), source: paid, since: at(5), until: Some(at(90)) };
    let full = Entitlement {
        plan: Some(PlanId("vip".into())),
        source: Source::Staff,
        until: Some(at(60)),
        beneath: Some(basis.clone()),
        past: vec![Basis { until: Some(at(6)), ..basis }],
        overrides: vec![rule()],
        cap: Some(5),
        time_zone: some("Europe/Berlin"),
        zone_since: None,
        notes: vec![Note {
            at: at(6),
            by: Some(id!(UserId, 2)),
            reason: some("as agreed"),
            deeds: vec![Deed::Gave(PlanId("vip".into())), Deed::Overrides],
        }],
        version: 3,
        ..Entitlement::new(Subject::User(id!(UserId, 1)), at(4))
    };
    vec![sample(bare), sample(full)]
}

fn subscriptions() -> Vec<Sample> {
    let subject = Subject::User(id!(UserId, 1));
    let active = Subscription {
        id: "sub_1".into(),
        subject,
        customer: "cus_1".into(),
        plan: pro(),
        price: "price_1".into(),
        state: SubscriptionState::PastDue,
        period_start: at(5),
        period_end: at(80),
        until: Some(at(90)),
        credited: vec![at(5)],
        created_at: at(5),
        updated_at: at(6),
        version: 2,
    };
    let ended = Subscription { state: SubscriptionState::Ended, until: None, credited: Vec::new(), ..active.clone() };
    let new = Customer { subject, reference: "cus_1".into(), subscriptions: Vec::new(), created_at: at(4) };
    let paying = Customer { subscriptions: vec!["sub_1".into()], ..new.clone() };
    vec![sample(active), sample(ended), sample(new), sample(paying)]
}

fn events() -> Vec<Sample> {
    let subject = Subject::User(id!(UserId, 1));
    let snapshot = Snapshot {
        id: "sub_1".into(),
        customer: "cus_1".into(),
        price: "price_1".into(),
        status: SnapshotStatus::Trialing,
        period_start: at(5),
        period_end: at(80),
        trial_end: Some(at(80)),
        cancel_at_period_end: false,
        ended_at: None,
    };
    let other = PaymentEvent {
        id: "evt_1".into(),
        kind: "product.created".into(),
        object: None,
        created: at(5),
        received_at: at(6),
        state: EventState::Ignored,
        reason: some("nothing is done about events of this kind"),
        tries: 1,
        news: News::Other,
    };
    let with =
        |news, object: &str, state, reason| PaymentEvent { object: some(object), state, reason, news, ..other.clone() };
    let (customer, subscription) = ("cus_1".to_owned(), some("sub_1"));
    let bought = News::Purchased { subject: Some(subject), customer: customer.clone(), subscription: None };
    let paid = News::Paid {
        invoice: "in_1".into(),
        customer: customer.clone(),
        subscription: subscription.clone(),
        amount: 1_900,
        currency: "usd".into(),
    };
    let failed = News::PaymentFailed { invoice: "in_1".into(), customer, subscription };
    let told = News::Subscription(snapshot);
    vec![
        sample(with(told, "sub_1", EventState::Parked, some("no plan is sold at the price `price_1`"))),
        sample(with(bought, "cus_1", EventState::Applied, None)),
        sample(with(paid, "in_1", EventState::Applied, None)),
        sample(with(failed, "in_1", EventState::Applied, None)),
        sample(other),
        sample(PaymentObject { subject: Some(subject), ..PaymentObject::new(ObjectKind::Customer, "cus_1") }),
        sample(PaymentObject {
            watermark: at(5),
            looked_at: Some(at(6)),
            version: 2,
            ..PaymentObject::new(ObjectKind::Subscription, "sub_1")
        }),
        sample(PaymentObject { paid: true, version: 1, ..PaymentObject::new(ObjectKind::Invoice, "in_1") }),
    ]
}

pub(super) fn billing() -> Vec<Sample> {
    [plans(), entitlements(), subscriptions(), events()].into_iter().flatten().collect()
}
