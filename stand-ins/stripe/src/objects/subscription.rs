//! Subscriptions: made by Checkout, changed by the API and the portal, ended by either or by time.

use serde_json::{Value, json};

use super::invoice;
use crate::failure::Failure;
use crate::params::Params;
use crate::period;
use crate::world::World;

const DAY: i64 = 24 * 60 * 60;
const UPDATED: &str = "customer.subscription.updated";

/// What somebody has not ended.
pub(crate) fn of(world: &World, customer: &str) -> Vec<Value> {
    let all = world.all("subscription").into_iter();
    all.filter(|it| it["customer"] == customer && it["status"] != "canceled").collect()
}

/// When its period ends.
pub(crate) fn period_end(subscription: &Value) -> i64 {
    subscription["items"]["data"][0]["current_period_end"].as_i64().unwrap_or(i64::MAX)
}

/// Begins one, paid for by a session of Checkout.
pub(crate) fn begin(world: &mut World, session: &Value) -> Result<Value, Failure> {
    let price = world.get("price", session["_price"].as_str().unwrap_or_default())?;
    let (id, now) = (world.mint("sub"), world.now());
    let days = session["_subscription_data"]["trial_period_days"].as_str().and_then(|days| days.parse::<i64>().ok());
    let trial_end = days.map(|days| now + days * DAY);
    let end = trial_end.unwrap_or_else(|| period::end(now, &price["recurring"]));
    let metadata = session["_subscription_data"].get("metadata").cloned().unwrap_or_else(|| json!({}));
    let item = json!({
        "id": world.mint("si"), "object": "subscription_item", "created": now, "metadata": {}, "price": price,
        "quantity": 1, "subscription": id, "current_period_start": now, "current_period_end": end,
    });
    let subscription = json!({
        "id": id, "object": "subscription", "created": now, "start_date": now, "livemode": false,
        "customer": session["customer"], "currency": price["currency"], "metadata": metadata,
        "status": if trial_end.is_some() { "trialing" } else { "incomplete" },
        "billing_mode": { "type": "flexible" }, "billing_cycle_anchor": end,
        "items": { "object": "list", "data": [item], "has_more": false, "url": "/v1/subscription_items" },
        "cancel_at": null, "cancel_at_period_end": false, "canceled_at": null, "ended_at": null,
        "trial_start": trial_end.map(|_| now), "trial_end": trial_end, "latest_invoice": null,
        "collection_method": "charge_automatically", "pause_collection": null, "schedule": null,
    });
    world.put(subscription.clone());
    // as with Stripe, the first events of a subscription are of the same second, and come in any order
    world.emit("customer.subscription.created", &subscription);
    let bill = invoice::create(world, &subscription, "subscription_create");
    invoice::collect(world, &bill)?;
    world.get("subscription", &id)
}

/// What the API may change: whether it ends with its period, and notes.
pub(crate) fn update(world: &mut World, id: &str, params: &Params) -> Result<Value, Failure> {
    params.only(&["cancel_at_period_end", "metadata"])?;
    let before = world.get("subscription", id)?;
    if before["status"] == "canceled" {
        return Err(Failure::invalid("a canceled subscription can only update its metadata"));
    }
    let mut after = before.clone();
    if let Some(ends) = params.flag("/cancel_at_period_end")? {
        after["cancel_at_period_end"] = ends.into();
        after["canceled_at"] = if ends { world.now().into() } else { Value::Null };
        after["cancel_at"] = Value::Null;
    }
    if let Some(notes) = params.value().get("metadata") {
        after["metadata"] = notes.clone();
    }
    Ok(world.update(UPDATED, &before, after))
}

/// Ends one at once, for the API: what has ended already is not found.
pub(crate) fn cancel(world: &mut World, id: &str) -> Result<Value, Failure> {
    let subscription = world.get("subscription", id)?;
    if subscription["status"] == "canceled" {
        return Err(Failure::missing("subscription", id));
    }
    Ok(end(world, &subscription))
}

/// Ends one.
pub(crate) fn end(world: &mut World, subscription: &Value) -> Value {
    let mut ended = subscription.clone();
    let now = world.now();
    ended["status"] = "canceled".into();
    ended["ended_at"] = now.into();
    if ended["canceled_at"].is_null() {
        ended["canceled_at"] = now.into();
    }
    world.put(ended.clone());
    world.emit("customer.subscription.deleted", &ended);
    ended
}

/// Ends one with its period, as the portal does: in the flexible billing mode, which is the usual one, that is a moment
/// and not a flag.
pub(crate) fn cancel_in_portal(world: &mut World, subscription: &Value) {
    let mut after = subscription.clone();
    after["cancel_at"] = period_end(subscription).into();
    after["canceled_at"] = world.now().into();
    world.update(UPDATED, subscription, after);
}

/// Takes an end back that has not come.
pub(crate) fn resume(world: &mut World, subscription: &Value) {
    let mut after = subscription.clone();
    (after["cancel_at"], after["canceled_at"]) = (Value::Null, Value::Null);
    after["cancel_at_period_end"] = false.into();
    world.update(UPDATED, subscription, after);
}

/// Another status.
pub(crate) fn set_status(world: &mut World, id: &str, status: &str) -> Result<(), Failure> {
    let before = world.get("subscription", id)?;
    let mut after = before.clone();
    after["status"] = status.into();
    world.update(UPDATED, &before, after);
    Ok(())
}

/// The next period, with a bill for it.
pub(crate) fn renew(world: &mut World, subscription: &Value) -> Result<(), Failure> {
    let mut after = subscription.clone();
    let begin = period_end(subscription);
    let item = &mut after["items"]["data"][0];
    let end = period::end(begin, &item["price"]["recurring"]);
    (item["current_period_start"], item["current_period_end"]) = (begin.into(), end.into());
    if subscription["status"] == "trialing" {
        after["status"] = "active".into();
    }
    let renewed = world.update(UPDATED, subscription, after);
    let bill = invoice::create(world, &renewed, "subscription_cycle");
    invoice::collect(world, &bill)
}
