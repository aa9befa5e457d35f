//! Products and their prices.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::params::Params;
use crate::world::World;

pub(crate) fn create_product(world: &mut World, params: &Params) -> Result<Value, Failure> {
    params.only(&["name", "description", "metadata", "id"])?;
    let name = params.required("/name")?;
    let id = params.text("/id").map_or_else(|| world.mint("prod"), str::to_owned);
    let product = product(world.now(), &id, name, params.table("/metadata"));
    world.emit("product.created", &product);
    Ok(world.put(product))
}

fn product(now: i64, id: &str, name: &str, metadata: Value) -> Value {
    json!({
        "id": id, "object": "product", "active": true, "created": now, "updated": now, "livemode": false,
        "name": name, "description": null, "metadata": metadata, "images": [], "type": "service",
    })
}

pub(crate) fn create_price(world: &mut World, params: &Params) -> Result<Value, Failure> {
    params.only(&["currency", "unit_amount", "product", "recurring", "nickname", "metadata", "lookup_key"])?;
    let product = world.get("product", params.required("/product")?)?;
    let currency = params.required("/currency")?.to_lowercase();
    params.required("/unit_amount")?;
    let amount = params.number("/unit_amount")?.filter(|amount| *amount >= 0);
    let amount = amount.ok_or_else(|| Failure::parameter("parameter_invalid_integer", "unit_amount"))?;
    let interval = params.text("/recurring/interval");
    if interval.is_some_and(|it| !["day", "week", "month", "year"].contains(&it)) {
        return Err(Failure::parameter("parameter_invalid_string", "recurring[interval]"));
    }
    let recurring = interval.map_or(Value::Null, |interval| {
        let count = params.number("/recurring/interval_count").ok().flatten().unwrap_or(1);
        json!({ "interval": interval, "interval_count": count, "usage_type": "licensed", "meter": null })
    });
    let price = json!({
        "id": world.mint("price"), "object": "price", "active": true, "created": world.now(), "livemode": false,
        "product": product["id"], "currency": currency, "unit_amount": amount, "billing_scheme": "per_unit",
        "unit_amount_decimal": amount.to_string(), "nickname": params.text("/nickname"),
        "lookup_key": params.text("/lookup_key"), "metadata": params.table("/metadata"), "recurring": recurring,
        "type": if interval.is_some() { "recurring" } else { "one_time" }, "tax_behavior": "unspecified",
    });
    world.emit("price.created", &price);
    Ok(world.put(price))
}

/// A price of a name that somebody chose, which Stripe itself does not allow: configurations of tests name it.
pub(crate) fn named_price(world: &mut World, id: &str, amount: u64, currency: &str, interval: &str) {
    let product_id = format!("prod_{id}");
    let product = product(world.now(), &product_id, id, json!({}));
    world.put(product);
    let price = json!({
        "id": id, "object": "price", "active": true, "created": world.now(), "livemode": false,
        "product": product_id, "currency": currency, "unit_amount": amount, "billing_scheme": "per_unit",
        "unit_amount_decimal": amount.to_string(), "nickname": null, "lookup_key": null, "metadata": {},
        "recurring": { "interval": interval, "interval_count": 1, "usage_type": "licensed", "meter": null },
        "type": "recurring", "tax_behavior": "unspecified",
    });
    world.put(price);
}
