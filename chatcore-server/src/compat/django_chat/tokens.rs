//! The tokens with which people stay signed in: a role, a type, and ids that are UUIDs.

use std::time::Duration;

use chatcore::Error;
use chatcore::account::{AccountRole, SignedIn, User};
use serde_json::{Map, Value, json};

use super::NAME;
use super::plain::unauthorized;
use crate::auth::{Authenticated, ClaimProfile, bearer};
use crate::compat::drf::{Jwt, Pair};
use crate::compat::{Call, Refusal};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Thirty days; each refresh token works once.
pub(super) const TOKENS: Jwt = Jwt {
    name: NAME,
    refresh: Duration::from_secs(30 * 24 * 3600),
    rotating: true,
    invalid: "Token is invalid or expired",
};

/// What its access tokens say.
pub(crate) struct Claims;

impl ClaimProfile for Claims {
    fn name(&self) -> &'static str {
        NAME
    }

    fn lifetime(&self) -> Option<Duration> {
        Some(DAY)
    }

    fn claims(&self, of: &SignedIn) -> Map<String, Value> {
        let claims = json!({
            "user_id": of.user.id.as_uuid().to_string(),
            "email": of.user.email,
            "role": role(&of.user),
            "type": "access",
            "jti": of.session.id.as_uuid().to_string(),
        });
        claims.as_object().cloned().unwrap_or_default()
    }
}

/// What the system calls a role.
fn role(user: &User) -> &'static str {
    match user.role {
        AccountRole::User => "basic",
        AccountRole::Staff => "staff",
        AccountRole::Admin => "admin",
    }
}

/// A user as clients see one.
pub(super) fn shown(user: &User) -> Value {
    json!({ "id": user.id.as_uuid().to_string(), "email": user.email, "role": role(user) })
}

/// Somebody who has just signed in: the document does not say how the token is called, so it has every usual name.
pub(super) fn session(call: &Call, signed_in: SignedIn) -> Result<Value, Refusal> {
    let user = shown(&signed_in.user);
    let Pair { access, refresh } = TOKENS.pair(call, signed_in)?;
    Ok(json!({
        "token": access, "access": access, "access_token": access,
        "refresh": refresh, "refresh_token": refresh,
        "user": user,
    }))
}

/// Who sends a request.
pub(super) async fn signed_in(call: &Call) -> Result<Authenticated, Refusal> {
    let token = bearer(&call.request).ok_or_else(|| unauthorized("Authentication credentials were not provided."))?;
    match call.app.credentials.by_profile(NAME, token).await {
        Err(Error::Unauthenticated) => Err(unauthorized("The token is invalid or has expired.")),
        found => Ok(found?),
    }
}
