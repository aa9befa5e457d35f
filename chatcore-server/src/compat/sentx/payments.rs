//! Plans, what was bought, and what Stripe tells.

use chatcore::Error;
use chatcore::billing::gateway::{CancelWhen, GatewayError, Signed};
use chatcore::billing::{Checkout, Interval, Plan, PlanTable, Subscription, Urls};
use poem::Response;
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::accounts::TOKENS;
use super::who::{error, text};
use crate::auth::Authenticated;
use crate::compat::drf::{data, detail};
use crate::compat::reply::{created, ok};
use crate::compat::time::utc;
use crate::compat::{Call, Outcome, Refusal};

/// The header that proves a message.
const SIGNATURE: &str = "stripe-signature";

/// A plan with its number, if it has a price for a month or a year.
fn shown(plan: &Plan, table: &PlanTable) -> Option<Value> {
    let price = plan.price.as_ref()?;
    // clients know these two words, and would take any other for one of them
    let interval = match price.interval {
        Interval::Year => "year",
        Interval::Month => "month",
        Interval::Day | Interval::Week => return None,
    };
    Some(json!({
        "id": table.number(&plan.id)?,
        "name": plan.name,
        "price": price.amount,
        "description": plan.description.as_deref().unwrap_or_default(),
        "interval": interval,
    }))
}

async fn all(call: &Call) -> Result<Vec<Value>, Error> {
    let table = call.app.billing.book().await?;
    Ok(table.plans().iter().filter_map(|plan| shown(plan, &table)).collect())
}

pub(super) async fn plans(call: Call) -> Outcome {
    ok(&all(&call).await?)
}

pub(super) async fn plan(call: Call) -> Outcome {
    let id: Option<u64> = call.parse("id");
    let found = all(&call).await?.into_iter().find(|plan| plan["id"].as_u64() == id && id.is_some());
    match found {
        Some(plan) => ok(&plan),
        None => Err(detail(StatusCode::NOT_FOUND, "No BillingPlan matches the given query.").into()),
    }
}

fn bad(text: &str) -> Refusal {
    error(StatusCode::BAD_REQUEST, text)
}

/// What cannot be bought, in the words of the system.
fn refused(why: Error) -> Refusal {
    match why {
        Error::NotFound("plan") => error(StatusCode::NOT_FOUND, "Billing plan not found"),
        Error::NotFound("customer") => bad("User has no Stripe customer ID"),
        Error::NotFound("payment gateway") => error(StatusCode::SERVICE_UNAVAILABLE, "Nothing is sold here"),
        Error::Taken("subscription") => bad("You already have a subscription"),
        Error::Invalid { field, reason } => bad(&format!("{field} {reason}")),
        Error::Gateway(GatewayError::Refused(_)) => bad("Stripe refused the request"),
        Error::Gateway(why) => {
            tracing::warn!(error = %why, "the payment gateway failed");
            error(StatusCode::BAD_GATEWAY, "Stripe does not answer")
        }
        other => other.into(),
    }
}

/// Pages that a browser can be sent to.
fn is_page(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

async fn checked_out(call: &Call, who: &Authenticated, usual: Option<&str>) -> Result<Value, Refusal> {
    let given = data(call).await?;
    let missing = || bad("Missing required fields");
    let number = given.get("plan_id").and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()));
    let number = number.ok_or_else(missing)?;
    let page = |name: &str| text(&given, name).or(usual).map(str::to_owned).ok_or_else(missing);
    let urls = Urls { success: page("success_url")?, cancel: page("cancel_url")? };
    if !is_page(&urls.success) || !is_page(&urls.cancel) {
        return Err(bad("success_url and cancel_url must be addresses of pages"));
    }
    let table = call.app.billing.book().await?;
    let plan = table.plans().iter().find(|plan| table.number(&plan.id) == Some(number));
    let plan = plan.ok_or_else(|| refused(Error::NotFound("plan")))?.id.clone();
    let once = call.once()?;
    let page = call.app.billing.checkout(&who.caller, &Checkout { plan, urls, once }).await.map_err(refused)?;
    Ok(json!({ "checkout_url": page.url }))
}

pub(super) async fn checkout(call: Call) -> Outcome {
    let who = TOKENS.bearer(&call).await?;
    ok(&checked_out(&call, &who, None).await?)
}

/// Where nothing is said of it, a purchase ends at the page of this server.
pub(super) async fn subscribe(call: Call) -> Outcome {
    let who = TOKENS.bearer(&call).await?;
    created(&checked_out(&call, &who, Some(&call.app.home)).await?)
}

/// What somebody has bought, with its plan.
async fn bought(call: &Call, who: &Authenticated) -> Result<Option<(Subscription, Value)>, Error> {
    let Some(found) = call.app.billing.subscription(&who.caller).await? else { return Ok(None) };
    let table = call.app.billing.book().await?;
    let plan = table.get(&found.plan).and_then(|plan| shown(plan, &table));
    let body = json!({
        "id": found.id,
        "plan": plan,
        "start_date": utc(found.created_at),
        "end_date": utc(found.period_end),
        "is_active": found.until.is_some_and(|until| call.app.now() < until),
    });
    Ok(Some((found, body)))
}

pub(super) async fn subscriptions(call: Call) -> Outcome {
    let who = TOKENS.bearer(&call).await?;
    ok(&bought(&call, &who).await?.map(|(_, body)| body).into_iter().collect::<Vec<_>>())
}

/// The subscription of a path.
async fn of_path(call: &Call, who: &Authenticated) -> Result<Value, Refusal> {
    let found = bought(call, who).await?.filter(|(found, _)| found.id == call.segment("id"));
    let none = || detail(StatusCode::NOT_FOUND, "No Subscription matches the given query.");
    Ok(found.ok_or_else(none)?.1)
}

pub(super) async fn subscription(call: Call) -> Outcome {
    let who = TOKENS.bearer(&call).await?;
    ok(&of_path(&call, &who).await?)
}

/// It ends when what is paid for ends.
pub(super) async fn cancel(call: Call) -> Outcome {
    let who = TOKENS.bearer(&call).await?;
    of_path(&call, &who).await?;
    call.app.billing.cancel(&who.caller, CancelWhen::PeriodEnd).await.map_err(refused)?;
    Ok(Response::from(StatusCode::NO_CONTENT))
}

pub(super) async fn portal(call: Call) -> Outcome {
    let who = TOKENS.bearer(&call).await?;
    let given = data(&call).await?;
    let return_url = text(&given, "return_url").ok_or_else(|| bad("Missing return_url"))?;
    if !is_page(return_url) {
        return Err(bad("return_url must be the address of a page"));
    }
    let page = call.app.billing.portal(&who.caller, return_url).await.map_err(refused)?;
    ok(&json!({ "portal_url": page.url }))
}

/// The bytes as they came, and the header that proves them.
pub(super) async fn webhook(call: Call) -> Outcome {
    let signature = call.header(SIGNATURE).unwrap_or_default();
    match call.app.billing.receive(Signed { body: &call.body, signature }).await {
        Ok(received) => {
            tracing::info!(event = received.event.id, state = ?received.event.state, "heard of a payment");
            ok(&json!({ "status": "success" }))
        }
        Err(Error::Gateway(GatewayError::NotProven)) => Err(bad("Invalid signature")),
        Err(Error::Gateway(GatewayError::Unreadable { .. })) => Err(bad("Invalid payload")),
        Err(Error::NotFound(_)) => Err(detail(StatusCode::NOT_FOUND, "Not found.").into()),
        Err(other) => Err(other.into()),
    }
}
