//! The tokens with which people stay signed in.

use std::time::Duration;

use chatcore::account::SignedIn;
use serde_json::{Map, Value, json};

use super::NAME;
use crate::auth::ClaimProfile;
use crate::compat::drf::Jwt;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Seven days, with one refresh token.
pub(super) const TOKENS: Jwt = Jwt {
    name: NAME,
    refresh: Duration::from_secs(7 * 24 * 3600),
    rotating: false,
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
            "token_type": "access",
            "jti": of.session.id.as_uuid().as_simple().to_string(),
            "user_id": of.user.number,
        });
        claims.as_object().cloned().unwrap_or_default()
    }
}
