//! Registering, signing in, staying signed in.

use chatcore::Error;
use chatcore::account::{Attempt, NewAccount};
use poem::http::StatusCode;
use serde_json::json;

use super::plain::{check, unauthorized};
use super::tokens::{TOKENS, session, shown, signed_in};
use crate::compat::drf::{Form, Text, complaint_about_password, data};
use crate::compat::reply::{created, json as reply, ok};
use crate::compat::{Call, Outcome};

pub(super) async fn register(call: Call) -> Outcome {
    let mut form = Form::new(data(&call).await?);
    let email = form.text("email", Text::required().email());
    let password = form.text("password", Text::required().as_it_is());
    check(&form)?;
    let (accounts, policy) = (call.app.credentials.accounts(), call.app.compat.passwords);
    let made = accounts.register(NewAccount { username: None, email: Some(email), password, policy }).await;
    let user = match made {
        Ok(user) => user,
        Err(Error::Taken(_)) => {
            form.refuse("email", "user with this email already exists.");
            return Err(check(&form).err().unwrap_or_else(|| Error::Taken("address").into()));
        }
        Err(Error::Invalid { field: "password", reason }) => {
            form.refuse("password", &complaint_about_password(&reason));
            return Err(check(&form).err().unwrap_or_else(|| Error::invalid("password", reason).into()));
        }
        Err(other) => return Err(other.into()),
    };
    let signed_in = accounts.open(user.id, TOKENS.kind(), call.label()).await?;
    created(&session(&call, signed_in)?)
}

pub(super) async fn login(call: Call) -> Outcome {
    let mut form = Form::new(data(&call).await?);
    let login = form.text("email", Text::required());
    let password = form.text("password", Text::required().as_it_is());
    check(&form)?;
    let attempt = Attempt { login, password, network: call.network(), kind: TOKENS.kind(), label: call.label() };
    match call.app.credentials.accounts().sign_in(attempt).await {
        Err(Error::Unauthenticated) => Err(unauthorized("Invalid credentials")),
        found => ok(&session(&call, found?)?),
    }
}

pub(super) async fn refresh(call: Call) -> Outcome {
    let mut form = Form::new(data(&call).await?);
    let token = form.given("refresh", Text::optional()).or_else(|| form.given("refresh_token", Text::optional()));
    let Some(token) = token else {
        form.refuse("refresh", "This field is required.");
        check(&form)?;
        return Err(unauthorized("The token is invalid or has expired."));
    };
    match call.app.credentials.accounts().refresh_of(&token, TOKENS.name).await {
        Err(Error::Unauthenticated) => Err(unauthorized("The token is invalid or has expired.")),
        found => ok(&session(&call, found?)?),
    }
}

pub(super) async fn logout(call: Call) -> Outcome {
    let found = signed_in(&call).await?;
    call.app.credentials.accounts().logout_caller(&found.caller).await?;
    Ok(reply(StatusCode::OK, &json!({ "message": "Logged out" })))
}

pub(super) async fn me(call: Call) -> Outcome {
    let user = signed_in(&call).await?.user.ok_or(Error::Unauthenticated)?;
    ok(&shown(&user))
}
