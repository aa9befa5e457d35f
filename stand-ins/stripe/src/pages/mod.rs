//! Pages for people and browsers: Checkout, the portal, and a desk from which the stand-in is run.
//!
//! They are forms without a script. Who looks for an element finds it by its id.

mod checkout;
mod desk;
mod html;
mod portal;

use std::sync::Arc;

use poem::Response;
use poem::http::Method;

use crate::Shared;
use crate::params::Params;

pub(crate) fn answer(shared: &Arc<Shared>, method: &Method, path: &str, params: &Params) -> Response {
    let steps: Vec<&str> = path.trim_matches('/').split('/').collect();
    let answer = match (method.as_str(), &steps[..]) {
        ("GET", ["c", "pay", id]) => checkout::show(shared, id, ""),
        ("POST", ["c", "pay", id]) => checkout::act(shared, id, params),
        ("GET", ["p", "session", id]) => portal::show(shared, id),
        ("POST", ["p", "session", id]) => portal::act(shared, id, params),
        ("GET", [""]) => desk::show(shared),
        ("POST", ["desk"]) => desk::act(shared, params),
        _ => Err(html::nothing()),
    };
    answer.unwrap_or_else(|failure| html::page(failure.status, "Stripe stand-in", &html::escape(&failure.message)))
}
