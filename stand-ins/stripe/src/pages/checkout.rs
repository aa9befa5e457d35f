//! The page on which somebody pays: `pay`, `decline`, `cancel`.

use std::sync::Arc;

use poem::Response;
use poem::http::StatusCode;

use super::html;
use crate::failure::Failure;
use crate::objects::checkout;
use crate::params::Params;
use crate::{Shared, world::World};

pub(super) fn show(shared: &Arc<Shared>, id: &str, notice: &str) -> Result<Response, Failure> {
    shared.look(|world| page(world, id, notice))
}

fn page(world: &World, id: &str, notice: &str) -> Result<Response, Failure> {
    let session = checkout::open(world, id)?;
    let price = world.get("price", session["_price"].as_str().unwrap_or_default())?;
    let product = world.get("product", price["product"].as_str().unwrap_or_default())?;
    let name = html::escape(product["name"].as_str().unwrap_or_default());
    let interval = price["recurring"]["interval"].as_str().unwrap_or_default();
    let trial = session["_subscription_data"]["trial_period_days"].as_str();
    let trial = trial.map(|days| format!("<p id=trial>{days} days free</p>")).unwrap_or_default();
    let cancel = session["cancel_url"].as_str();
    let cancel = cancel.map(|url| format!("<a class=button id=cancel href=\"{}\">Back</a>", html::escape(url)));
    let body = format!(
        "{notice}<p id=item>{name}: <strong id=amount>{}</strong> a {interval}</p>{trial}<form method=post>{}{}{}</form>",
        html::money(&price["unit_amount"], &price["currency"]),
        html::button("pay", "Pay"),
        html::button("decline", "Pay with a card that is declined"),
        cancel.unwrap_or_default(),
    );
    Ok(html::page(StatusCode::OK, "Checkout", &body))
}

pub(super) fn act(shared: &Arc<Shared>, id: &str, params: &Params) -> Result<Response, Failure> {
    match params.text("/do") {
        Some("pay") => shared.change(|world, _| checkout::pay(world, id)).map(|to| html::see_other(&to)),
        Some("decline") => show(shared, id, "<p id=declined role=alert>Your card was declined.</p>"),
        _ => Err(html::nothing()),
    }
}
