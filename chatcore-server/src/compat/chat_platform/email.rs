//! An address for an account that was made with a wallet.

use chatcore::Error;
use poem::http::StatusCode;
use serde_json::json;

use super::signed_in;
use crate::compat::fastapi::{Model, refusal};
use crate::compat::reply::ok;
use crate::compat::{Call, Outcome};

pub(super) async fn add(call: Call) -> Outcome {
    let caller = signed_in(&call).await?.caller;
    let mut model = Model::read(&call)?;
    let email = model.text("email");
    model.check()?;
    let text = match call.app.credentials.accounts().add_email(&caller, &email).await {
        Ok(user) if user.email.is_some() => "Email added successfully",
        Ok(_) => "Verification code sent to email",
        Err(Error::Invalid { .. }) => {
            return Err(model.value_error("email", "value is not a valid email address"));
        }
        Err(Error::Taken(_)) => {
            return Err(refusal(StatusCode::CONFLICT, "conflict_error", "User already has an email, or it is taken"));
        }
        Err(Error::Unauthenticated) => {
            let text = "Sign in again, and add the email within ten minutes";
            return Err(refusal(StatusCode::UNAUTHORIZED, "auth_error", text));
        }
        Err(other) => return Err(other.into()),
    };
    ok(&json!({ "message": text }))
}

pub(super) async fn verify(call: Call) -> Outcome {
    let caller = signed_in(&call).await?.caller;
    let mut model = Model::read(&call)?;
    let code = model.text("code");
    model.check()?;
    let refused = || refusal(StatusCode::UNAUTHORIZED, "auth_error", "Invalid or expired verification code");
    match call.app.credentials.accounts().verify_email(&code).await {
        Ok(user) if Some(user.id) == caller.user_id() => {
            ok(&json!({ "message": "Email verified and added successfully" }))
        }
        Ok(_) | Err(Error::InvalidCode) => Err(refused()),
        Err(Error::Taken(_)) => Err(refusal(StatusCode::CONFLICT, "conflict_error", "The email is taken")),
        Err(other) => Err(other.into()),
    }
}
