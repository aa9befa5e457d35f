//! The addresses below `/v1`.

use poem::http::{Method, StatusCode};
use serde_json::Value;

use crate::failure::Failure;
use crate::objects::{catalog, checkout, customer, invoice, list, portal, subscription};
use crate::params::Params;
use crate::world::World;

/// What a request is answered with, as its version and its wishes have it.
pub(crate) fn answer(
    world: &mut World,
    home: &str,
    method: &Method,
    path: &str,
    params: &Params,
) -> Result<Value, Failure> {
    let answer = dispatch(world, home, method, path, params)?;
    list::expand(world, checkout::shown(answer), &params.expand())
}

fn dispatch(world: &mut World, home: &str, method: &Method, path: &str, params: &Params) -> Result<Value, Failure> {
    let steps: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
    match (method.as_str(), &steps[..]) {
        ("POST", ["customers"]) => customer::create(world, params),
        ("POST", ["customers", id]) => customer::update(world, id, params),
        ("DELETE", ["customers", id]) => customer::delete(world, id),
        ("POST", ["products"]) => catalog::create_product(world, params),
        ("POST", ["prices"]) => catalog::create_price(world, params),
        ("POST", ["checkout", "sessions"]) => checkout::create(world, home, params),
        ("POST", ["billing_portal", "sessions"]) => portal::create(world, home, params),
        ("POST", ["subscriptions", id]) => subscription::update(world, id, params),
        ("DELETE", ["subscriptions", id]) => subscription::cancel(world, id),
        ("POST", ["invoices", id, "pay"]) => invoice::pay(world, id),
        ("GET", steps) => read(world, path, steps, params),
        _ => Err(unknown(method, path)),
    }
}

fn read(world: &World, path: &str, steps: &[&str], params: &Params) -> Result<Value, Failure> {
    let (kind, filters): (&str, &[&str]) = match &steps[..steps.len().min(2)] {
        ["customers", ..] => ("customer", &["email"]),
        ["products", ..] => ("product", &["active"]),
        ["prices", ..] => ("price", &["active", "product"]),
        ["checkout", "sessions"] => ("checkout.session", &["customer", "subscription", "status"]),
        ["subscriptions", ..] => ("subscription", &["customer", "status"]),
        ["invoices", ..] => ("invoice", &["customer", "status"]),
        ["events", ..] => ("event", &["type"]),
        _ => return Err(unknown(&Method::GET, path)),
    };
    let depth = if kind == "checkout.session" { 2 } else { 1 };
    match steps.get(depth..) {
        Some([]) => list::page(world, kind, path, filters, params).map(without_hidden),
        Some([id]) => {
            params.only(&[])?;
            world.get(kind, id)
        }
        _ => Err(unknown(&Method::GET, path)),
    }
}

fn without_hidden(mut page: Value) -> Value {
    for object in page["data"].as_array_mut().into_iter().flatten() {
        *object = checkout::shown(object.take());
    }
    page
}

fn unknown(method: &Method, path: &str) -> Failure {
    let status = StatusCode::NOT_FOUND;
    Failure { status, ..Failure::invalid(format!("Unrecognized request URL ({method}: {path})")) }
}
