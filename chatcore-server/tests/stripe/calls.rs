//! What the port asks for, and what arrives.

use chatcore::billing::gateway::{CancelWhen, GatewayError, NewCustomer, Order, PaymentGateway, SnapshotStatus};
use chatcore_server::config::StripeConfig;
use chatcore_server::payments::stripe::Stripe;
use serde_json::json;
use stripe_stand_in::CURRENT_VERSION;

use crate::scene::{DAY, PRICE, Scene, config, order, somebody, subject, told};

fn is_refused<T>(answer: Result<T, GatewayError>) -> bool {
    matches!(told(answer), Err(GatewayError::Refused(_)))
}

pub(crate) async fn a_customer_is_made_once() {
    let scene = Scene::new().await;
    let first = scene.customer().await;
    assert_eq!(scene.customer().await, first);
    let visitor = NewCustomer { subject: chatcore::testing::visitor(3).subject(), email: None };
    assert_ne!(told(scene.stripe.create_customer(&visitor, "other").await).unwrap(), first);
    let made = scene.notices().iter().filter(|notice| notice.kind == "customer.created").count();
    assert_eq!(made, 2);
    let asked = scene.stand_in.asked();
    let metadata = json!({ "chatcore_subject": subject().to_string() });
    assert_eq!(asked[0].params, json!({ "email": "ann+bills@example.org", "metadata": metadata }));
    assert_eq!(asked[0].idempotency_key.as_deref(), Some("customer:somebody"));
    assert_eq!(asked[0].version.as_deref(), Some(CURRENT_VERSION), "the stand-in speaks the version of async-stripe");
    assert_eq!(asked[2].params, json!({ "metadata": { "chatcore_subject": visitor.subject.to_string() } }));
}

pub(crate) async fn a_purchase_is_begun_once() {
    let scene = Scene::new().await;
    let customer = scene.customer().await;
    let page = told(scene.stripe.checkout(&order(&customer), "click-1").await).unwrap();
    assert_eq!(page, scene.stripe.checkout(&order(&customer), "click-1").await.unwrap());
    assert_ne!(page.id, scene.stripe.checkout(&order(&customer), "click-2").await.unwrap().id);
    assert_eq!(page.url, format!("{}/c/pay/{}", scene.stand_in.url(), page.id));
    let session = scene.stand_in.object(&page.id).unwrap();
    assert_eq!(session["cancel_url"], "https://chat.example.org/?a=1&b=2");
    let notes = json!({ "metadata": { "chatcore_subject": subject().to_string() } });
    let asked = &scene.stand_in.asked()[1];
    assert_eq!(asked.params["subscription_data"], notes, "no trial of zero days");
    assert_eq!(asked.params["line_items"], json!([{ "price": PRICE, "quantity": "1" }]));
    let back = scene.stand_in.pay(&page.id).unwrap();
    assert_eq!(back, format!("https://chat.example.org/?paid={}", page.id));
    let unknown = Order { price: "price_unknown".to_owned(), ..order(&customer) };
    assert!(is_refused(scene.stripe.checkout(&unknown, "click-3").await));
    assert!(is_refused(scene.stripe.checkout(&order("cus_unknown"), "click-4").await));
    let nowhere = Order { success_url: "nowhere".to_owned(), ..order(&customer) };
    assert!(is_refused(scene.stripe.checkout(&nowhere, "click-5").await));
}

pub(crate) async fn a_name_stands_for_one_request() {
    let scene = Scene::new().await;
    let customer = scene.customer().await;
    scene.stripe.checkout(&order(&customer), "somebody").await.unwrap();
    let other = Order { trial_days: 3, ..order(&customer) };
    assert!(is_refused(scene.stripe.checkout(&other, "somebody").await), "the same name for something else");
    let mut customers = vec![customer];
    for odd in [&"x".repeat(300), &"x".repeat(301), "a b", "a  b", "line\r\nend", "\u{fc}", ""] {
        let made = told(scene.stripe.create_customer(&somebody(), odd).await).unwrap();
        assert_eq!(made, scene.stripe.create_customer(&somebody(), odd).await.unwrap(), "{odd:?} is a name, too");
        customers.push(made);
    }
    customers.sort();
    customers.dedup();
    assert_eq!(customers.len(), 8, "each name stands for itself");
}

pub(crate) async fn a_trial_is_asked_for() {
    let scene = Scene::new().await;
    let (_, id) = scene.bought(14).await;
    let trial = told(scene.stripe.subscription(&id).await).unwrap().unwrap();
    assert_eq!((trial.status, trial.trial_end), (SnapshotStatus::Trialing, Some(trial.period_end)));
    assert_eq!(trial.period_end.since(trial.period_start), DAY * 14);
    scene.stand_in.advance(DAY * 14).unwrap();
    let active = scene.stripe.subscription(&id).await.unwrap().unwrap();
    assert_eq!((active.status, active.period_start), (SnapshotStatus::Active, trial.period_end));
}

pub(crate) async fn a_portal_is_opened() {
    let scene = Scene::new().await;
    let customer = scene.customer().await;
    let page = told(scene.stripe.portal(&customer, "https://chat.example.org/settings").await).unwrap();
    assert_eq!(page.url, format!("{}/p/session/{}", scene.stand_in.url(), page.id));
    let again = scene.stripe.portal(&customer, "https://chat.example.org/settings").await.unwrap();
    assert_ne!(page.id, again.id, "each visit has a page of its own");
    assert!(is_refused(scene.stripe.portal("cus_unknown", "https://chat.example.org/").await));
}

pub(crate) async fn a_subscription_ends_with_its_period() {
    let scene = Scene::new().await;
    let (customer, id) = scene.bought(0).await;
    let before = scene.stripe.subscription(&id).await.unwrap().unwrap();
    assert_eq!((&*before.customer, &*before.price, before.status), (&*customer, PRICE, SnapshotStatus::Active));
    assert!(!before.cancel_at_period_end);
    let ending = told(scene.stripe.cancel(&id, CancelWhen::PeriodEnd, "leave").await).unwrap();
    assert_eq!((ending.status, ending.cancel_at_period_end), (SnapshotStatus::Active, true));
    assert_eq!(ending, scene.stripe.cancel(&id, CancelWhen::PeriodEnd, "leave").await.unwrap());
    scene.stand_in.advance(DAY * 31).unwrap();
    let ended = scene.stripe.subscription(&id).await.unwrap().unwrap();
    assert_eq!((ended.status, ended.ended_at), (SnapshotStatus::Canceled, Some(before.period_end)));
}

pub(crate) async fn a_subscription_ends_now_and_again() {
    let scene = Scene::new().await;
    let (_, id) = scene.bought(0).await;
    let ended = told(scene.stripe.cancel(&id, CancelWhen::Now, "leave").await).unwrap();
    assert!(ended.status == SnapshotStatus::Canceled && ended.ended_at.is_some());
    assert_eq!(ended, told(scene.stripe.cancel(&id, CancelWhen::Now, "leave").await).unwrap(), "whoever asks again");
    assert!(is_refused(scene.stripe.cancel(&id, CancelWhen::PeriodEnd, "later").await));
    assert!(is_refused(scene.stripe.cancel("sub_unknown", CancelWhen::Now, "x").await));
    assert!(is_refused(scene.stripe.cancel("sub_unknown", CancelWhen::PeriodEnd, "y").await));
}

pub(crate) async fn what_is_not_there_is_none() {
    let scene = Scene::new().await;
    assert_eq!(told(scene.stripe.subscription("sub_unknown").await).unwrap(), None);
    assert_eq!(told(scene.stripe.event("evt_unknown").await).unwrap(), None);
    assert_eq!(scene.stripe.name(), "stripe");
}

pub(crate) async fn an_id_that_is_an_address_goes_nowhere() {
    let scene = Scene::new().await;
    let customer = scene.customer().await;
    for id in ["", "../customers", "sub_1?expand[]=x", "sub 1", "sub_1#", "a/b", &"x".repeat(256), "\u{fc}"] {
        assert_eq!(scene.stripe.subscription(id).await.unwrap(), None);
        assert_eq!(scene.stripe.event(&format!("../customers/{customer}{id}")).await.unwrap(), None);
        assert!(is_refused(scene.stripe.cancel(id, CancelWhen::Now, "x").await));
        assert!(is_refused(scene.stripe.cancel(id, CancelWhen::PeriodEnd, "x").await));
    }
    assert_eq!(scene.stand_in.asked().len(), 1, "nothing was sent");
}

pub(crate) async fn another_key_is_refused() {
    let scene = Scene::new().await;
    let here = config(&scene.stand_in.url());
    let stripe = Stripe::new(&StripeConfig { secret_key: "sk_test_canary_2".to_owned().into(), ..here }).unwrap();
    assert!(is_refused(stripe.create_customer(&somebody(), "x").await));
    assert!(is_refused(stripe.subscription("sub_1").await));
}
