//! What time does: renewals, attempts at payments, ends of trials and of subscriptions, each at its moment.

use serde_json::Value;

use crate::failure::Failure;
use crate::objects::{checkout, invoice, subscription};
use crate::world::World;

/// Lets time pass, in seconds.
pub(crate) fn advance(world: &mut World, by: i64) -> Result<(), Failure> {
    let until = world.now() + by;
    while let Some((at, next)) = next(world).filter(|(at, _)| *at <= until) {
        world.travel_to(at);
        step(world, &next)?;
    }
    world.travel_to(until);
    checkout::expire(world);
    Ok(())
}

/// The subscription to which something happens first, and when.
fn next(world: &World) -> Option<(i64, Value)> {
    let all = world.all("subscription").into_iter();
    all.filter_map(|it| Some((due(world, &it)?, it))).min_by_key(|(at, _)| *at)
}

fn due(world: &World, subscription: &Value) -> Option<i64> {
    if !matches!(subscription["status"].as_str()?, "trialing" | "active" | "past_due") {
        return None;
    }
    let moments = [Some(subscription::period_end(subscription)), subscription["cancel_at"].as_i64()];
    moments.into_iter().flatten().chain(retry(world, subscription).map(|(at, _)| at)).min()
}

/// The bill that is tried again first, and when.
fn retry(world: &World, subscription: &Value) -> Option<(i64, Value)> {
    let open = invoice::open_of(world, subscription["id"].as_str()?).into_iter();
    open.filter_map(|bill| Some((bill["next_payment_attempt"].as_i64()?, bill))).min_by_key(|(at, _)| *at)
}

fn step(world: &mut World, subscription: &Value) -> Result<(), Failure> {
    let now = world.now();
    let is_over = subscription["cancel_at"].as_i64().is_some_and(|at| at <= now);
    let period_is_over = subscription::period_end(subscription) <= now;
    if is_over || (period_is_over && subscription["cancel_at_period_end"] == true) {
        subscription::end(world, subscription);
        return Ok(());
    }
    match retry(world, subscription).filter(|(at, _)| *at <= now) {
        Some((_, bill)) => invoice::collect(world, &bill),
        None => subscription::renew(world, subscription),
    }
}

/// A card that works, in place of one that does not: what is open is paid with it.
pub(crate) fn mend_card(world: &mut World, customer: &str) -> Result<(), Failure> {
    world.broken_cards.remove(customer);
    for subscription in subscription::of(world, customer) {
        for bill in invoice::open_of(world, subscription["id"].as_str().unwrap_or_default()) {
            invoice::collect(world, &bill)?;
        }
    }
    Ok(())
}
