//! Signing in with a wallet: a text that changes every few minutes, a signature, an access token for an hour.

use std::time::Duration;

use chatcore::Error;
use chatcore::account::wallet::Address;
use chatcore::account::{Greeting, IdentityKey, SessionKind, SignedIn, User};
use poem::http::StatusCode;
use serde_json::{Map, Value, json};

use super::NAME;
use crate::app::App;
use crate::auth::ClaimProfile;
use crate::compat::fastapi::{Model, refusal};
use crate::compat::reply::ok;
use crate::compat::{Call, Outcome, Refusal};
use crate::http::Problem;

/// What people have always signed here.
const WELCOME: &str = "WELCOME TO BASEDAGENT.IO PLATFORM";

const HOUR: Duration = Duration::from_secs(3600);

/// What access tokens say.
pub(crate) struct Claims;

impl ClaimProfile for Claims {
    fn name(&self) -> &'static str {
        NAME
    }

    fn lifetime(&self) -> Option<Duration> {
        Some(HOUR)
    }

    fn claims(&self, of: &SignedIn) -> Map<String, Value> {
        let claims = json!({ "sub": of.user.number.to_string(), "type": "ACCESS" });
        claims.as_object().cloned().unwrap_or_default()
    }
}

/// An hour, without a refresh token.
fn kind() -> SessionKind {
    SessionKind { name: NAME.into(), rotating: false, lifetime_seconds: HOUR.as_secs(), claims: NAME.into() }
}

fn greeting(app: &App) -> Greeting {
    let site = app.ways.sites.first().and_then(|site| site.uri().ok());
    Greeting { text: WELCOME.to_owned(), site: site.map(|uri| uri.to_string()) }
}

pub(super) async fn message(call: Call) -> Outcome {
    ok(&json!({ "message": call.app.credentials.accounts().wallet_greeting(&greeting(&call.app)) }))
}

pub(super) async fn authenticate(call: Call) -> Outcome {
    let mut model = Model::read(&call)?;
    let (address, signature) = (model.text("wallet_address"), model.text("signature"));
    model.check()?;
    let refused = |text: &str| refusal(StatusCode::UNAUTHORIZED, "auth_error", text);
    if call.app.ways.sites.is_empty() {
        return Err(refusal(StatusCode::SERVICE_UNAVAILABLE, "service_error", "Nobody signs in with a wallet here"));
    }
    let address: Address =
        address.to_ascii_lowercase().parse().map_err(|_| refused("Invalid wallet address format"))?;
    let signature = format!("0x{}", signature.trim().trim_start_matches("0x"));
    let accounts = call.app.credentials.accounts();
    let proof = accounts.greeting_proof(&greeting(&call.app), address, &signature, &*call.app.ways.wallets).await;
    let proof = proof.map_err(|error| match error {
        Error::Unauthenticated => refused("Invalid wallet signature"),
        Error::Invalid { reason, .. } => {
            refusal(StatusCode::BAD_REQUEST, "wallet_error", &format!("Failed to verify signature: {reason}"))
        }
        other => other.into(),
    })?;
    let signed_in = accounts.sign_in_with(&proof, kind(), call.label()).await?;
    let mut extra = Map::new();
    extra.insert("wallet_address".to_owned(), address.canonical().into());
    let token = call.app.credentials.access().issue_with(&signed_in, extra, call.app.now()).map_err(|error| {
        tracing::error!(%error, "failed to sign an access token");
        Problem::internal()
    })?;
    let exp = call.app.now().plus(HOUR).as_seconds();
    ok(&json!({ "access_token": token, "token_type": "bearer", "exp": exp }))
}

/// The wallet that somebody signs in with, in lower case.
pub(super) async fn of(app: &App, user: &User) -> Result<Option<String>, Refusal> {
    let ways = app.credentials.accounts().identities_of(None, user.id).await?;
    Ok(ways.into_iter().find_map(|way| match way.key {
        IdentityKey::Wallet(address) => Some(address),
        _ => None,
    }))
}
