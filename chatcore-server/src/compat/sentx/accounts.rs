//! Tokens, registering, the account and its password: the subset of djoser that clients use.

use std::time::Duration;

use chatcore::Error;
use chatcore::account::{Attempt, NewAccount, ProfileChange, SignedIn, User};
use poem::Response;
use poem::http::StatusCode;
use serde_json::{Map, Value, json};

use super::limits::is_limited;
use super::{NAME, social};
use crate::auth::{Authenticated, ClaimProfile};
use crate::compat::drf::{
    self, Form, Jwt, Pair, Text, complaint_about_password, data, detail, field, no_active_account,
};
use crate::compat::reply::{created, ok};
use crate::compat::time::utc;
use crate::compat::{Call, Outcome, Refusal};

/// Half a year; each refresh token works once.
const AGE: Duration = Duration::from_secs(180 * 24 * 3600);

/// How people stay signed in.
pub(super) const TOKENS: Jwt = Jwt { name: NAME, refresh: AGE, rotating: true, invalid: "Token is invalid" };

/// What access tokens say.
pub(crate) struct Claims;

impl ClaimProfile for Claims {
    fn name(&self) -> &'static str {
        NAME
    }

    fn lifetime(&self) -> Option<Duration> {
        Some(AGE)
    }

    fn claims(&self, of: &SignedIn) -> Map<String, Value> {
        let claims = json!({
            "token_type": "access",
            "jti": of.session.id.as_uuid().as_simple().to_string(),
            "user_id": of.user.number.to_string(),
        });
        claims.as_object().cloned().unwrap_or_default()
    }
}

fn done() -> Outcome {
    Ok(Response::from(StatusCode::NO_CONTENT))
}

async fn shown(call: &Call, who: &Authenticated, user: &User) -> Result<Value, Error> {
    let identities = call.app.credentials.accounts().identities(&who.caller).await?;
    let keys: Vec<_> = identities.into_iter().map(|identity| identity.key).collect();
    let mut body = json!({
        "id": user.number,
        "email": user.email,
        "name": user.display_name,
        "avatar": null,
        "is_unlimited": !is_limited(&call.app, &who.caller).await?,
        "date_joined": utc(user.created_at),
        "is_active": true,
        "stripe_customer_id": call.app.billing.reference(&who.caller).await?,
        "icloud_id": null,
    });
    if let Some(fields) = body.as_object_mut() {
        fields.append(&mut social::shown(&keys));
    }
    Ok(body)
}

async fn signed_in(call: &Call) -> Result<(Authenticated, User), Refusal> {
    let who = TOKENS.bearer(call).await?;
    let user = who.user.clone().ok_or(Error::Unauthenticated)?;
    Ok((who, user))
}

pub(super) async fn token(call: Call) -> Outcome {
    let mut form = Form::new(data(&call).await?);
    let login = form.text("email", Text::required());
    let password = form.text("password", Text::required().as_it_is());
    form.check()?;
    let attempt = Attempt { login, password, network: call.network(), kind: TOKENS.kind(), label: call.label() };
    let signed_in = call.app.credentials.accounts().sign_in(attempt).await.map_err(no_active_account)?;
    let Pair { access, refresh } = TOKENS.pair(&call, signed_in)?;
    ok(&json!({ "refresh": refresh, "access": access }))
}

pub(super) async fn refresh(call: Call) -> Outcome {
    let Pair { access, refresh } = TOKENS.refresh(&call).await?;
    ok(&json!({ "access": access, "refresh": refresh }))
}

pub(super) async fn verify(call: Call) -> Outcome {
    TOKENS.verify(&call).await?;
    ok(&json!({}))
}

pub(super) async fn register(call: Call) -> Outcome {
    let mut form = Form::new(data(&call).await?);
    let email = form.text("email", Text::required().email());
    let password = form.text("password", Text::required().as_it_is());
    let again = form.text("re_password", Text::required().as_it_is());
    let name = form.given("name", Text::optional().or_blank().or_null()).filter(|name| !name.is_empty());
    form.check()?;
    if password != again {
        return Err(field("non_field_errors", "The two password fields didn't match."));
    }
    let (accounts, policy) = (call.app.credentials.accounts(), call.app.compat.passwords);
    let new = NewAccount { username: None, email: Some(email.clone()), password, policy };
    let taken = "user with this email already exists.";
    let user = accounts.register(new).await.map_err(|error| drf::registration(error, "email", "password", taken))?;
    created(&json!({ "email": email, "id": user.number, "name": name }))
}

/// Nobody sees who else there is.
pub(super) async fn hidden(call: Call) -> Outcome {
    signed_in(&call).await?;
    Err(detail(StatusCode::NOT_FOUND, "Not found.").into())
}

pub(super) async fn me(call: Call) -> Outcome {
    let (who, user) = signed_in(&call).await?;
    ok(&shown(&call, &who, &user).await?)
}

pub(super) async fn change(call: Call) -> Outcome {
    let (who, _) = signed_in(&call).await?;
    let mut form = Form::new(data(&call).await?);
    let name = form.given("name", Text::optional().or_blank().max(100));
    form.check()?;
    let name = name.map(|name| Some(name).filter(|name| !name.is_empty()));
    let change = ProfileChange { display_name: name, ..ProfileChange::default() };
    let user = call.app.credentials.accounts().set_profile(&who.caller, change).await?;
    ok(&shown(&call, &who, &user).await?)
}

pub(super) async fn close(call: Call) -> Outcome {
    let (who, _) = signed_in(&call).await?;
    let mut form = Form::new(data(&call).await?);
    let password = form.text("current_password", Text::required().as_it_is());
    form.check()?;
    let closed = call.app.credentials.accounts().close_account(&who.caller, &password).await;
    closed.map_err(wrong_password)?;
    done()
}

fn wrong_password(error: Error) -> Refusal {
    match error {
        Error::Unauthenticated => field("current_password", "Invalid password."),
        Error::Invalid { field: "password", reason } => field("new_password", &complaint_about_password(&reason)),
        other => other.into(),
    }
}

pub(super) async fn set_password(call: Call) -> Outcome {
    let (who, _) = signed_in(&call).await?;
    let mut form = Form::new(data(&call).await?);
    let current = form.text("current_password", Text::required().as_it_is());
    let new = form.text("new_password", Text::required().as_it_is());
    let again = form.given("re_new_password", Text::optional().as_it_is());
    form.check()?;
    if again.is_some_and(|again| again != new) {
        return Err(field("non_field_errors", "The two password fields didn't match."));
    }
    let (accounts, policy) = (call.app.credentials.accounts(), call.app.compat.passwords);
    accounts.change_password(&who.caller, &current, &new, policy).await.map_err(wrong_password)?;
    done()
}

pub(super) async fn forgot(call: Call) -> Outcome {
    let mut form = Form::new(data(&call).await?);
    let email = form.text("email", Text::required().email());
    form.check()?;
    call.app.credentials.accounts().forgot(&email).await?;
    done()
}

pub(super) async fn reset(call: Call) -> Outcome {
    let mut form = Form::new(data(&call).await?);
    let token = form.text("token", Text::required());
    let new = form.text("new_password", Text::required().as_it_is());
    form.check()?;
    let (accounts, policy) = (call.app.credentials.accounts(), call.app.compat.passwords);
    accounts.reset(&token, &new, policy).await.map_err(|error| match error {
        Error::InvalidCode => field("token", "Invalid token for given user."),
        other => wrong_password(other),
    })?;
    done()
}

pub(super) async fn activate(call: Call) -> Outcome {
    let mut form = Form::new(data(&call).await?);
    let token = form.text("token", Text::required());
    form.check()?;
    call.app.credentials.accounts().verify_email(&token).await.map_err(|error| match error {
        Error::InvalidCode => field("token", "Invalid token for given user."),
        other => other.into(),
    })?;
    done()
}

/// Whoever is signed in gets another mail; the answer is the same for everybody.
pub(super) async fn activate_again(call: Call) -> Outcome {
    if let Some(who) = TOKENS.guest(&call).await? {
        match call.app.credentials.accounts().verify_again(&who.caller).await {
            Err(Error::NotFound(_)) => {}
            sent => sent?,
        }
    }
    done()
}
