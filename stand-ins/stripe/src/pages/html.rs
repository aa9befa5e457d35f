//! HTML.

use poem::Response;
use poem::http::{StatusCode, header};

use crate::failure::Failure;

/// A text inside of HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A page.
pub(super) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = escape(title);
    let style = "body{font:1rem/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem}\
                 button,.button{font:inherit;padding:.4rem .8rem;margin:.2rem}table{width:100%}td{padding:.1rem .5rem}";
    let text = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>{title}</title><style>{style}</style><main><h1>{title}</h1>{body}\
         <p><small>A stand-in for Stripe. Nobody is charged.</small></p></main></html>"
    );
    Response::builder().status(status).content_type("text/html; charset=utf-8").body(text)
}

/// A button that does something when it is pressed.
pub(super) fn button(id: &str, label: &str) -> String {
    format!("<button id={id} name=do value={id}>{}</button>", escape(label))
}

/// Another address.
pub(super) fn see_other(to: &str) -> Response {
    Response::builder().status(StatusCode::SEE_OTHER).header(header::LOCATION, to).finish()
}

/// No such page.
pub(super) fn nothing() -> Failure {
    Failure { status: StatusCode::NOT_FOUND, ..Failure::invalid("there is no such page") }
}

/// An amount for people.
pub(super) fn money(amount: &serde_json::Value, currency: &serde_json::Value) -> String {
    let amount = amount.as_i64().unwrap_or(0);
    let currency = currency.as_str().unwrap_or_default().to_uppercase();
    format!("{}.{:02} {}", amount / 100, amount % 100, escape(&currency))
}
