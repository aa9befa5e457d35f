//! What may be used, what was, and what may be bought.

use chatcore::Error;
use chatcore::account::Caller;
use chatcore::billing::{Interval, Plan};
use chatcore::quota::{LimitState, Meter, Scope};
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::accounts::TOKENS;
use super::who::caller;
use crate::app::App;
use crate::compat::drf::detail;
use crate::compat::reply::ok;
use crate::compat::{Call, Outcome};

/// What clients are told where nothing is limited.
const UNLIMITED: u64 = 999_999_999;

/// The limit on messages that leaves least.
async fn limit(app: &App, caller: &Caller) -> Result<Option<LimitState>, Error> {
    let states = app.chat.usage(caller).await?.states;
    let messages = |state: &LimitState| {
        matches!(state.meter, Meter::Messages | Meter::Requests)
            && matches!(state.scope, Scope::Subject | Scope::Network)
            && state.model.is_none()
    };
    Ok(states.into_iter().filter(messages).min_by_key(|state| state.remaining))
}

/// Whether anything limits somebody: they are shown what they could buy.
pub(super) async fn is_limited(app: &App, caller: &Caller) -> Result<bool, Error> {
    Ok(limit(app, caller).await?.is_some())
}

/// Whether somebody has used up what they may use.
pub(super) async fn is_used_up(app: &App, caller: &Caller) -> Result<bool, Error> {
    Ok(limit(app, caller).await?.is_some_and(|state| state.remaining == 0))
}

pub(super) async fn limits(call: Call) -> Outcome {
    let caller = caller(&call).await?;
    let state = limit(&call.app, &caller).await?;
    let (most, used, left) =
        state.map_or((UNLIMITED, 0, UNLIMITED), |state| (state.limit, state.used, state.remaining));
    let today = call.app.now().to_string();
    let mut body = json!({
        "requests_made_today": used,
        "last_reset_date": today.split('T').next(),
        "can_make_request": left > 0,
        "requests_left": left,
        "daily_limit": most,
    });
    if TOKENS.guest(&call).await?.is_some() {
        let subscribed = call.app.billing.subscription(&caller).await?.is_some();
        body["free_requests_limit"] = most.into();
        body["paid_requests_limit"] = most.into();
        body["has_subscription"] = subscribed.into();
    }
    ok(&body)
}

/// A plan with its number, if it has a price.
fn shown(plan: &Plan, number: Option<u64>) -> Option<Value> {
    let price = plan.price.as_ref()?;
    let interval = match price.interval {
        Interval::Year => "year",
        _ => "month",
    };
    Some(json!({
        "id": number?,
        "name": plan.name,
        "price": price.amount,
        "description": plan.description.as_deref().unwrap_or_default(),
        "interval": interval,
    }))
}

async fn all(call: &Call) -> Result<Vec<Value>, Error> {
    let table = call.app.billing.book().await?;
    Ok(table.plans().iter().filter_map(|plan| shown(plan, table.number(&plan.id))).collect())
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
