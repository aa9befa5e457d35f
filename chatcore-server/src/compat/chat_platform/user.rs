//! The profile, and limits.

use chatcore::Error;
use chatcore::account::{Caller, User};
use chatcore::quota::{Meter, Scope};
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::{missing, signed_in, wallet};
use crate::compat::fastapi::{Model, refusal};
use crate::compat::reply::ok;
use crate::compat::time::naive;
use crate::compat::{Call, Outcome, Refusal};

/// What clients are told where nothing is limited: they count with it.
const UNLIMITED: u64 = 999_999_999;

/// What one limit says: how much there may be, and how much was used.
struct Gauge {
    limit: u64,
    used: u64,
}

impl Gauge {
    fn is_used_up(&self) -> bool {
        self.used >= self.limit
    }
}

/// The limit of a meter that leaves least, over the caller alone; what was used since they came where there is none.
async fn gauge(call: &Call, caller: &Caller, meter: Meter) -> Result<Gauge, Error> {
    let states = call.app.chat.usage(caller).await?.states;
    let own = states
        .into_iter()
        .filter(|state| state.meter == meter && state.scope == Scope::Subject && state.model.is_none());
    if let Some(state) = own.min_by_key(|state| state.remaining) {
        return Ok(Gauge { limit: state.limit, used: state.used });
    }
    let used = call.app.chat.used(caller, &[meter]).await?;
    Ok(Gauge { limit: UNLIMITED, used: used.first().map_or(0, |state| state.used) })
}

async fn gauges(call: &Call, caller: &Caller) -> Result<(Gauge, Gauge), Error> {
    Ok((gauge(call, caller, Meter::Messages).await?, gauge(call, caller, Meter::ApiCalls).await?))
}

fn told((messages, calls): &(Gauge, Gauge)) -> Value {
    json!({
        "ai_messages_limit": messages.limit,
        "ai_messages_used": messages.used,
        "api_calls_limit": calls.limit,
        "api_calls_used": calls.used,
    })
}

async fn shown(call: &Call, caller: &Caller, user: &User) -> Result<Value, Refusal> {
    let mut body = told(&gauges(call, caller).await?);
    body["id"] = user.number.into();
    // what there is not is left out
    if let Some(address) = wallet::of(&call.app, user).await? {
        body["wallet_address"] = address.into();
    }
    if let Some(email) = &user.email {
        body["email"] = email.clone().into();
    }
    body["created_at"] = naive(user.created_at).into();
    Ok(body)
}

pub(super) async fn profile(call: Call) -> Outcome {
    let who = signed_in(&call).await?;
    let user = who.user.ok_or(Error::Unauthenticated)?;
    ok(&shown(&call, &who.caller, &user).await?)
}

/// Limits are looked at here, too: whoever has used theirs up changes nothing.
pub(super) async fn update(call: Call) -> Outcome {
    let who = signed_in(&call).await?;
    let mut user = who.user.ok_or(Error::Unauthenticated)?;
    let mut model = Model::read_if_any(&call)?;
    let email = model.text_if_any("email");
    model.check()?;
    let (messages, calls) = gauges(&call, &who.caller).await?;
    if messages.is_used_up() || calls.is_used_up() {
        return Err(refusal(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", "Limit exceeded"));
    }
    if let Some(email) = email.filter(|email| user.email.as_ref() != Some(email)) {
        user = match call.app.credentials.accounts().add_email(&who.caller, &email).await {
            Ok(user) => user,
            Err(Error::Invalid { .. }) => return Err(model.value_error("email", "value is not a valid email address")),
            Err(Error::Taken(_)) => {
                let text = "User already has an email, or it is taken";
                return Err(refusal(StatusCode::CONFLICT, "conflict_error", text));
            }
            Err(other) => return Err(other.into()),
        };
    }
    ok(&shown(&call, &who.caller, &user).await?)
}

pub(super) async fn limits(call: Call) -> Outcome {
    let caller = signed_in(&call).await?.caller;
    let gauges = gauges(&call, &caller).await?;
    let mut body = told(&gauges);
    body["ai_messages_remaining"] = gauges.0.limit.saturating_sub(gauges.0.used).into();
    body["api_calls_remaining"] = gauges.1.limit.saturating_sub(gauges.1.used).into();
    ok(&body)
}

/// Somebody by their wallet: the caller's own, for whose wallet leads to which account is nobody else's business.
pub(super) async fn by_wallet(call: Call) -> Outcome {
    let who = signed_in(&call).await?;
    let user = who.user.ok_or(Error::Unauthenticated)?;
    let asked = call.segment("address").to_ascii_lowercase();
    if wallet::of(&call.app, &user).await?.is_none_or(|own| own != asked) {
        return Err(missing(&format!("User with wallet {asked}")));
    }
    ok(&shown(&call, &who.caller, &user).await?)
}
