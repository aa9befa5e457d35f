//! Plans, entitlements, subscriptions and events of payments as a store finds and lists them.

use std::time::Duration;

use super::bench::{Bench, expect_refusal};
use super::raw::{Delete, Insert, Update};
use super::threads::race;
use crate::Timestamp;
use crate::account::{AccountRole, MergeVisitor, OpenVisitor, RegisterUser};
use crate::billing::entitlement::MergeEntitlement;
use crate::billing::ledger::{Credit, EntryKind, MoveWallet, event};
use crate::billing::{
    ChangeEntitlement, Customer, Deed, Edit, Entitlement, EventState, Grace, LinkCustomer, News, Notice, ObjectKind,
    PaymentEvent, PaymentObject, PlanId, ReceiveEvent, Snapshot, SnapshotStatus, Source, StoredPlan, Subscription,
    SubscriptionState,
};
use crate::id::{JobId, UserId, VisitorId};
use crate::store::{Batch, Conflict};
use crate::subject::Subject;
use crate::testing::{user, visitor};

/// Names that differ in their bytes alone, in the order of these.
const NAMES: [&str; 8] = ["", "A", "a", "a ", "a-b", "ab", "b", "\u{e4}"];

fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn subjects() -> [Subject; 3] {
    [user(1).subject(), user(2).subject(), visitor(1).subject()]
}

fn plan(name: &str) -> StoredPlan {
    StoredPlan { id: PlanId(name.into()), number: 1, plan: None, version: 1, created_at: time(1), updated_at: time(2) }
}

pub(super) async fn plan_by_id(bench: Bench<'_>) {
    for name in NAMES {
        assert_eq!(bench.store.plan(&PlanId(name.into())).await.unwrap(), None);
        bench.commit(Batch::of(Insert(plan(name)))).await.unwrap();
    }
    for name in NAMES {
        assert_eq!(bench.store.plan(&PlanId(name.into())).await.unwrap(), Some(plan(name)));
    }
    assert_eq!(bench.store.plan(&PlanId("B".into())).await.unwrap(), None);
}

pub(super) async fn plans_in_order(bench: Bench<'_>) {
    for name in NAMES.into_iter().rev() {
        bench.commit(Batch::of(Insert(plan(name)))).await.unwrap();
    }
    let expect = async |after: Option<&str>, limit: usize| {
        let behind = NAMES.into_iter().filter(|name| after.is_none_or(|after| *name > after));
        let expected: Vec<StoredPlan> = behind.take(limit).map(plan).collect();
        let after = after.map(|name| PlanId(name.into()));
        assert_eq!(bench.store.plans(after.as_ref(), limit).await.unwrap(), expected, "behind {after:?}");
    };
    for limit in [0, 1, 3, usize::MAX] {
        expect(None, limit).await;
        for after in NAMES.into_iter().chain(["aa", "z", "\u{f6}"]) {
            expect(Some(after), limit).await;
        }
    }
}

pub(super) async fn entitlement_by_subject(bench: Bench<'_>) {
    for subject in subjects() {
        assert_eq!(bench.store.entitlement(subject).await.unwrap(), None);
        let over = Entitlement {
            plan: Some(PlanId("pro".into())),
            source: Source::Staff,
            until: Some(time(2)),
            ..Entitlement::new(subject, time(1))
        };
        bench.commit(Batch::of(Insert(over.clone()))).await.unwrap();
        assert_eq!(bench.store.entitlement(subject).await.unwrap(), Some(over));
    }
}

pub(super) async fn customer_by_subject(bench: Bench<'_>) {
    for (subject, reference) in subjects().into_iter().zip(NAMES) {
        assert_eq!(bench.store.customer(subject).await.unwrap(), None);
        let link = LinkCustomer { subject, reference: reference.into(), at: time(1) };
        bench.commit(Batch::of(link)).await.unwrap();
        let customer =
            Customer { subject, reference: reference.into(), subscriptions: Vec::new(), created_at: time(1) };
        assert_eq!(bench.store.customer(subject).await.unwrap().as_ref(), Some(&customer));
        let next = Customer { subscriptions: vec!["sub".into()], ..customer };
        bench.commit(Batch::of(Update(next.clone()))).await.unwrap();
        assert_eq!(bench.store.customer(subject).await.unwrap(), Some(next));
    }
}

fn subscription(id: &str, subject: Subject, until: Option<i64>) -> Subscription {
    Subscription {
        id: id.into(),
        subject,
        customer: "cus".into(),
        plan: PlanId("pro".into()),
        price: "price".into(),
        state: if until.is_some() { SubscriptionState::Active } else { SubscriptionState::Ended },
        period_start: time(0),
        period_end: time(9),
        until: until.map(time),
        credited: vec![time(0)],
        created_at: time(0),
        updated_at: time(0),
        version: 1,
    }
}

pub(super) async fn subscription_by_id(bench: Bench<'_>) {
    for (n, id) in (0..).zip(NAMES) {
        let one = subscription(id, subjects()[0], (n % 2 == 0).then_some(n));
        assert_eq!(bench.store.subscription(id).await.unwrap(), None);
        bench.commit(Batch::of(Insert(one.clone()))).await.unwrap();
        assert_eq!(bench.store.subscription(id).await.unwrap(), Some(one));
    }
    assert_eq!(bench.store.subscription("B").await.unwrap(), None);
}

pub(super) async fn subscriptions_in_order(bench: Bench<'_>) {
    let [own, other, _] = subjects();
    let of = |n: usize, id: &str| {
        let subject = if n.is_multiple_of(3) { other } else { own };
        subscription(id, subject, n.is_multiple_of(2).then_some(7))
    };
    let mut all: Vec<Subscription> = NAMES.into_iter().enumerate().map(|(n, id)| of(n, id)).collect();
    for one in all.iter().rev() {
        bench.commit(Batch::of(Insert(one.clone()))).await.unwrap();
    }
    let expect = async |all: &[Subscription], after: Option<&str>, limit: usize| {
        let behind = |one: &&Subscription| one.subject == own && after.is_none_or(|after| one.id.as_str() > after);
        let expected: Vec<Subscription> = all.iter().filter(behind).take(limit).cloned().collect();
        assert_eq!(bench.store.subscriptions(own, after, limit).await.unwrap(), expected, "behind {after:?}");
    };
    for limit in [0, 1, 2, usize::MAX] {
        expect(&all, None, limit).await;
        for after in NAMES {
            expect(&all, Some(after), limit).await;
        }
    }
    // one becomes the other's
    all[1].subject = other;
    bench.commit(Batch::of(Update(all[1].clone()))).await.unwrap();
    expect(&all, None, 9).await;
}

pub(super) async fn due_subscriptions_oldest_first(bench: Bench<'_>) {
    let ends = [Some(50), Some(10), None, Some(i64::MIN), Some(i64::MAX), Some(10), None, Some(-1)];
    let subject = subjects()[0];
    let mut all: Vec<Subscription> =
        NAMES.into_iter().zip(ends).map(|(id, until)| subscription(id, subject, until)).collect();
    for one in &all {
        bench.commit(Batch::of(Insert(one.clone()))).await.unwrap();
    }
    let expect = async |all: &[Subscription], now: i64, limit: usize| {
        let due = |one: &&Subscription| one.until.is_some_and(|until| until <= time(now));
        let mut expected: Vec<Subscription> = all.iter().filter(due).cloned().collect();
        expected.sort_by_key(|one| (one.until, one.id.clone()));
        expected.truncate(limit);
        let found = bench.store.due_subscriptions(time(now), limit).await.unwrap();
        assert_eq!(found, expected, "at most {limit} by {now}");
    };
    for now in [i64::MIN, -2, 9, 10, 49, 50, i64::MAX] {
        for limit in [0, 1, 3, usize::MAX] {
            expect(&all, now, limit).await;
        }
    }
    all[1].until = Some(time(60));
    all[5].until = None;
    for one in [&all[1], &all[5]] {
        bench.commit(Batch::of(Update(one.clone()))).await.unwrap();
    }
    bench.commit(Batch::of(Delete(all.remove(3)))).await.unwrap();
    expect(&all, 99, usize::MAX).await;
}

fn event(id: &str, received_at: i64, state: EventState) -> PaymentEvent {
    PaymentEvent {
        id: id.into(),
        kind: "kind".into(),
        object: None,
        created: time(0),
        received_at: time(received_at),
        state,
        reason: Some("because".into()),
        tries: 1,
        news: News::Other,
    }
}

pub(super) async fn payment_event_by_id(bench: Bench<'_>) {
    let states = [EventState::Applied, EventState::Ignored, EventState::Parked];
    for (id, state) in NAMES.into_iter().zip(states.into_iter().cycle()) {
        assert_eq!(bench.store.payment_event(id).await.unwrap(), None);
        bench.commit(Batch::of(Insert(event(id, 1, state)))).await.unwrap();
        assert_eq!(bench.store.payment_event(id).await.unwrap(), Some(event(id, 1, state)));
    }
    assert_eq!(bench.store.payment_event("B").await.unwrap(), None);
}

pub(super) async fn parked_events_oldest_first(bench: Bench<'_>) {
    let times = [5, 3, i64::MIN, 3, i64::MAX, 9, 3, 0];
    let mut all: Vec<PaymentEvent> =
        NAMES.into_iter().zip(times).map(|(id, at)| event(id, at, EventState::Parked)).collect();
    all[5].state = EventState::Applied;
    all[7].state = EventState::Ignored;
    for one in &all {
        bench.commit(Batch::of(Insert(one.clone()))).await.unwrap();
    }
    let expect = async |all: &[PaymentEvent], after: Option<(i64, &str)>, limit: usize| {
        let after = after.map(|(at, id)| (time(at), id));
        let behind = |one: &&PaymentEvent| {
            one.state == EventState::Parked && after.is_none_or(|after| (one.received_at, one.id.as_str()) > after)
        };
        let mut expected: Vec<PaymentEvent> = all.iter().filter(behind).cloned().collect();
        expected.sort_by_key(|one| (one.received_at, one.id.clone()));
        expected.truncate(limit);
        assert_eq!(
            bench.store.parked_events(after, limit).await.unwrap(),
            expected,
            "at most {limit} behind {after:?}"
        );
    };
    let places = [None, Some((i64::MIN, "")), Some((3, "A")), Some((3, "a-")), Some((5, "")), Some((i64::MAX, "z"))];
    for limit in [0, 1, 3, usize::MAX] {
        for after in places {
            expect(&all, after, limit).await;
        }
    }
    all[3].state = EventState::Applied;
    bench.commit(Batch::of(Update(all[3].clone()))).await.unwrap();
    bench.commit(Batch::of(Delete(all.remove(0)))).await.unwrap();
    expect(&all, None, usize::MAX).await;
}

pub(super) async fn payment_object_by_id(bench: Bench<'_>) {
    let kinds = [ObjectKind::Customer, ObjectKind::Subscription, ObjectKind::Invoice];
    for (n, kind) in (0..).zip(kinds) {
        for id in NAMES {
            let object = PaymentObject { watermark: time(n), ..PaymentObject::new(kind, id) };
            assert_eq!(bench.store.payment_object(kind, id).await.unwrap(), None);
            bench.commit(Batch::of(Insert(object.clone()))).await.unwrap();
            assert_eq!(bench.store.payment_object(kind, id).await.unwrap(), Some(object));
        }
        assert_eq!(bench.store.payment_object(kind, "B").await.unwrap(), None);
    }
}

pub(super) async fn one_event_one_effect(bench: Bench<'_>) {
    let news =
        |invoice: &str| News::PaymentFailed { invoice: invoice.into(), customer: "cus".into(), subscription: None };
    for round in 0..4 {
        let invoice = format!("in_{round}");
        let notice =
            Notice { id: format!("evt_{round}"), kind: "failed".into(), created: time(5), news: news(&invoice) };
        let receive = ReceiveEvent {
            notice: notice.clone(),
            look: None,
            plans: Vec::new(),
            grace: Grace::default(),
            knows_accounts: false,
            again: false,
            at: bench.now(),
        };
        let store = bench.store.clone();
        let all = race(&bench, |_| {
            let (store, receive) = (store.clone(), receive.clone());
            Box::pin(async move { store.commit(Batch::of(receive)).await.unwrap() })
        });
        let effects = all.iter().filter(|done| done.get::<PaymentEvent>(&notice.id).is_some()).count();
        assert_eq!(effects, 1, "one event that came 64 times had so many effects");
        let object = bench.store.payment_object(ObjectKind::Invoice, &invoice).await.unwrap().unwrap();
        assert_eq!((object.version, object.watermark), (1, time(5)));
    }
}

/// A customer, and the first period of what they bought at a price.
async fn bought(bench: &Bench<'_>, subject: Subject, name: &str) -> ReceiveEvent {
    let (customer, at) = (format!("cus_{name}"), bench.now());
    let link = LinkCustomer { subject, reference: customer.clone(), at };
    bench.commit(Batch::of(link)).await.unwrap();
    let snapshot = Snapshot {
        id: format!("sub_{name}"),
        customer,
        price: "price_pro".into(),
        status: SnapshotStatus::Active,
        period_start: at,
        period_end: at.plus(Duration::from_secs(1_000)),
        trial_end: None,
        cancel_at_period_end: false,
        ended_at: None,
    };
    let (id, kind, news) = (format!("evt_{name}"), "changed".to_owned(), News::Subscription(snapshot));
    let price = serde_json::json!({"reference": "price_pro", "amount": 1, "currency": "usd", "interval": "month"});
    let grants = serde_json::json!([{"amount": 5}, {"amount": 7, "keeps": true, "priority": 1}]);
    let plan = serde_json::json!({"id": "pro", "name": "Pro", "price": price, "grants": grants});
    ReceiveEvent {
        notice: Notice { id, kind, created: at, news },
        look: None,
        plans: vec![serde_json::from_value(plan).unwrap()],
        grace: Grace::default(),
        knows_accounts: false,
        again: false,
        at,
    }
}

pub(super) async fn one_period_one_credit(bench: Bench<'_>) {
    for round in 0..4 {
        let (subject, name) = (user(50 + round).subject(), format!("{round}"));
        let receive = bought(&bench, subject, &name).await;
        let store = bench.store.clone();
        // two racers deliver the same event; whatever comes late also shows that the period began
        let all = race(&bench, |at| {
            let (store, mut receive) = (store.clone(), receive.clone());
            let event = at / 2;
            receive.notice.id = format!("{}_{event}", receive.notice.id);
            receive.notice.created = receive.at.plus(Duration::from_micros(u64::try_from(event).unwrap()));
            Box::pin(async move {
                store.commit(Batch::of(receive)).await.unwrap();
                let entitlement = store.entitlement(subject).await.unwrap();
                (entitlement.and_then(|found| found.plan), store.wallet(subject).await.unwrap())
            })
        });
        for (plan, wallet) in all {
            assert_eq!(plan, Some(PlanId("pro".into())));
            let balance = wallet.map(|wallet| wallet.balance());
            assert_eq!(balance, Some(Credit::from_micros(12)), "who has the plan has its credit, once");
        }
        let entries = store.ledger_entries(subject, None, 9).await.unwrap();
        let told: Vec<_> = entries.iter().map(|entry| (entry.event.clone(), entry.owners().as_micros())).collect();
        let period = event::grant(&format!("sub_{name}"), receive.at);
        assert_eq!(told, [(format!("{period}:1"), 7), (format!("{period}:0"), 5)]);
        let why = entries.iter().all(|entry| entry.kind == EntryKind::Plan && entry.by.is_none());
        assert!(why && entries.iter().all(|entry| entry.reason.as_deref() == Some("the plan `pro`")));
    }
    bench.expect_sound().await;
}

/// A user, and a visitor who is about to become them.
async fn newcomers(bench: &Bench<'_>) -> (VisitorId, UserId) {
    let (visitor, user) = (VisitorId::mint(bench.now(), &*bench.ids), UserId::mint(bench.now(), &*bench.ids));
    let open = OpenVisitor { id: visitor, network: "here".into(), at: bench.now() };
    let register = RegisterUser {
        id: user,
        username: Some("ann".into()),
        email: None,
        secret: "$argon2id$".into(),
        role: AccountRole::User,
        at: bench.now(),
    };
    bench.commit(Batch::of(open).and(register)).await.unwrap();
    (visitor, user)
}

pub(super) async fn a_merge_moves_what_was_given_and_bought(bench: Bench<'_>) {
    let (visitor, user) = newcomers(&bench).await;
    let (from, to) = (Subject::Visitor(visitor), Subject::User(user));
    let paid = bought(&bench, from, "1").await;
    bench.commit(Batch::of(paid.clone())).await.unwrap();
    let until = Some(bench.now().plus(Duration::from_secs(100)));
    let give =
        |subject, edits| ChangeEntitlement { subject, edits, by: None, reason: Some("sorry".into()), at: time(7) };
    let vip = Edit::Give(PlanId("vip".into()), until);
    bench.commit(Batch::of(give(from, vec![vip, Edit::Cap(Some(9))]))).await.unwrap();
    bench.commit(Batch::of(give(to, vec![Edit::TimeZone(Some("Europe/Berlin".into()))]))).await.unwrap();
    for _ in 0..2 {
        let (job, at) = (JobId::mint(bench.now(), &*bench.ids), bench.now());
        let batch = Batch::of(MergeVisitor { visitor, user, job, at }).and(MoveWallet { visitor, user, at });
        bench.commit(batch.and(MergeEntitlement { visitor, user, at })).await.unwrap();
        let found = bench.store.entitlement(to).await.unwrap().unwrap();
        let (plan, beneath) = (found.plan_at(at).cloned(), found.beneath.as_ref().map(|beneath| beneath.plan.clone()));
        assert_eq!((plan, beneath), (Some(PlanId("vip".into())), Some(PlanId("pro".into()))));
        assert_eq!((found.until, found.cap, found.time_zone.as_deref()), (until, Some(9), Some("Europe/Berlin")));
        let deeds: Vec<_> = found.notes.iter().flat_map(|note| note.deeds.clone()).collect();
        assert_eq!((deeds.len(), deeds.last()), (4, Some(&Deed::Merged(visitor))), "once, and what was noted stays");
        assert_eq!(bench.store.entitlement(from).await.unwrap(), None);
        assert_eq!(bench.store.customer(from).await.unwrap(), None);
        assert_eq!(bench.store.customer(to).await.unwrap().unwrap().subscriptions, ["sub_1"]);
        let wallet = bench.store.wallet(to).await.unwrap().unwrap();
        assert_eq!(wallet.balance(), Credit::from_micros(12), "with the credit of its period");
        bench.expect_sound().await;
    }
    // what the gateway tells from now on is about the user
    let mut ended = paid;
    ended.notice.id = "evt_end".into();
    ended.notice.created = ended.notice.created.plus(Duration::from_secs(1));
    if let News::Subscription(snapshot) = &mut ended.notice.news {
        snapshot.status = SnapshotStatus::Canceled;
    }
    bench.commit(Batch::of(ended)).await.unwrap();
    let found = bench.store.entitlement(to).await.unwrap().unwrap();
    assert_eq!((found.plan.map(|plan| plan.0), found.beneath), (Some("vip".to_owned()), None));
    bench.expect_sound().await;
}

pub(super) async fn limits_are_not_reset_by_moving(bench: Bench<'_>) {
    let (visitor, user) = newcomers(&bench).await;
    let subject = Subject::User(user);
    let moves = async |by: Option<UserId>, zone: Option<&str>| {
        let edits = vec![Edit::TimeZone(zone.map(str::to_owned))];
        let change = ChangeEntitlement { subject, edits, by, reason: None, at: bench.now() };
        bench.commit(Batch::of(change)).await.map(drop)
    };
    let refused = Conflict::Rule("another time zone can be chosen 31 days after the last");
    let at = bench.now();
    moves(Some(user), Some("Europe/Berlin")).await.unwrap();
    let found = bench.store.entitlement(subject).await.unwrap().unwrap();
    assert_eq!((found.time_zone.as_deref(), found.zone_since), (Some("Europe/Berlin"), Some(at)));
    bench.clock.advance(Entitlement::ZONE_STANDS - Duration::from_secs(1));
    for zone in [Some("Asia/Tokyo"), None] {
        expect_refusal(moves(Some(user), zone).await, &refused);
    }
    moves(Some(user), Some("Europe/Berlin")).await.unwrap();
    moves(Some(UserId::from_uuid(uuid::Uuid::from_u128(99))), Some("Africa/Cairo")).await.unwrap();
    bench.clock.advance(Duration::from_secs(1));
    moves(Some(user), None).await.unwrap();
    expect_refusal(moves(Some(user), Some("Asia/Tokyo")).await, &refused);
    // nor does a visitor bring one along for somebody who chose
    let edits = vec![Edit::TimeZone(Some("Asia/Tokyo".into())), Edit::Cap(Some(7))];
    let theirs = Subject::Visitor(visitor);
    bench
        .commit(Batch::of(ChangeEntitlement { subject: theirs, edits, by: None, reason: None, at: bench.now() }))
        .await
        .unwrap();
    let (job, at) = (JobId::mint(bench.now(), &*bench.ids), bench.now());
    let merge = Batch::of(MergeVisitor { visitor, user, job, at });
    bench.commit(merge.and(MergeEntitlement { visitor, user, at })).await.unwrap();
    let found = bench.store.entitlement(subject).await.unwrap().unwrap();
    assert_eq!((found.time_zone, found.cap), (None, Some(7)));
    bench.expect_sound().await;
}

pub(super) async fn what_a_customer_paid_counts_for_another(bench: Bench<'_>) {
    let (visitor, user) = newcomers(&bench).await;
    let (from, to) = (Subject::Visitor(visitor), Subject::User(user));
    for (subject, name) in [(from, "1"), (to, "2")] {
        let mut paid = bought(&bench, subject, name).await;
        if let News::Subscription(snapshot) = &mut paid.notice.news
            && subject == to
        {
            snapshot.status = SnapshotStatus::Unpaid;
        }
        bench.commit(Batch::of(paid)).await.unwrap();
    }
    for _ in 0..2 {
        let (job, at) = (JobId::mint(bench.now(), &*bench.ids), bench.now());
        let batch = Batch::of(MergeVisitor { visitor, user, job, at }).and(MergeEntitlement { visitor, user, at });
        bench.commit(batch).await.unwrap();
        let found = bench.store.entitlement(to).await.unwrap().unwrap();
        assert_eq!((found.plan, found.source), (Some(PlanId("pro".into())), Source::Staff), "until it ends");
        assert_eq!((found.past.len(), found.notes.len()), (0, 1), "once");
        assert_eq!(bench.store.customer(from).await.unwrap().unwrap().reference, "cus_1", "nobody is two customers");
        assert_eq!(bench.store.customer(to).await.unwrap().unwrap().reference, "cus_2");
        bench.expect_sound().await;
    }
}
