//! Checkout sessions: a purchase that somebody is about to make.

use serde_json::{Value, json};
use url::Url;

use super::subscription;
use crate::failure::Failure;
use crate::params::Params;
use crate::world::World;

const DAY: i64 = 24 * 60 * 60;
const KNOWN: [&str; 9] = [
    "mode",
    "customer",
    "customer_email",
    "client_reference_id",
    "line_items",
    "success_url",
    "cancel_url",
    "metadata",
    "subscription_data",
];

pub(crate) fn is_address(text: &str) -> bool {
    // Checkout replaces its placeholder itself
    let text = text.replace("{CHECKOUT_SESSION_ID}", "id");
    Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

pub(crate) fn create(world: &mut World, home: &str, params: &Params) -> Result<Value, Failure> {
    params.only(&KNOWN)?;
    if params.required("/mode")? != "subscription" {
        return Err(Failure::parameter("parameter_invalid_enum", "mode"));
    }
    let price = world.get("price", params.required("/line_items/0/price")?)?;
    if price["recurring"].is_null() {
        return Err(Failure::parameter("checkout_price_not_recurring", "line_items[0][price]"));
    }
    let customer = match params.text("/customer") {
        Some(id) => world.get("customer", id)?["id"].clone(),
        None => Value::Null,
    };
    for name in ["success_url", "cancel_url"] {
        if params.text(&format!("/{name}")).is_some_and(|url| !is_address(url)) {
            return Err(Failure::parameter("url_invalid", name));
        }
    }
    let success_url = params.required("/success_url")?;
    if params.number("/subscription_data/trial_period_days")?.is_some_and(|days| !(1..=730).contains(&days)) {
        return Err(Failure::parameter("parameter_invalid_integer", "subscription_data[trial_period_days]"));
    }
    let (id, now) = (world.mint("cs_test"), world.now());
    let session = json!({
        "id": id, "object": "checkout.session", "created": now, "expires_at": now + DAY, "livemode": false,
        "mode": "subscription", "status": "open", "payment_status": "unpaid", "url": format!("{home}/c/pay/{id}"),
        "customer": customer, "customer_email": params.text("/customer_email"),
        "client_reference_id": params.text("/client_reference_id"), "metadata": params.table("/metadata"),
        "success_url": success_url, "cancel_url": params.text("/cancel_url"),
        "subscription": null, "invoice": null, "currency": price["currency"], "amount_total": price["unit_amount"],
        "amount_subtotal": price["unit_amount"], "custom_fields": [], "custom_text": {}, "shipping_options": [],
        "payment_method_types": ["card"], "automatic_tax": { "enabled": false, "liability": null, "status": null },
    });
    // what a session does not show
    let mut kept = session.clone();
    kept["_price"] = price["id"].clone();
    kept["_subscription_data"] = params.table("/subscription_data");
    world.put(kept);
    Ok(session)
}

/// What others may see of it.
pub(crate) fn shown(mut session: Value) -> Value {
    if let Some(fields) = session.as_object_mut() {
        fields.retain(|name, _| !name.starts_with('_'));
    }
    session
}

/// The session, while it can be paid.
pub(crate) fn open(world: &World, id: &str) -> Result<Value, Failure> {
    let session = world.get("checkout.session", id)?;
    if session["status"] == "open" && session["expires_at"].as_i64() > Some(world.now()) {
        Ok(session)
    } else {
        Err(Failure::invalid("the session is over"))
    }
}

/// Somebody pays. Returns where they go.
pub(crate) fn pay(world: &mut World, id: &str) -> Result<String, Failure> {
    let mut session = open(world, id)?;
    if session["customer"].is_null() {
        let form = format!("email={}", session["customer_email"].as_str().unwrap_or("somebody@example.org"));
        session["customer"] = super::customer::create(world, &Params::parse(&form))?["id"].clone();
    }
    let subscription = subscription::begin(world, &session)?;
    session["subscription"] = subscription["id"].clone();
    session["invoice"] = subscription["latest_invoice"].clone();
    session["status"] = "complete".into();
    session["url"] = Value::Null;
    let free = subscription["status"] == "trialing";
    session["payment_status"] = if free { "no_payment_required" } else { "paid" }.into();
    world.put(session.clone());
    let session = shown(session);
    world.emit("checkout.session.completed", &session);
    Ok(session["success_url"].as_str().unwrap_or_default().replace("{CHECKOUT_SESSION_ID}", id))
}

/// Ends sessions that nobody paid for a day.
pub(crate) fn expire(world: &mut World) {
    let is_late = |session: &Value| session["status"] == "open" && session["expires_at"].as_i64() <= Some(world.now());
    let late: Vec<Value> = world.all("checkout.session").into_iter().filter(is_late).collect();
    for mut session in late {
        (session["status"], session["url"]) = ("expired".into(), Value::Null);
        world.put(session.clone());
        world.emit("checkout.session.expired", &shown(session));
    }
}
