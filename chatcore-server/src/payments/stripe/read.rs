//! What events say.

use chatcore::billing::gateway::{GatewayError, News, Notice};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::objects::{Event, Invoice, Named, Session, Subscription, moment};

/// An id is a key in stores: Stripe's are some thirty letters and digits.
const LONGEST_ID: usize = 255;

/// Reads the body of a proven message.
pub(super) fn body(body: &[u8]) -> Result<Notice, GatewayError> {
    let parsed = serde_json::from_slice(body);
    event(parsed.map_err(|error| GatewayError::Unreadable { event: None, reason: error.to_string() })?)
}

/// Reads an event.
pub(super) fn event(value: Value) -> Result<Notice, GatewayError> {
    let id = value["id"].as_str().filter(|id| is_id(id)).map(str::to_owned);
    let unreadable = |reason| GatewayError::Unreadable { event: id.clone(), reason };
    let notice = notice(value).map_err(unreadable)?;
    if is_id(&notice.id) { Ok(notice) } else { Err(unreadable("an id that is none".to_owned())) }
}

/// Whether a text can be an id of Stripe's. What is not could be another address.
pub(super) fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn notice(value: Value) -> Result<Notice, String> {
    let Event { id, object, kind, created, data } = parse(value)?;
    if object != "event" {
        return Err(format!("not an event, but a {object}"));
    }
    let news = news(&kind, data.object)?;
    Ok(Notice { id, kind, created: moment(created)?, news })
}

fn news(kind: &str, object: Value) -> Result<News, String> {
    Ok(match kind {
        "checkout.session.completed" => purchased(parse(object)?),
        // `invoice.payment_succeeded` tells the same, and leaves out what was paid outside of Stripe
        "invoice.paid" => paid(parse(object)?),
        "invoice.payment_failed" => payment_failed(parse(object)?),
        _ if kind.starts_with("customer.subscription.") => {
            News::Subscription(parse::<Subscription>(object)?.snapshot()?)
        }
        _ => News::Other,
    })
}

/// An account may sell other things, too: what is no subscription of a customer is nothing to us.
fn purchased(session: Session) -> News {
    let Some(customer) = session.customer.filter(|_| session.mode == "subscription") else { return News::Other };
    News::Purchased {
        subject: session.client_reference_id.and_then(|subject| subject.parse().ok()),
        customer: customer.id(),
        subscription: session.subscription.map(Named::id),
    }
}

fn paid(mut invoice: Invoice) -> News {
    let subscription = invoice.subscription();
    let Some(customer) = invoice.customer.map(Named::id) else { return News::Other };
    let Invoice { id: invoice, amount_paid: amount, currency, .. } = invoice;
    News::Paid { invoice, customer, subscription, amount, currency }
}

fn payment_failed(mut invoice: Invoice) -> News {
    let subscription = invoice.subscription();
    let Some(customer) = invoice.customer.map(Named::id) else { return News::Other };
    News::PaymentFailed { invoice: invoice.id, customer, subscription }
}

/// An object out of its JSON.
pub(super) fn parse<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}
