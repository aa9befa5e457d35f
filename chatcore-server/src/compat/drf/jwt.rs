//! simplejwt: pairs of tokens, and `Authorization: Bearer <token>`.

use std::time::Duration;

use chatcore::Error;
use chatcore::account::{SessionKind, SignedIn};
use poem::Response;
use poem::http::{StatusCode, header};
use serde_json::json;

use super::body::data;
use super::dialect::detail;
use super::fields::{Form, Text};
use crate::auth::Authenticated;
use crate::compat::reply::{challenged, json as reply};
use crate::compat::{Call, Refusal};
use crate::http::Problem;

/// What whoever has no token is told to show.
pub(in crate::compat) const CHALLENGE: &str = "Bearer realm=\"api\"";

/// The tokens of one system.
#[derive(Clone, Copy)]
pub(in crate::compat) struct Jwt {
    /// The name of its sessions and of the profile of its claims.
    pub(in crate::compat) name: &'static str,
    /// How long somebody stays signed in.
    pub(in crate::compat) refresh: Duration,
    /// Whether a refresh token works once.
    pub(in crate::compat) rotating: bool,
    /// What is said of a token that is good for nothing, which releases of the library word differently.
    pub(in crate::compat) invalid: &'static str,
}

/// A pair of tokens.
pub(in crate::compat) struct Pair {
    pub(in crate::compat) access: String,
    pub(in crate::compat) refresh: String,
}

fn invalid(text: &str) -> Refusal {
    let body = json!({ "detail": text, "code": "token_not_valid" });
    challenged(reply(StatusCode::UNAUTHORIZED, &body), CHALLENGE).into()
}

fn unauthorized(body: Response) -> Refusal {
    challenged(body, CHALLENGE).into()
}

/// Nobody of that name, or another password: the same answer.
pub(in crate::compat) fn no_active_account(error: Error) -> Refusal {
    match error {
        Error::Unauthenticated => {
            unauthorized(detail(StatusCode::UNAUTHORIZED, "No active account found with the given credentials"))
        }
        other => other.into(),
    }
}

impl Jwt {
    /// The sessions behind the tokens.
    pub(in crate::compat) fn kind(&self) -> SessionKind {
        SessionKind {
            name: self.name.to_owned(),
            rotating: self.rotating,
            lifetime_seconds: self.refresh.as_secs(),
            claims: self.name.to_owned(),
        }
    }

    /// The tokens of somebody who has just signed in.
    pub(in crate::compat) fn pair(&self, call: &Call, signed_in: SignedIn) -> Result<Pair, Refusal> {
        let access = call.app.credentials.access().issue(&signed_in, call.app.now()).map_err(|error| {
            tracing::error!(%error, "failed to sign an access token");
            Problem::internal()
        })?;
        Ok(Pair { access, refresh: signed_in.token })
    }

    /// The next access token of a session of this system.
    pub(in crate::compat) async fn refresh(&self, call: &Call) -> Result<Pair, Refusal> {
        let mut form = Form::new(data(call).await?);
        let token = form.text("refresh", Text::required());
        form.check()?;
        let accounts = call.app.credentials.accounts();
        match accounts.refresh_of(&token, self.name).await {
            Ok(signed_in) => self.pair(call, signed_in),
            Err(Error::Unauthenticated) if self.is_access(call, &token) => Err(invalid("Token has wrong type")),
            Err(Error::Unauthenticated) => Err(invalid(self.invalid)),
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses a token that is not good any more, of either kind.
    pub(in crate::compat) async fn verify(&self, call: &Call) -> Result<(), Refusal> {
        let mut form = Form::new(data(call).await?);
        let token = form.text("token", Text::required());
        form.check()?;
        let accounts = call.app.credentials.accounts();
        let found = match call.app.credentials.by_profile(self.name, &token).await {
            Err(Error::Unauthenticated) => accounts.check_refresh(&token, self.name).await,
            found => found.map(drop),
        };
        match found {
            Err(Error::Unauthenticated) => Err(invalid(self.invalid)),
            found => Ok(found?),
        }
    }

    fn is_access(&self, call: &Call, token: &str) -> bool {
        call.app.credentials.access().read(self.name, token, call.app.now()).is_ok()
    }

    /// Who sends a request.
    ///
    /// # Errors
    /// 401, in the words of simplejwt.
    pub(in crate::compat) async fn bearer(&self, call: &Call) -> Result<Authenticated, Refusal> {
        let found = self.guest(call).await?;
        found.ok_or_else(|| {
            unauthorized(detail(StatusCode::UNAUTHORIZED, "Authentication credentials were not provided."))
        })
    }

    /// Who sends a request, if somebody says so. A token that does not hold is refused all the same.
    ///
    /// # Errors
    /// As [`Self::bearer`].
    pub(in crate::compat) async fn guest(&self, call: &Call) -> Result<Option<Authenticated>, Refusal> {
        let header = call.header(header::AUTHORIZATION.as_str()).unwrap_or_default();
        let words: Vec<&str> = header.split_ascii_whitespace().collect();
        let token = match words.as_slice() {
            ["Bearer", token] => *token,
            ["Bearer", ..] => {
                let text = "Authorization header must contain two space-delimited values";
                let body = json!({ "detail": text, "code": "bad_authorization_header" });
                return Err(unauthorized(reply(StatusCode::UNAUTHORIZED, &body)));
            }
            _ => return Ok(None),
        };
        match call.app.credentials.by_profile(self.name, token).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::Unauthenticated) => {
                let message = if call.app.credentials.accounts().is_refresh(token) {
                    "Token has wrong type"
                } else {
                    self.invalid
                };
                let messages = [json!({ "token_class": "AccessToken", "token_type": "access", "message": message })];
                let text = "Given token not valid for any token type";
                let body = json!({ "detail": text, "code": "token_not_valid", "messages": messages });
                Err(unauthorized(reply(StatusCode::UNAUTHORIZED, &body)))
            }
            Err(error) => Err(error.into()),
        }
    }
}
