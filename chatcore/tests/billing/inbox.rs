//! What the gateway tells: once, in order, and nobody else.

use std::sync::Arc;

use chatcore::Error;
use chatcore::billing::ledger::{Account, Credit, CreditRules, EntryKind, Ledger, LedgerStore, event};
use chatcore::billing::{
    BillingStore, EventState, GatewayError, News, ObjectKind, PlanPrice, Signed, Snapshot, SnapshotStatus,
};
use futures::executor::block_on;

use crate::world::{DAY, World, plan};

#[test]
fn what_is_not_proven_is_not_taken() {
    let world = World::new();
    let notice = world.gateway.tell("product.created", world.now(), News::Other);
    let (body, signature) = world.gateway.sign(&notice, world.now());
    let receive = |body: &[u8], signature: &str| block_on(world.billing.receive(Signed { body, signature }));
    let mut changed = body.clone();
    *changed.last_mut().unwrap() = b' ';
    let old = world.gateway.header(&body, world.now().as_seconds() - 301);
    for (body, signature) in [(&changed, &signature), (&body, &old), (&body, &String::new())] {
        let refused = receive(body, signature);
        assert!(matches!(refused, Err(Error::Gateway(GatewayError::NotProven))), "{refused:?}");
    }
    assert_eq!(block_on(world.store.payment_event(&notice.id)).unwrap(), None);
    assert!(receive(&body, &signature).unwrap().first);
    assert!(!receive(&body, &signature).unwrap().first, "it has come before");
}

#[test]
fn what_says_nothing_here_is_kept_and_acknowledged() {
    let world = World::new();
    let notice = world.gateway.tell("product.created", world.now(), News::Other);
    let event = world.deliver(&notice).event;
    assert_eq!((event.state, event.object), (EventState::Ignored, None));
    assert!(event.reason.is_some());
}

#[test]
fn what_is_older_is_kept_and_not_applied() {
    let world = World::new();
    let active = world.ann_buys_pro();
    world.clock.advance(DAY);
    let first = Snapshot { price: "price_max".into(), ..active.clone() };
    let first = world.gateway.change(first, world.now());
    world.clock.advance(DAY);
    world.happens(active);
    assert_eq!(world.deliver(&first).event.state, EventState::Ignored);
    assert_eq!(world.plan(), "pro");
}

#[test]
fn of_two_at_once_the_gateway_says_which_is_newer() {
    let world = World::new();
    let active = world.ann_buys_pro();
    world.clock.advance(DAY);
    let at = world.now();
    let (one, other) = (active.clone(), Snapshot { price: "price_max".into(), ..active });
    let [one, other] = [one, other].map(|snapshot| world.gateway.change(snapshot, at));
    let looks = world.gateway.looks();
    world.deliver(&other);
    assert_eq!(world.gateway.looks(), looks);
    assert_eq!(world.deliver(&one).event.state, EventState::Applied);
    assert_eq!((world.gateway.looks(), world.plan().as_str()), (looks + 1, "max"));
    // without the gateway nobody can say, and the message comes again
    let third = world.gateway.change(world.snapshot(SnapshotStatus::Active), at);
    world.gateway.set_down(true);
    assert!(matches!(world.try_deliver(&third), Err(Error::Gateway(GatewayError::Unavailable(_)))));
    assert_eq!(block_on(world.store.payment_event(&third.id)).unwrap(), None);
    world.gateway.set_down(false);
    assert!(world.deliver(&third).first);
}

#[test]
fn what_cannot_be_applied_is_parked_until_it_can() {
    let world = World::new();
    let active = world.ann_buys_pro();
    world.clock.advance(DAY);
    let odd = Snapshot { price: "price_team".into(), ..active };
    let odd = world.gateway.change(odd, world.now());
    let event = world.deliver(&odd).event;
    assert_eq!(event.reason.as_deref(), Some("no plan is sold at the price `price_team`"));
    assert_eq!(world.plan(), "pro", "it goes on as it was");
    assert_eq!(block_on(world.billing.parked(None, None)).unwrap(), std::slice::from_ref(&event));
    assert_eq!(block_on(world.billing.parked(None, Some(&event))).unwrap(), []);
    let again = block_on(world.billing.replay(None, &event.id)).unwrap();
    assert_eq!((again.state, again.tries), (EventState::Parked, 2));
    let mut team = plan("team", Some("price_team"));
    team.price = team.price.map(|price| PlanPrice { amount: 4_900, ..price });
    block_on(world.billing.put_plan(None, team, Some(0))).unwrap();
    let again = block_on(world.billing.replay(None, &event.id)).unwrap();
    assert_eq!((again.state, again.reason, again.tries), (EventState::Applied, None, 3));
    assert_eq!(world.plan(), "team");
    assert_eq!(block_on(world.billing.replay(None, &event.id)).unwrap().tries, 3, "what was applied stays so");
    assert_eq!(block_on(world.billing.parked(None, None)).unwrap(), []);
    let unknown = block_on(world.billing.replay(None, "evt_none"));
    assert!(matches!(unknown, Err(Error::NotFound("payment event"))));
}

#[test]
fn what_was_missed_can_be_fetched() {
    let world = World::new();
    let active = world.ann_buys_pro();
    world.clock.advance(DAY);
    let missed = world.gateway.change(Snapshot { price: "price_max".into(), ..active }, world.now());
    let fetched = block_on(world.billing.replay(None, &missed.id)).unwrap();
    assert_eq!((fetched.state, world.plan().as_str()), (EventState::Applied, "max"));
    assert!(!world.deliver(&missed).first);
}

#[test]
fn what_cannot_be_read_is_parked_once() {
    let world = World::new();
    let body = br#"{"id": 7}"#;
    let signature = world.gateway.header(body, world.now().as_seconds());
    let receive = || block_on(world.billing.receive(Signed { body, signature: &signature })).unwrap();
    let first = receive();
    assert!(first.first && first.event.state == EventState::Parked, "{first:?}");
    assert!(!receive().first);
}

#[test]
fn nobody_is_two_customers_and_a_paid_bill_stays_paid() {
    let world = World::new();
    world.ann_buys_pro();
    let bought = |subject, customer: &str| {
        let news = News::Purchased { subject, customer: customer.into(), subscription: None };
        world.deliver(&world.gateway.tell("purchased", world.now(), news)).event
    };
    let (ann, bob) = (world.ann.subject(), chatcore::testing::user(2).subject());
    for (subject, customer) in [(Some(ann), "cus_9"), (Some(bob), "cus_1"), (None, "cus_9")] {
        assert_eq!(bought(subject, customer).state, EventState::Parked);
    }
    assert_eq!(bought(None, "cus_1").state, EventState::Applied);
    let bill = |paid: bool| {
        let (invoice, customer, subscription) = ("in_1".to_owned(), "cus_1".to_owned(), None);
        let news = if paid {
            News::Paid { invoice, customer, subscription, amount: 1, currency: "usd".into() }
        } else {
            News::PaymentFailed { invoice, customer, subscription }
        };
        world.deliver(&world.gateway.tell("invoice", world.now(), news)).event.state
    };
    assert_eq!([false, true, false].map(bill), [EventState::Applied, EventState::Applied, EventState::Ignored]);
    let found = block_on(world.store.payment_object(ObjectKind::Invoice, "in_1")).unwrap().unwrap();
    assert!(found.paid);
}

#[test]
fn a_bill_that_was_paid_is_in_the_books_once() {
    let world = World::new();
    world.ann_buys_pro();
    let bill = |invoice: &str, customer: &str, amount| {
        let (invoice, customer) = (invoice.to_owned(), customer.to_owned());
        let news = News::Paid { invoice, customer, subscription: None, amount, currency: "usd".into() };
        world.deliver(&world.gateway.tell("invoice", world.now(), news)).event.state
    };
    let (ann, before) = (world.ann.subject(), block_on(world.store.wallet(world.ann.subject())).unwrap());
    assert_eq!(before, None);
    assert_eq!(["in_1", "in_1", "in_2"].map(|id| bill(id, "cus_1", 1_900)), {
        [EventState::Applied, EventState::Ignored, EventState::Applied]
    });
    assert_eq!(bill("in_3", "cus_1", 0), EventState::Applied, "a trial costs nothing, and is not booked");
    assert_eq!(bill("in_4", "cus_9", 1_900), EventState::Parked, "somebody who is nobody here");
    let entries = block_on(world.store.ledger_entries(ann, None, 9)).unwrap();
    let told: Vec<_> = entries.iter().map(|entry| (entry.event.clone(), entry.kind, entry.reason.as_deref())).collect();
    let booked = |id: &str| (event::bill(id), EntryKind::Payment, Some("19.00 usd"));
    assert_eq!(told, [booked("in_2"), booked("in_1")]);
    let lines: Vec<_> = entries[0].lines.iter().map(|line| (line.account, line.amount.as_micros())).collect();
    assert_eq!(lines, [(Account::Revenue, 19_000_000), (Account::Payments, -19_000_000)]);
    let ledger = Ledger::new(world.store.clone(), Arc::new(world.clock.clone()), CreditRules::default());
    assert_eq!(block_on(ledger.balance(ann)).unwrap().balance, Credit::ZERO, "it is nobody's credit");
    let found = block_on(ledger.verify(ann)).unwrap();
    assert!(found.is_sound && found.matches, "{found:?}");
    block_on(ledger.correct(None, &event::bill("in_2"), "paid back")).unwrap();
    let found = block_on(ledger.verify(ann)).unwrap();
    assert!(found.is_sound && found.matches && found.entries == 3, "{found:?}");
}

#[test]
fn who_has_no_room_for_credit_has_the_plan_and_the_event_is_put_aside() {
    let world = World::new();
    let mut rich = plan("rich", Some("price_rich"));
    rich.grants = serde_json::from_value(serde_json::json!([{"amount": 5, "keeps": true}])).unwrap();
    block_on(world.billing.put_plan(None, rich, Some(0))).unwrap();
    let active = world.ann_buys_pro();
    let (ann, ledger) =
        (world.ann.subject(), Ledger::new(world.store.clone(), Arc::new(world.clock.clone()), CreditRules::default()));
    block_on(ledger.adjust(None, ann, "all", Credit::MAX, "all that there is")).unwrap();
    world.clock.advance(DAY);
    let (period_start, period_end) = (world.now(), world.day(30));
    let event = world.happens(Snapshot { price: "price_rich".into(), period_start, period_end, ..active }).event;
    assert_eq!(event.state, EventState::Parked, "it comes no more, and somebody sees to it");
    assert_eq!(world.plan(), "rich", "what was paid for is there");
    let again = block_on(world.billing.replay(None, &event.id)).unwrap();
    assert_eq!(again.state, EventState::Parked);
    block_on(ledger.adjust(None, ann, "some", -Credit::from_micros(9), "spent")).unwrap();
    let again = block_on(world.billing.replay(None, &event.id)).unwrap();
    assert_eq!(again.state, EventState::Applied);
    let full = Credit::MAX.minus(Credit::from_micros(4)).unwrap();
    assert_eq!(block_on(ledger.balance(ann)).unwrap().balance, full, "its credit has come");
}
