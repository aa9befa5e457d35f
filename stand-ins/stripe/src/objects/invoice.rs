//! Invoices, and attempts to collect them.

use serde_json::{Value, json};

use super::subscription;
use crate::failure::Failure;
use crate::world::{AfterRetries, World};

const DAY: i64 = 24 * 60 * 60;
/// How long after each failed attempt there is another, in days; after the last there is none.
const RETRIES: [i64; 3] = [3, 5, 7];

/// A bill for the period of a subscription that has begun.
pub(crate) fn create(world: &mut World, subscription: &Value, reason: &str) -> Value {
    let item = &subscription["items"]["data"][0];
    let amount = if subscription["status"] == "trialing" { 0.into() } else { item["price"]["unit_amount"].clone() };
    let (id, now) = (world.mint("in"), world.now());
    let invoice = json!({
        "id": id, "object": "invoice", "created": now, "livemode": false, "status": "open",
        "customer": subscription["customer"], "currency": subscription["currency"], "billing_reason": reason,
        "amount_due": amount, "amount_paid": 0, "amount_remaining": amount, "total": amount,
        "attempt_count": 0, "attempted": false, "next_payment_attempt": null,
        "period_start": item["current_period_start"], "period_end": item["current_period_end"], "metadata": {},
        "parent": {
            "type": "subscription_details", "quote_details": null,
            "subscription_details": { "subscription": subscription["id"], "metadata": subscription["metadata"] },
        },
    });
    world.put(invoice.clone());
    world.emit("invoice.created", &invoice);
    let mut named = subscription.clone();
    named["latest_invoice"] = id.into();
    world.put(named);
    invoice
}

fn subscription_of(invoice: &Value) -> &str {
    invoice["parent"]["subscription_details"]["subscription"].as_str().unwrap_or_default()
}

/// Tries to collect a bill. A card that is broken leaves it open, and its subscription behind.
pub(crate) fn collect(world: &mut World, invoice: &Value) -> Result<(), Failure> {
    let mut after = invoice.clone();
    let attempts = invoice["attempt_count"].as_i64().unwrap_or(0) + 1;
    (after["attempt_count"], after["attempted"]) = (attempts.into(), true.into());
    let broken = world.broken_cards.contains(invoice["customer"].as_str().unwrap_or_default());
    if broken && invoice["amount_due"] != 0 { failed(world, after, attempts) } else { paid(world, after) }
}

fn paid(world: &mut World, mut invoice: Value) -> Result<(), Failure> {
    (invoice["status"], invoice["next_payment_attempt"]) = ("paid".into(), Value::Null);
    invoice["amount_paid"] = invoice["amount_due"].clone();
    invoice["amount_remaining"] = 0.into();
    world.put(invoice.clone());
    world.emit("invoice.paid", &invoice);
    world.emit("invoice.payment_succeeded", &invoice);
    let subscription = world.get("subscription", subscription_of(&invoice))?;
    match subscription["status"].as_str() {
        Some("incomplete" | "past_due" | "unpaid") => {
            subscription::set_status(world, subscription_of(&invoice), "active")
        }
        _ => Ok(()),
    }
}

fn failed(world: &mut World, mut invoice: Value, attempts: i64) -> Result<(), Failure> {
    let pause = usize::try_from(attempts - 1).ok().and_then(|at| RETRIES.get(at));
    invoice["next_payment_attempt"] = pause.map(|days| world.now() + days * DAY).into();
    world.put(invoice.clone());
    world.emit("invoice.payment_failed", &invoice);
    let id = subscription_of(&invoice);
    match (pause, world.after_retries) {
        (Some(_), _) => subscription::set_status(world, id, "past_due"),
        (None, AfterRetries::Unpaid) => subscription::set_status(world, id, "unpaid"),
        (None, AfterRetries::Cancel) => {
            let late = world.get("subscription", id)?;
            subscription::end(world, &late);
            Ok(())
        }
    }
}

/// The bills of a subscription that nobody has paid.
pub(crate) fn open_of(world: &World, subscription: &str) -> Vec<Value> {
    let all = world.all("invoice").into_iter();
    all.filter(|it| it["status"] == "open" && subscription_of(it) == subscription).collect()
}

/// Pays one now, for the API.
pub(crate) fn pay(world: &mut World, id: &str) -> Result<Value, Failure> {
    let invoice = world.get("invoice", id)?;
    if invoice["status"] != "open" {
        return Err(Failure::invalid("the invoice is not open"));
    }
    collect(world, &invoice)?;
    let after = world.get("invoice", id)?;
    if after["status"] == "paid" {
        return Ok(after);
    }
    let refused = Failure::invalid("the card was declined");
    let status = poem::http::StatusCode::PAYMENT_REQUIRED;
    Err(Failure { status, kind: "card_error", code: Some("card_declined"), ..refused })
}
