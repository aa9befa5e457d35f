//! The desk: time passes at a press of a button, and everybody's subscriptions are there to see.

use std::fmt::Write as _;
use std::sync::Arc;

use poem::Response;
use poem::http::StatusCode;

use super::html;
use crate::failure::Failure;
use crate::params::Params;
use crate::{Shared, life, world::World};

const DAY: i64 = 24 * 60 * 60;
const STEPS: [(&str, &str, i64); 4] = [
    ("hour", "An hour later", 60 * 60),
    ("day", "A day later", DAY),
    ("week", "A week later", 7 * DAY),
    ("month", "31 days later", 31 * DAY),
];

pub(super) fn show(shared: &Arc<Shared>) -> Result<Response, Failure> {
    shared.look(|world| Ok(page(world, &shared.home())))
}

fn page(world: &World, home: &str) -> Response {
    let mut body = format!("<p>{home} &middot; <span id=now>{}</span></p><form method=post action=/desk>", world.now());
    STEPS.iter().for_each(|(id, label, _)| body += &html::button(id, label));
    body += "</form><h2>Subscriptions</h2><table id=subscriptions>";
    for it in world.all("subscription") {
        let field = |name: &str| html::escape(it[name].as_str().unwrap_or_default());
        let _ = write!(body, "<tr><td>{}<td>{}<td>{}", field("id"), field("customer"), field("status"));
    }
    body += "</table><h2>Events</h2><form method=post action=/desk><table id=events>";
    for it in world.all("event").iter().rev().take(50) {
        let id = html::escape(it["id"].as_str().unwrap_or_default());
        let kind = html::escape(it["type"].as_str().unwrap_or_default());
        let _ = write!(body, "<tr><td>{id}<td>{kind}<td><button name=resend value={id}>Send again</button>");
    }
    body += "</table></form>";
    html::page(StatusCode::OK, "Desk", &body)
}

pub(super) fn act(shared: &Arc<Shared>, params: &Params) -> Result<Response, Failure> {
    if let Some(event) = params.text("/resend") {
        shared.send_again(event)?;
    } else {
        let step = STEPS.iter().find(|(id, ..)| params.text("/do") == Some(id)).map(|(.., by)| *by);
        let seconds = step.map_or_else(|| params.number("/seconds"), |by| Ok(Some(by)))?;
        let seconds = seconds.filter(|by| *by >= 0).ok_or_else(html::nothing)?;
        shared.change(|world, _| life::advance(world, seconds))?;
    }
    Ok(html::see_other("/"))
}
