//! Signing in at Google and X.
//!
//! * **With a state of this server** (`/api/auth/o/<provider>/`): it says where the browser is to be sent, and is told what the
//!   browser brought back. Known by a cookie, so it works in that browser alone.
//! * **With a state of the front end** (`/api/auth/users/social/<provider>/`, `/api/auth/custom/<provider>/callback/`): it
//!   sends the browser away itself, and brings the code.

use chatcore::Error;
use chatcore::account::oauth::LoginRefusal;
use chatcore::account::{IdentityKey, Proof, SignedIn};
use poem::http::{StatusCode, header};
use serde_json::{Map, Value, json};
use url::form_urlencoded::Serializer;

use super::accounts::TOKENS;
use crate::auth::oauth::{Departure, Flow, FlowError, Grant, OAuthError};
use crate::compat::drf::{Pair, data, detail};
use crate::compat::reply::{json as reply, ok, refuse, with};
use crate::compat::{Call, Outcome, Refusal};

/// A provider: as paths name it, as the settings do, and as clients are told.
struct Provider {
    path: &'static str,
    name: &'static str,
    shown: &'static str,
    /// Codes are taken only together with the secret that they were asked for with.
    needs_verifier: bool,
}

const PROVIDERS: [Provider; 2] = [
    Provider { path: "google-oauth2", name: "google", shown: "google", needs_verifier: false },
    Provider { path: "twitter-oauth2", name: "twitter", shown: "x", needs_verifier: true },
];

/// Where ways back end that are this server's own, so that no front end has them.
const OWN: [&str; 2] = ["/api/v1/auth/oauth/", "/compat/"];

fn flow(call: &Call) -> Flow<'_> {
    Flow { oauth: &call.app.ways.oauth, accounts: call.app.credentials.accounts() }
}

/// The provider of a path, if people sign in there.
fn provider(call: &Call) -> Result<&'static Provider, Refusal> {
    let asked = call.segment("provider");
    let known = PROVIDERS.iter().find(|known| known.path == asked || known.name == asked);
    let known = known.filter(|known| call.app.ways.oauth.names().any(|name| name == known.name));
    known.ok_or_else(|| detail(StatusCode::NOT_FOUND, &format!("Provider '{asked:.50}' not supported")).into())
}

/// The subject at a provider, and what signs somebody in: for the object that is shown of them.
pub(super) fn shown(identities: &[IdentityKey]) -> Map<String, Value> {
    let subject_at = |name: &str| {
        identities.iter().find_map(|key| match key {
            IdentityKey::OAuth { provider, subject } if provider == name => Some(subject.clone()),
            _ => None,
        })
    };
    let [google, x] = PROVIDERS.each_ref().map(|provider| subject_at(provider.name));
    let of = google.is_some().then_some("google").or(x.is_some().then_some("x"));
    let mut fields = Map::new();
    fields.insert("google_id".to_owned(), google.into());
    fields.insert("x_id".to_owned(), x.into());
    fields.insert("auth_provider".to_owned(), of.into());
    fields
}

/// Why nobody is signed in: a status, and a sentence.
fn complaint(why: FlowError) -> Result<(StatusCode, &'static str), Refusal> {
    Ok(match why {
        FlowError::Accounts(Error::InvalidCode) => {
            (StatusCode::BAD_REQUEST, "State could not be found in server-side session data.")
        }
        FlowError::Accounts(Error::LinkFirst) => {
            (StatusCode::FORBIDDEN, "An account with this e-mail address exists. Sign in with its password.")
        }
        FlowError::Accounts(Error::Unauthenticated | Error::Denied) => {
            (StatusCode::FORBIDDEN, "The account is not active.")
        }
        FlowError::Accounts(why) => return Err(why.into()),
        FlowError::OAuth(why) if why.is_upstream() => {
            tracing::warn!(error = %why, "a provider failed");
            (StatusCode::BAD_GATEWAY, "The provider does not answer.")
        }
        FlowError::OAuth(OAuthError::Login(LoginRefusal::RedirectUri)) => {
            (StatusCode::BAD_REQUEST, "redirect_uri is not one of those that are allowed.")
        }
        FlowError::OAuth(OAuthError::Login(LoginRefusal::NoCode)) => {
            (StatusCode::BAD_REQUEST, "A required authentication parameter is missing.")
        }
        FlowError::OAuth(_) => (StatusCode::BAD_REQUEST, "Authentication process canceled."),
    })
}

/// As djoser tells it.
fn fields(why: FlowError) -> Refusal {
    match complaint(why) {
        Ok((status, text)) => refuse(status, &json!({ "non_field_errors": [text] })),
        Err(other) => other,
    }
}

/// As the system's own routes tell it.
fn list(why: FlowError) -> Refusal {
    match complaint(why) {
        Ok((status, text)) => refuse(status, &json!({ "detail": [text] })),
        Err(other) => other,
    }
}

async fn session(call: &Call, proof: &Proof) -> Result<SignedIn, FlowError> {
    let accounts = call.app.credentials.accounts();
    Ok(accounts.sign_in_with(proof, TOKENS.kind(), call.label()).await?)
}

/// Where to send the browser. It comes back to the front end.
pub(super) async fn depart(call: Call) -> Outcome {
    let provider = provider(&call)?;
    let ways = &call.app.ways;
    let wanted = call.parameter("redirect_uri").unwrap_or_default();
    let Some(redirect_uri) = ways.oauth.redirect_uri(provider.name, |url| url == wanted) else {
        let text = "redirect_uri must be in SOCIAL_AUTH_ALLOWED_REDIRECT_URIS";
        return Err(reply(StatusCode::BAD_REQUEST, &text).into());
    };
    let secret = match ways.cookie.secret_of(&call.request) {
        Some(secret) => secret.to_owned(),
        None => ways.browser_secret()?,
    };
    let departure = Departure {
        provider: provider.name,
        browser: &secret,
        return_to: None,
        redirect_uri: Some(redirect_uri),
        code_challenge: None,
        link: None,
    };
    let url = flow(&call).depart(&departure).await.map_err(fields)?;
    let response = reply(StatusCode::OK, &json!({ "authorization_url": url }));
    Ok(with(response, header::SET_COOKIE, &ways.cookie.set(&secret)))
}

/// What the browser brought back, in the address or in the body.
pub(super) async fn arrive(call: Call) -> Outcome {
    let provider = provider(&call)?;
    let query = brought(&call).await?;
    let browser = call.app.ways.cookie.secret_of(&call.request);
    let proof = flow(&call).prove(provider.name, &query, browser).await.map_err(fields)?;
    let signed_in = session(&call, &proof).await.map_err(fields)?;
    let user = signed_in.user.email.clone().unwrap_or_else(|| signed_in.user.number.to_string());
    let Pair { access, refresh } = TOKENS.pair(&call, signed_in)?;
    Ok(reply(StatusCode::CREATED, &json!({ "access": access, "refresh": refresh, "user": user })))
}

/// The parameters of a way back, each once.
async fn brought(call: &Call) -> Result<String, Refusal> {
    let given = data(call).await?;
    let mut query = Serializer::new(String::new());
    for name in ["state", "code", "iss", "error"] {
        let of_body = || given.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(value) = call.parameter(name).or_else(of_body) {
            query.append_pair(name, &value);
        }
    }
    let query = query.finish();
    if query.contains("state=") && (query.contains("code=") || query.contains("error=")) {
        return Ok(query);
    }
    let text = "A required authentication parameter is missing.";
    Err(refuse(StatusCode::BAD_REQUEST, &json!({ "non_field_errors": [text] })))
}

fn told(call: &Call, provider: &Provider, signed_in: SignedIn) -> Outcome {
    let user = signed_in.user.number;
    let Pair { access, refresh } = TOKENS.pair(call, signed_in)?;
    ok(&json!({
        "access_token": access,
        "refresh_token": refresh,
        "user_id": user,
        "auth_provider": provider.shown,
    }))
}

/// The way back as the address of a page: of a state of this server, or else of the front end's own.
pub(super) async fn callback(call: Call) -> Outcome {
    let provider = provider(&call)?;
    let query = call.request.uri().query().unwrap_or_default();
    let browser = call.app.ways.cookie.secret_of(&call.request);
    let proof = match flow(&call).prove(provider.name, query, browser).await {
        // a code that was asked for here is worth nothing without the secret that is stored with its state
        Err(FlowError::Accounts(Error::InvalidCode)) => {
            let parameter = |name: &str| call.parameter(name).map(Value::from);
            let names = ["code", "code_verifier", "redirect_uri"];
            let given = names.iter().filter_map(|name| Some(((*name).to_owned(), parameter(name)?))).collect();
            redeemed(&call, provider, &given).await?
        }
        found => found.map_err(list)?,
    };
    told(&call, provider, session(&call, &proof).await.map_err(list)?)
}

/// A front end that sent its browser away itself brings the code.
pub(super) async fn exchange(call: Call) -> Outcome {
    let provider = provider(&call)?;
    let given = data(&call).await?;
    let proof = redeemed(&call, provider, &given).await?;
    told(&call, provider, session(&call, &proof).await.map_err(list)?)
}

async fn redeemed(call: &Call, provider: &Provider, given: &Map<String, Value>) -> Result<Proof, Refusal> {
    let missing = |name: &str| refuse(StatusCode::BAD_REQUEST, &json!({ "detail": [format!("{name} is required")] }));
    let text = |name: &str| given.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let code = text("code").ok_or_else(|| missing("code"))?;
    let verifier = text("code_verifier");
    if provider.needs_verifier && verifier.is_none() {
        return Err(missing("code_verifier"));
    }
    let of_front_end = |url: &str| !OWN.iter().any(|own| url.contains(own));
    let usual = call.app.ways.oauth.redirect_uri(provider.name, of_front_end);
    let redirect_uri = text("redirect_uri").or(usual).ok_or_else(|| missing("redirect_uri"))?;
    let grant = Grant { code, redirect_uri, verifier, nonce: None };
    flow(call).redeem(provider.name, &grant).await.map_err(list)
}

/// A page brings what Google's One Tap gave it.
pub(super) async fn one_tap(call: Call) -> Outcome {
    let [provider, _] = &PROVIDERS;
    let given = data(&call).await?;
    let id_token = given.get("credentials").and_then(Value::as_str).filter(|text| !text.is_empty());
    let id_token = id_token.ok_or_else(|| detail(StatusCode::BAD_REQUEST, "credentials field is required"))?;
    let proof = flow(&call).credential(provider.name, id_token).await.map_err(|why| match why {
        FlowError::OAuth(why) if !why.is_upstream() => {
            tracing::debug!(error = %why, "an ID token was refused");
            Refusal::from(detail(StatusCode::UNAUTHORIZED, "Invalid Google token"))
        }
        other => list(other),
    })?;
    told(&call, provider, session(&call, &proof).await.map_err(list)?)
}
