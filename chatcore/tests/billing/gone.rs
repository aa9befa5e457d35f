//! Who pays for an account that is deleted: nothing comes of it, nothing of it is lost, and somebody sees to it.

use chatcore::account::{AccountRole, DeleteUser, RegisterUser};
use chatcore::billing::ledger::{EntryKind, LedgerStore};
use chatcore::billing::{
    BillingStore, CancelWhen, EventState, ExpectUnsubscribed, News, PaymentEvent, Snapshot, SnapshotStatus,
    SubscriptionState,
};
use chatcore::store::{Batch, Commit};
use chatcore::testing::CountingIds;
use chatcore::{JobId, UserId};
use futures::executor::block_on;

use crate::world::{DAY, World};

fn ann(world: &World) -> UserId {
    world.ann.user_id().unwrap()
}

/// Ann, who has an account.
fn world() -> World {
    let world = World::new();
    let (id, secret, role) = (ann(&world), "$argon2id$".to_owned(), AccountRole::User);
    let new = RegisterUser { id, username: Some("ann".into()), email: None, secret, role, at: world.now() };
    block_on(world.store.commit(Batch::of(new))).unwrap();
    world
}

/// Ann deletes her account.
fn leaves(world: &World) {
    let (user, at) = (ann(world), world.now());
    let delete = DeleteUser { by: Some(user), user, job: JobId::mint(at, &CountingIds::default()), at };
    let batch = Batch::of(delete).and(ExpectUnsubscribed { subject: world.ann.subject() });
    block_on(world.store.commit(batch)).unwrap();
}

fn again(world: &World, event: &PaymentEvent) -> EventState {
    block_on(world.billing.replay(None, &event.id)).unwrap().state
}

#[test]
fn a_checkout_that_is_paid_after_the_deletion_is_put_aside_until_it_is_ended() {
    let world = world();
    block_on(world.billing.checkout(&world.ann, &World::order("pro"))).unwrap();
    leaves(&world);
    world.clock.advance(DAY);
    let (subject, customer) = (world.ann.subject(), "cus_1".to_owned());
    let snapshot = world.snapshot(SnapshotStatus::Active);
    let told = world.happens(snapshot.clone()).event;
    let tell = |kind: &str, news| world.deliver(&world.gateway.tell(kind, world.now(), news)).event;
    let subscription = Some("sub_1".to_owned());
    let bought = News::Purchased { subject: Some(subject), customer: customer.clone(), subscription };
    let bought = tell("purchased", bought);
    let once = News::Purchased { subject: Some(subject), customer: customer.clone(), subscription: None };
    let once = tell("purchased", once);
    let invoice = "in_1".to_owned();
    let bill = News::Paid { invoice, customer, subscription: None, amount: 1_900, currency: "usd".into() };
    let bill = tell("invoice", bill);
    let all = [told, bought, once, bill];
    for event in &all {
        assert_eq!(event.state, EventState::Parked, "{event:?}");
        assert!(event.reason.as_deref().is_some_and(|reason| reason.contains("is deleted")), "{event:?}");
    }
    let mut seen = block_on(world.billing.parked(None, None)).unwrap();
    seen.sort_by_key(|event| all.iter().position(|it| it.id == event.id));
    assert_eq!(seen, all, "whoever runs the service sees all of it");
    assert_eq!(block_on(world.store.subscription("sub_1")).unwrap(), None);
    assert_eq!(block_on(world.store.wallet(subject)).unwrap(), None);
    assert_eq!(world.plan(), "free");
    let [told, bought, _, bill] = all;
    assert_eq!(
        [&told, &bought].map(|event| again(&world, event)),
        [EventState::Parked; 2],
        "it goes on at the gateway"
    );

    world.clock.advance(DAY);
    let ended = Snapshot { status: SnapshotStatus::Canceled, ended_at: Some(world.now()), ..snapshot };
    assert_eq!(world.happens(ended).event.state, EventState::Applied);
    let found = block_on(world.store.subscription("sub_1")).unwrap().unwrap();
    assert_eq!(found.state, SubscriptionState::Ended);
    assert_eq!([&told, &bought].map(|event| again(&world, event)), [EventState::Ignored, EventState::Applied]);
    assert_eq!(again(&world, &bill), EventState::Applied, "what came in is booked when somebody says so");
    let entries = block_on(world.store.ledger_entries(subject, None, 9)).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.kind).collect::<Vec<_>>(), [EntryKind::Payment]);
    assert_eq!(world.plan(), "free");
}

#[test]
fn what_was_cancelled_before_the_deletion_ends_and_does_not_begin_again() {
    let world = world();
    let active = world.ann_buys_pro();
    block_on(world.billing.cancel(&world.ann, CancelWhen::PeriodEnd)).unwrap();
    leaves(&world);
    world.clock.advance(DAY);
    let resumed = world.happens(active.clone()).event;
    assert_eq!(resumed.state, EventState::Parked, "{resumed:?}");
    let found = || block_on(world.store.subscription("sub_1")).unwrap().unwrap().state;
    assert_eq!(found(), SubscriptionState::Cancelled);
    world.clock.advance(DAY);
    let ended = Snapshot { status: SnapshotStatus::Canceled, ended_at: Some(world.now()), ..active };
    assert_eq!(world.happens(ended).event.state, EventState::Applied);
    assert_eq!(found(), SubscriptionState::Ended);
    assert_eq!(again(&world, &resumed), EventState::Ignored, "something newer is known");
}
