//! Customers.

use serde_json::{Value, json};

use super::subscription;
use crate::failure::Failure;
use crate::params::Params;
use crate::world::World;

const KNOWN: [&str; 4] = ["email", "name", "description", "metadata"];

pub(crate) fn create(world: &mut World, params: &Params) -> Result<Value, Failure> {
    params.only(&KNOWN)?;
    let customer = json!({
        "id": world.mint("cus"), "object": "customer", "created": world.now(), "livemode": false,
        "email": params.text("/email"), "name": params.text("/name"), "description": params.text("/description"),
        "metadata": params.table("/metadata"), "balance": 0, "currency": null, "delinquent": false, "shipping": null,
    });
    world.emit("customer.created", &customer);
    Ok(world.put(customer))
}

pub(crate) fn update(world: &mut World, id: &str, params: &Params) -> Result<Value, Failure> {
    params.only(&KNOWN)?;
    let before = world.get("customer", id)?;
    let mut after = before.clone();
    for name in KNOWN.into_iter().filter(|name| params.value().get(*name).is_some()) {
        after[name] = params.value()[name].clone();
    }
    Ok(world.update("customer.updated", &before, after))
}

/// Ends everything that they subscribed to.
pub(crate) fn delete(world: &mut World, id: &str) -> Result<Value, Failure> {
    let customer = world.get("customer", id)?;
    for subscription in subscription::of(world, id) {
        subscription::end(world, &subscription);
    }
    world.emit("customer.deleted", &customer);
    let deleted = json!({ "id": id, "object": "customer", "deleted": true });
    Ok(world.put(deleted))
}
