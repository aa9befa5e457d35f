//! Lives of subscriptions, as events tell them.

use chatcore::Clock;
use chatcore::billing::gateway::{News, Notice, PaymentGateway, Signed, Snapshot, SnapshotStatus};
use stripe_stand_in::AfterRetries;

use crate::scene::{DAY, PRICE, Scene, subject, told};
use chatcore_server::payments::stripe::TIMEOUT;

/// The events that say something, in short.
fn story(notices: &[Notice]) -> Vec<String> {
    let tell = |notice: &Notice| match &notice.news {
        News::Other => None,
        News::Purchased { .. } => Some("purchased".to_owned()),
        News::Subscription(Snapshot { status, cancel_at_period_end, .. }) => {
            Some(format!("{status:?}{}", if *cancel_at_period_end { ", ends" } else { "" }))
        }
        News::Paid { amount, currency, .. } => Some(format!("paid {amount} {currency}")),
        News::PaymentFailed { .. } => Some("payment failed".to_owned()),
        other => unreachable!("{other:?}"),
    };
    notices.iter().filter_map(tell).collect()
}

async fn live(scene: &Scene) {
    let (customer, id) = scene.bought(7).await;
    scene.stand_in.advance(DAY * 7).unwrap();
    scene.stand_in.break_card(&customer);
    scene.stand_in.advance(DAY * 31).unwrap();
    scene.stand_in.mend_card(&customer).unwrap();
    scene.stripe.cancel(&id, chatcore::billing::gateway::CancelWhen::PeriodEnd, "leave").await.unwrap();
    scene.stand_in.advance(DAY * 31).unwrap();
}

const LIFE: [&str; 12] = [
    "Trialing",
    "paid 0 usd",
    "purchased",
    "Active",
    "paid 900 usd",
    "Active",
    "payment failed",
    "PastDue",
    "paid 900 usd",
    "Active",
    "Active, ends",
    "Canceled, ends",
];

pub(crate) async fn a_life_as_events_tell_it() {
    let scene = Scene::new().await;
    live(&scene).await;
    let notices = scene.notices();
    assert_eq!(story(&notices), LIFE);
    assert!(notices.is_sorted_by_key(|notice| notice.created));
    let named = |notice: &Notice| match &notice.news {
        News::Purchased { subject: of, customer, subscription } => {
            assert_eq!(*of, Some(subject()));
            Some((customer.clone(), subscription.clone()))
        }
        News::Subscription(it) => {
            assert_eq!(it.price, PRICE);
            Some((it.customer.clone(), Some(it.id.clone())))
        }
        News::Paid { customer, subscription, .. } | News::PaymentFailed { customer, subscription, .. } => {
            Some((customer.clone(), subscription.clone()))
        }
        _ => None,
    };
    let mut named: Vec<_> = notices.iter().filter_map(named).collect();
    assert!(named[0].1.is_some());
    named.dedup();
    assert_eq!(named.len(), 1, "all are about one customer and one subscription");
}

pub(crate) async fn an_old_version_tells_the_same() {
    let old = "2024-06-20";
    let scene = Scene::with(|options| stripe_stand_in::Options { event_version: old.to_owned(), ..options }, TIMEOUT);
    let (old, new) = (scene.await, Scene::new().await);
    live(&old).await;
    live(&new).await;
    assert_eq!(old.notices(), new.notices());
    let bodies = |scene: &Scene| scene.stand_in.events().iter().map(ToString::to_string).collect::<String>();
    assert_ne!(bodies(&old), bodies(&new), "the versions differ");
}

pub(crate) async fn late_payers_lose_it() {
    let ends = [(AfterRetries::Unpaid, "Unpaid"), (AfterRetries::Cancel, "Canceled")];
    for (after_retries, end) in ends {
        let scene = Scene::with(|options| stripe_stand_in::Options { after_retries, ..options }, TIMEOUT).await;
        let (customer, id) = scene.bought(0).await;
        scene.stand_in.break_card(&customer);
        scene.stand_in.advance(DAY * 50).unwrap();
        let story = story(&scene.notices());
        let begin = ["Incomplete", "paid 900 usd", "Active", "purchased", "Active", "payment failed", "PastDue"];
        assert_eq!(story[..7], begin);
        assert_eq!(story[7..], ["payment failed", "payment failed", "payment failed", end]);
        let last = scene.stripe.subscription(&id).await.unwrap().unwrap();
        assert_eq!(format!("{:?}", last.status), end);
        scene.stand_in.mend_card(&customer).unwrap();
        let paid = scene.stripe.subscription(&id).await.unwrap().unwrap().status;
        let is_back = paid == SnapshotStatus::Active;
        assert_eq!(is_back, after_retries == AfterRetries::Unpaid, "what is over stays over");
    }
}

pub(crate) async fn the_portal_ends_at_a_moment() {
    let scene = Scene::new().await;
    let (customer, id) = scene.bought(0).await;
    let portal = scene.stripe.portal(&customer, "https://chat.example.org/").await.unwrap();
    crate::pages::press(&portal.url, "cancel").await;
    let subscription = scene.stand_in.object(&id).unwrap();
    assert!(subscription["cancel_at_period_end"] == false && subscription["cancel_at"].is_i64(), "{subscription}");
    assert!(scene.stripe.subscription(&id).await.unwrap().unwrap().cancel_at_period_end);
    crate::pages::press(&portal.url, "resume").await;
    assert!(!scene.stripe.subscription(&id).await.unwrap().unwrap().cancel_at_period_end);
}

pub(crate) async fn an_event_is_told_again() {
    let scene = Scene::new().await;
    live(&scene).await;
    let notices = scene.notices();
    assert!(notices.len() > LIFE.len());
    for notice in notices {
        assert_eq!(told(scene.stripe.event(&notice.id).await).unwrap(), Some(notice));
    }
    let first = scene.stand_in.events()[0]["id"].as_str().unwrap().to_owned();
    let (body, signature) = scene.stand_in.signed(&first).unwrap();
    let message = Signed { body: body.as_bytes(), signature: &signature };
    let at_first = told(scene.stripe.read(&message, scene.clock.now())).unwrap();
    assert_eq!(at_first, scene.stripe.read(&message, scene.clock.now()).unwrap(), "reading it twice says the same");
}
