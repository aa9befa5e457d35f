//! Failures: what passes, and what stays.

use std::time::Duration;

use chatcore::billing::gateway::{CancelWhen, GatewayError, PaymentGateway};
use chatcore_server::payments::stripe::Stripe;
use stripe_stand_in::Fault;
use tokio::net::TcpListener;

use crate::scene::{Scene, config, order, somebody, told};

/// Everything that can be asked for, with the path that it goes to.
const CALLS: [(&str, &str); 7] = [
    ("customer", "/v1/customers"),
    ("checkout", "/v1/checkout/sessions"),
    ("portal", "/v1/billing_portal/sessions"),
    ("cancel at the end", "/v1/subscriptions/sub_x"),
    ("cancel now", "/v1/subscriptions/sub_x"),
    ("subscription", "/v1/subscriptions/sub_x"),
    ("event", "/v1/events/evt_x"),
];

async fn ask(stripe: &Stripe, call: &str) -> Result<(), GatewayError> {
    told(match call {
        "customer" => stripe.create_customer(&somebody(), "x").await.map(drop),
        "checkout" => stripe.checkout(&order("cus_x"), "x").await.map(drop),
        "portal" => stripe.portal("cus_x", "https://chat.example.org/").await.map(drop),
        "cancel at the end" => stripe.cancel("sub_x", CancelWhen::PeriodEnd, "x").await.map(drop),
        "cancel now" => stripe.cancel("sub_x", CancelWhen::Now, "x").await.map(drop),
        "subscription" => stripe.subscription("sub_x").await.map(drop),
        _ => stripe.event("evt_x").await.map(drop),
    })
}

pub(crate) async fn what_passes_is_told_from_what_stays() {
    let scene = Scene::new().await;
    let passes = [409, 424, 429, 500, 502, 503, 504].map(Fault::Status);
    let passes = passes.into_iter().chain([Fault::Page(502), Fault::Page(404), Fault::Garbage, Fault::Reset]);
    let stays = [400, 401, 402, 403].map(Fault::Status);
    let rows = passes.map(|fault| (fault, true)).chain(stays.map(|fault| (fault, false)));
    for (fault, may_pass) in rows {
        for (call, path) in CALLS {
            scene.stand_in.fail(path, fault);
            let error = ask(&scene.stripe, call).await.unwrap_err();
            let is_right = match error {
                GatewayError::Unavailable(_) => may_pass,
                GatewayError::Refused(_) => !may_pass,
                _ => false,
            };
            assert!(is_right, "{fault:?} of {call}: {error:?}");
        }
    }
}

pub(crate) async fn a_lost_answer_is_asked_for_again() {
    let scene = Scene::new().await;
    scene.stand_in.fail("/v1/customers", Fault::LostAnswer);
    assert!(matches!(ask(&scene.stripe, "customer").await, Err(GatewayError::Unavailable(_))));
    let customer = told(scene.stripe.create_customer(&somebody(), "x").await).unwrap();
    assert_eq!(scene.asked("/v1/customers"), 2);
    let made = scene.notices().iter().filter(|notice| notice.kind == "customer.created").count();
    assert_eq!(made, 1, "the customer that was made is the one that is told: {customer}");

    let (_, id) = scene.bought(0).await;
    scene.stand_in.fail(&format!("/v1/subscriptions/{id}"), Fault::LostAnswer);
    assert!(matches!(scene.stripe.cancel(&id, CancelWhen::Now, "x").await, Err(GatewayError::Unavailable(_))));
    assert!(scene.stripe.cancel(&id, CancelWhen::Now, "x").await.unwrap().ended_at.is_some());
}

pub(crate) async fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let stripe = Stripe::new(&config(&format!("http://{address}"))).unwrap();
    for (call, _) in CALLS {
        assert!(matches!(ask(&stripe, call).await, Err(GatewayError::Unavailable(_))), "{call}");
    }
}

pub(crate) async fn nobody_answers() {
    let scene = Scene::with(|options| options, Duration::from_millis(100)).await;
    for (call, path) in CALLS {
        scene.stand_in.fail(path, Fault::Silence);
        assert!(matches!(ask(&scene.stripe, call).await, Err(GatewayError::Unavailable(_))), "{call}");
    }
}
