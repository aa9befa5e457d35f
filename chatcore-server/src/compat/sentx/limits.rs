//! What may be used, and what was.

use chatcore::Error;
use chatcore::account::Caller;
use chatcore::quota::{LimitState, Meter, Scope};
use serde_json::json;

use super::accounts::TOKENS;
use super::who::caller;
use crate::app::App;
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
        let subscription = call.app.billing.subscription(&caller).await?;
        let subscribed = subscription.and_then(|one| one.until).is_some_and(|until| call.app.now() < until);
        body["free_requests_limit"] = most.into();
        body["paid_requests_limit"] = most.into();
        body["has_subscription"] = subscribed.into();
    }
    ok(&body)
}
