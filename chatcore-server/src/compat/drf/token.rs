//! `Authorization: Token <key>`.

use chatcore::Error;
use chatcore::account::{ApiKeyKind, Caller, User};
use poem::http::{HeaderValue, StatusCode, header};

use super::dialect::detail;
use crate::compat::reply::challenged;
use crate::compat::{Call, Refusal};

/// What whoever has no token is told to show.
pub(in crate::compat) const CHALLENGE: &str = "Token";

fn refused(text: &str) -> Refusal {
    challenged(detail(StatusCode::UNAUTHORIZED, text), CHALLENGE).into()
}

/// Who sends a request with a token of that name, and the token.
///
/// # Errors
/// 401, in the words of the framework.
pub(in crate::compat) async fn by_token(call: &Call, name: &str) -> Result<(Caller, User, String), Refusal> {
    let token = token(call)?;
    let found = call.app.credentials.accounts().by_secret(&token).await;
    let found = match found {
        Err(Error::Unauthenticated) => return Err(refused("Invalid token.")),
        found => found?,
    };
    let (caller, user, key) = found;
    if key.kind != ApiKeyKind::Token || key.name != name {
        return Err(refused("Invalid token."));
    }
    Ok((caller, user, token))
}

fn token(call: &Call) -> Result<String, Refusal> {
    let header = call.request.headers().get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let mut words = header.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    if !words.next().is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"token")) {
        return Err(refused("Authentication credentials were not provided."));
    }
    let token = words.next().ok_or_else(|| refused("Invalid token header. No credentials provided."))?;
    if words.next().is_some() {
        return Err(refused("Invalid token header. Token string should not contain spaces."));
    }
    let text = std::str::from_utf8(token).ok().filter(|text| text.is_ascii());
    text.map(str::to_owned)
        .ok_or_else(|| refused("Invalid token header. Token string should not contain invalid characters."))
}
