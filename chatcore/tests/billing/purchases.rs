//! From the first look at the plans to the end of a subscription.

use chatcore::Error;
use chatcore::billing::{CancelWhen, Snapshot, SnapshotStatus, SubscriptionState};
use chatcore::once::Once;
use chatcore::testing::{user, visitor};
use futures::executor::block_on;

use crate::world::{DAY, World};

#[test]
fn a_life_of_a_subscription() {
    let world = World::new();
    assert_eq!(world.plan(), "free");
    let active = world.ann_buys_pro();
    assert_eq!(world.plan(), "pro");
    // the renewal fails, and grace begins with the period that was not paid for
    world.clock.advance(DAY * 30);
    let unpaid = Snapshot { period_start: world.now(), period_end: world.day(30), ..active };
    world.happens(Snapshot { status: SnapshotStatus::PastDue, ..unpaid.clone() });
    world.clock.advance(DAY * 6);
    assert_eq!(world.plan(), "pro");
    world.clock.advance(DAY);
    assert_eq!(world.plan(), "free", "grace is over, whether or not anybody looks");
    // the card works again, and later it is cancelled
    world.happens(Snapshot { status: SnapshotStatus::Active, ..unpaid.clone() });
    assert_eq!(world.plan(), "pro");
    let cancelled = block_on(world.billing.cancel(&world.ann, CancelWhen::PeriodEnd)).unwrap();
    assert_eq!((cancelled.state, cancelled.until), (SubscriptionState::Cancelled, Some(unpaid.period_end)));
    assert_eq!(world.plan(), "pro");
    world.clock.advance(DAY * 23);
    assert_eq!(world.plan(), "free");
    world.clock.advance(DAY);
    world.happens(Snapshot { status: SnapshotStatus::Canceled, ended_at: Some(world.now()), ..unpaid });
    let ended = block_on(world.billing.subscription(&world.ann)).unwrap().unwrap();
    assert_eq!(ended.state, SubscriptionState::Ended);
    let entitlement = block_on(world.billing.entitlement(&world.ann)).unwrap();
    assert_eq!(entitlement.past.len(), 1, "one stretch of one plan: {:?}", entitlement.past);
}

#[test]
fn checkout_makes_one_customer_and_one_purchase_a_request() {
    let world = World::new();
    let mut order = World::order("pro");
    order.once = Some(Once::new("first").unwrap());
    let page = block_on(world.billing.checkout(&world.ann, &order)).unwrap();
    assert_eq!(block_on(world.billing.checkout(&world.ann, &order)).unwrap(), page);
    order.once = Some(Once::new("second").unwrap());
    assert_ne!(block_on(world.billing.checkout(&world.ann, &order)).unwrap(), page);
    assert_eq!(world.gateway.customers().len(), 1);
    let orders = world.gateway.orders();
    assert_eq!(orders.iter().map(|order| order.trial_days).collect::<Vec<_>>(), [14, 14]);
    assert!(orders.iter().all(|order| order.customer == "cus_1" && order.price == "price_pro"));
    world.ann_buys_pro();
    let again = block_on(world.billing.checkout(&world.ann, &World::order("max")));
    assert!(matches!(again, Err(Error::Taken("subscription"))), "the portal changes what somebody has");
    assert!(block_on(world.billing.portal(&world.ann, "https://chat.example")).unwrap().url.contains("cus_1"));
}

#[test]
fn something_may_be_tried_once() {
    let world = World::new();
    let active = world.ann_buys_pro();
    world.clock.advance(DAY);
    world.happens(Snapshot { status: SnapshotStatus::Canceled, ended_at: Some(world.now()), ..active });
    block_on(world.billing.checkout(&world.ann, &World::order("max"))).unwrap();
    assert_eq!(world.gateway.orders().last().unwrap().trial_days, 0);
}

#[test]
fn who_cannot_buy_is_told_why() {
    let world = World::new();
    let buy = |caller, plan: &str| block_on(world.billing.checkout(&caller, &World::order(plan)));
    assert!(matches!(buy(visitor(1), "pro"), Err(Error::Denied)));
    assert!(matches!(buy(user(1), "nothing"), Err(Error::NotFound("plan"))));
    assert!(matches!(buy(user(1), "free"), Err(Error::Invalid { field: "plan", .. })));
    let (bob, home) = (user(2), "https://chat.example");
    assert!(matches!(block_on(world.billing.portal(&bob, home)), Err(Error::NotFound("customer"))));
    let cancel = block_on(world.billing.cancel(&bob, CancelWhen::Now));
    assert!(matches!(cancel, Err(Error::NotFound("subscription"))));
    world.gateway.set_down(true);
    assert!(matches!(buy(user(1), "pro"), Err(Error::Gateway(_))));
    world.gateway.set_down(false);
    buy(user(1), "pro").unwrap();
}

#[test]
fn what_was_not_heard_of_is_looked_up_when_it_is_due() {
    let world = World::new();
    let active = world.ann_buys_pro();
    assert_eq!(block_on(world.billing.sweep()).unwrap(), 0);
    // the gateway renews, and its message is lost
    world.clock.advance(DAY * 37);
    let renewed = Snapshot { period_start: world.day(-7), period_end: world.day(23), ..active };
    world.gateway.change(renewed, world.day(-7));
    assert_eq!(world.plan(), "free");
    assert_eq!(block_on(world.billing.sweep()).unwrap(), 1);
    assert_eq!(world.plan(), "pro");
    // it cannot be reached
    world.clock.advance(DAY * 37);
    world.gateway.set_down(true);
    assert_eq!(block_on(world.billing.sweep()).unwrap(), 1);
    let found = block_on(world.billing.subscription(&world.ann)).unwrap().unwrap();
    assert_eq!((found.state, world.plan().as_str()), (SubscriptionState::Suspended, "free"));
    assert_eq!(block_on(world.billing.sweep()).unwrap(), 0);
}
