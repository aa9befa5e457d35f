//! The way to Google and back. What stands in an address is never a token: the front end finds a code there that works once,
//! for a minute, and changes it for tokens.

use chatcore::Error;
use poem::Response;
use poem::http::{StatusCode, header};
use serde_json::{Value, json};

use super::plain::error;
use super::tokens::{TOKENS, session};
use crate::auth::oauth::{Departure, Flow, FlowError, OAuthError};
use crate::compat::drf::data;
use crate::compat::reply::{json as reply, ok, with};
use crate::compat::{Call, Outcome, Refusal};

/// The provider's name in the settings.
const PROVIDER: &str = "google";
/// Where an address ends that is this mount's callback, without a slash.
const CALLBACK: &str = "/compat/django-chat/auth/google/callback";

fn flow(call: &Call) -> Flow<'_> {
    Flow { oauth: &call.app.ways.oauth, accounts: call.app.credentials.accounts() }
}

fn refused(why: FlowError) -> Refusal {
    match why {
        FlowError::Accounts(why) => why.into(),
        FlowError::OAuth(OAuthError::UnknownProvider) => {
            error(StatusCode::SERVICE_UNAVAILABLE, "Nobody signs in at Google here.")
        }
        FlowError::OAuth(why) if why.is_upstream() => {
            tracing::warn!(error = %why, "a provider failed");
            error(StatusCode::BAD_GATEWAY, "Google does not answer.")
        }
        FlowError::OAuth(_) => error(StatusCode::BAD_REQUEST, "The sign-in at Google was refused."),
    }
}

pub(super) async fn login(call: Call) -> Outcome {
    let ways = &call.app.ways;
    let secret = match ways.cookie.secret_of(&call.request) {
        Some(secret) => secret.to_owned(),
        None => ways.browser_secret()?,
    };
    let return_to = call.parameter("redirect_uri");
    let callback = ways.oauth.redirect_uri(PROVIDER, |url| url.trim_end_matches('/').ends_with(CALLBACK));
    let departure = Departure {
        provider: PROVIDER,
        browser: &secret,
        return_to: return_to.as_deref(),
        redirect_uri: callback,
        code_challenge: None,
        link: None,
    };
    let url = flow(&call).depart(&departure).await.map_err(refused)?;
    let accept = call.header(header::ACCEPT.as_str()).unwrap_or_default();
    let response = if accept.contains("application/json") {
        reply(StatusCode::OK, &json!({ "auth_url": url, "authorization_url": url }))
    } else {
        with(StatusCode::FOUND.into(), header::LOCATION, &url)
    };
    Ok(with(response, header::SET_COOKIE, &ways.cookie.set(&secret)))
}

/// A browser comes back from Google, or a front end with the code that it found in its address.
pub(super) async fn callback(call: Call) -> Outcome {
    match (call.parameter("code"), call.parameter("state"), call.parameter("error")) {
        (Some(code), None, None) => changed(&call, &code).await,
        _ => {
            let query = call.request.uri().query().unwrap_or_default();
            let browser = call.app.ways.cookie.secret_of(&call.request);
            let url = flow(&call).arrive(PROVIDER, query, browser).await.map_err(refused)?;
            Ok(with(Response::from(StatusCode::FOUND), header::LOCATION, &url))
        }
    }
}

pub(super) async fn exchange(call: Call) -> Outcome {
    let given = data(&call).await?;
    match given.get("code").and_then(Value::as_str) {
        Some(code) => changed(&call, code).await,
        None => Err(error(StatusCode::BAD_REQUEST, "code: This field is required.")),
    }
}

async fn changed(call: &Call, code: &str) -> Outcome {
    let accounts = call.app.credentials.accounts();
    match accounts.sign_in_with_code(code, None, TOKENS.kind(), call.label()).await {
        Err(Error::InvalidCode | Error::Unauthenticated) => {
            Err(error(StatusCode::BAD_REQUEST, "The code is not valid, or not any more."))
        }
        found => ok(&session(call, found?)?),
    }
}
