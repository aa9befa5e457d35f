//! Messages that are proven, and cannot be read or are about something else.

use chatcore::Clock;
use chatcore::billing::gateway::{GatewayError, News, Notice, PaymentGateway, Signed};
use chatcore::testing::ManualClock;
use chatcore_server::payments::stripe::Stripe;
use serde_json::{Value, json};
use stripe_stand_in::sign;

use crate::scene::{SECRET, config, told};

fn read(body: &[u8]) -> Result<Notice, GatewayError> {
    let stripe = Stripe::new(&config("http://127.0.0.1:1")).unwrap();
    let now = ManualClock::new().now();
    let signature = sign(&[SECRET.to_owned()], now.as_seconds(), body);
    told(stripe.read(&Signed { body, signature: &signature }, now))
}

fn event(kind: &str, object: &Value) -> Value {
    json!({ "id": "evt_1", "object": "event", "type": kind, "created": 1, "data": { "object": object } })
}

fn subscription() -> Value {
    let item = json!({ "price": { "id": "price_1" }, "current_period_start": 1, "current_period_end": 2 });
    json!({
        "id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "active", "items": { "data": [item] },
        "cancel_at_period_end": false,
    })
}

/// The same with a field replaced, by its path.
fn with(mut value: Value, path: &str, field: Value) -> Value {
    *value.pointer_mut(path).unwrap() = field;
    value
}

pub(crate) async fn a_proven_message_that_makes_no_sense_keeps_its_id() {
    let good = event("customer.subscription.updated", &subscription());
    assert!(matches!(read(good.to_string().as_bytes()).unwrap().news, News::Subscription(_)));
    let object = "/data/object";
    let path = |rest: &str| format!("{object}/{rest}");
    let rows = [
        ("no date", with(good.clone(), "/created", Value::Null)),
        ("a date as text", with(good.clone(), "/created", json!("yesterday"))),
        ("a date that is too far", with(good.clone(), "/created", json!(i64::MAX))),
        ("no event", with(good.clone(), "/object", json!("v2.core.event"))),
        ("no kind", with(good.clone(), "/type", Value::Null)),
        ("no data", with(good.clone(), "/data", json!({}))),
        ("no object", with(good.clone(), object, json!("sub_1"))),
        ("a status of next year", with(good.clone(), &path("status"), json!("dormant"))),
        ("nothing that is subscribed to", with(good.clone(), &path("items/data"), json!([]))),
        ("no period", with(good.clone(), &path("items/data/0/current_period_end"), Value::Null)),
        ("a period that is too long", with(good.clone(), &path("items/data/0/current_period_end"), json!(i64::MAX))),
        ("no customer", with(good.clone(), &path("customer"), Value::Null)),
        (
            "an amount below zero",
            event(
                "invoice.paid",
                &json!({
                    "id": "in_1", "customer": "cus_1", "amount_paid": -1, "currency": "usd",
                }),
            ),
        ),
        ("an invoice without an id", event("invoice.payment_failed", &json!({ "customer": "cus_1" }))),
        ("a session of no mode", event("checkout.session.completed", &json!({ "customer": "cus_1" }))),
    ];
    for (name, event) in rows {
        let error = read(event.to_string().as_bytes()).unwrap_err();
        let GatewayError::Unreadable { event, reason } = error else { unreachable!("{name}: {error:?}") };
        assert_eq!(event.as_deref(), Some("evt_1"), "{name}: {reason}");
        assert!(!reason.is_empty(), "{name}");
    }
    let deep = "[".repeat(100_000);
    let nameless: [(&str, Vec<u8>); 8] = [
        ("nothing", Vec::new()),
        ("no JSON", b"<html>".to_vec()),
        ("no text", vec![0xff, 0xfe]),
        ("no end", good.to_string().as_bytes()[..50].to_vec()),
        ("a list", b"[]".to_vec()),
        ("very deep", deep.into_bytes()),
        ("no id", with(good.clone(), "/id", json!(7)).to_string().into_bytes()),
        ("an id that is an address", with(good, "/id", json!("../evt")).to_string().into_bytes()),
    ];
    for (name, body) in nameless {
        let error = read(&body).unwrap_err();
        assert!(matches!(&error, GatewayError::Unreadable { event: None, .. }), "{name}: {error:?}");
    }
}

pub(crate) async fn what_others_sell_is_nothing_to_us() {
    let news = |kind: &str, object: Value| read(event(kind, &object).to_string().as_bytes()).unwrap().news;
    for (kind, object) in [
        ("charge.refunded", json!({ "id": "ch_1" })),
        ("a.kind.of.next.year", json!({})),
        ("checkout.session.completed", json!({ "mode": "payment", "customer": "cus_1" })),
        ("checkout.session.completed", json!({ "mode": "subscription", "customer": null })),
        ("invoice.paid", json!({ "id": "in_1", "customer": null, "amount_paid": 1, "currency": "usd" })),
        ("invoice.payment_succeeded", json!({})),
    ] {
        assert_eq!(news(kind, object), News::Other, "{kind}");
    }
    let invoice = |rest: Value| {
        let mut invoice = json!({ "id": "in_1", "customer": { "id": "cus_1" }, "amount_paid": 1, "currency": "usd" });
        invoice.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        match news("invoice.paid", invoice) {
            News::Paid { customer, subscription, .. } => (customer, subscription),
            other => unreachable!("{other:?}"),
        }
    };
    let parent = json!({ "parent": { "subscription_details": { "subscription": "sub_1" } } });
    assert_eq!(invoice(parent), ("cus_1".to_owned(), Some("sub_1".to_owned())));
    let shown = json!({ "subscription": { "id": "sub_1" }, "parent": null });
    assert_eq!(invoice(shown).1.as_deref(), Some("sub_1"));
    assert_eq!(invoice(json!({ "parent": { "subscription_details": null } })).1, None, "a bill for something else");
    let stranger = json!({ "mode": "subscription", "customer": "cus_1", "client_reference_id": "order-7" });
    let News::Purchased { subject, .. } = news("checkout.session.completed", stranger) else { unreachable!() };
    assert_eq!(subject, None, "whom others refer to is nobody here");
}
