//! The page on which somebody changes what they pay for: `cancel`, `resume`, `break-card`, `mend-card`, `return`.

use std::sync::Arc;

use poem::Response;
use poem::http::StatusCode;
use serde_json::Value;

use super::html;
use crate::failure::Failure;
use crate::objects::subscription;
use crate::params::Params;
use crate::{Shared, life, world::World};

/// The session's customer, and the newest thing that they subscribed to.
fn of(world: &World, id: &str) -> Result<(Value, String, Option<Value>), Failure> {
    let session = world.get("billing_portal.session", id)?;
    let customer = session["customer"].as_str().unwrap_or_default().to_owned();
    let newest = subscription::of(world, &customer).pop();
    Ok((session, customer, newest))
}

pub(super) fn show(shared: &Arc<Shared>, id: &str) -> Result<Response, Failure> {
    shared.look(|world| page(world, id))
}

fn page(world: &World, id: &str) -> Result<Response, Failure> {
    let (session, customer, newest) = of(world, id)?;
    let (state, end) = newest.as_ref().map_or(("nothing", String::new()), |newest| {
        let ends = newest["cancel_at_period_end"] == true || !newest["cancel_at"].is_null();
        let (id, label) =
            if ends { ("resume", "Do not cancel") } else { ("cancel", "Cancel at the end of the period") };
        (newest["status"].as_str().unwrap_or_default(), html::button(id, label))
    });
    let card = match world.broken_cards.contains(&customer) {
        true => html::button("mend-card", "Use a card that works"),
        false => html::button("break-card", "Use a card that will be declined"),
    };
    let back = session["return_url"].as_str();
    let back = back.map(|url| format!("<p><a id=return href=\"{}\">Return</a></p>", html::escape(url)));
    let body = format!(
        "<p>Subscription: <strong id=status>{state}</strong></p><form method=post>{end}{card}</form>{}",
        back.unwrap_or_default()
    );
    Ok(html::page(StatusCode::OK, "Billing", &body))
}

pub(super) fn act(shared: &Arc<Shared>, id: &str, params: &Params) -> Result<Response, Failure> {
    shared.change(|world, _| {
        let (_, customer, newest) = of(world, id)?;
        match (params.text("/do"), newest) {
            (Some("cancel"), Some(newest)) => subscription::cancel_in_portal(world, &newest),
            (Some("resume"), Some(newest)) => subscription::resume(world, &newest),
            (Some("break-card"), _) => drop(world.broken_cards.insert(customer)),
            (Some("mend-card"), _) => life::mend_card(world, &customer)?,
            _ => return Err(html::nothing()),
        }
        Ok(())
    })?;
    // a page that is loaded again does nothing again
    Ok(html::see_other(&format!("/p/session/{id}")))
}
