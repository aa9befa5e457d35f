//! The session of a page: a cookie that scripts cannot read, and a token that only our own page knows.

use chatcore::Error;
use chatcore::account::{Attempt, NewAccount, PasswordPolicy, SessionKind, SignedIn};
use poem::http::{StatusCode, header};
use poem::web::Json;
use poem::{IntoResponse, Request, Response, Route, get, handler, post};
use serde::Deserialize;
use serde_json::json;

use super::markdown;
use crate::api::{UserDto, app, challenge, label, network, wrong_credentials};
use crate::app::App;
use crate::http::Problem;
use poem_openapi::types::ToJSON;

/// A header that a form or a link of another site cannot send.
const OWN_PAGE: &str = "x-requested-with";

/// Routes under `/web`.
pub(crate) fn routes() -> Route {
    Route::new()
        .at("/session", get(session))
        .at("/session/register", post(register))
        .at("/session/login", post(login))
        .at("/session/exchange", post(exchange))
        .at("/session/logout", post(logout))
        .at("/render", post(render))
}

#[derive(Deserialize)]
struct Register {
    email: Option<String>,
    username: Option<String>,
    password: String,
}

#[derive(Deserialize)]
struct Login {
    login: String,
    password: String,
}

/// What the page found in its address after a sign-in at a provider, and the secret with which it had begun that.
#[derive(Deserialize)]
struct Exchange {
    code: String,
    code_verifier: String,
}

#[derive(Deserialize)]
struct Render {
    text: String,
}

fn from_own_page(request: &Request) -> Result<(), Problem> {
    let sent = request.headers().get(OWN_PAGE).and_then(|value| value.to_str().ok());
    if sent == Some("chatcore") { Ok(()) } else { Err(Error::Denied.into()) }
}

fn signed_in(app: &App, status: StatusCode, done: &SignedIn) -> Response {
    let age = done.session.kind.lifetime_seconds;
    let cookie = app.credentials.set_cookie(Some((&done.token, age)));
    let body = json!({
        "user": UserDto::from(&done.user).to_json(),
        "csrf": app.credentials.csrf_token(&done.token),
    });
    Json(body).with_status(status).with_header(header::SET_COOKIE, cookie).into_response()
}

/// Who is signed in.
#[handler]
async fn session(request: &Request) -> Result<Response, Problem> {
    let app = app(request)?;
    let token = app.credentials.cookie_of(request).ok_or(Error::Unauthenticated)?;
    let (_, user, _) = app.credentials.accounts().by_token(token).await?;
    let body = json!({ "user": UserDto::from(&user).to_json(), "csrf": app.credentials.csrf_token(token) });
    Ok(Json(body).into_response())
}

#[handler]
async fn register(request: &Request, body: Json<Register>) -> Result<Response, Problem> {
    from_own_page(request)?;
    let app = app(request)?;
    let Json(Register { email, username, password }) = body;
    let accounts = app.credentials.accounts();
    let user = accounts.register(NewAccount { username, email, password, policy: PasswordPolicy::default() }).await?;
    let done = accounts.open(user.id, SessionKind::web(), label(request)).await?;
    Ok(signed_in(&app, StatusCode::CREATED, &done))
}

#[handler]
async fn login(request: &Request, body: Json<Login>) -> Result<Response, Problem> {
    from_own_page(request)?;
    let app = app(request)?;
    let Json(Login { login, password }) = body;
    let (network, label) = (network(request), label(request));
    let attempt = Attempt { login, password, network, kind: SessionKind::web(), label };
    let done = app.credentials.accounts().sign_in(attempt).await.map_err(wrong_credentials)?;
    Ok(signed_in(&app, StatusCode::OK, &done))
}

#[handler]
async fn exchange(request: &Request, body: Json<Exchange>) -> Result<Response, Problem> {
    from_own_page(request)?;
    let app = app(request)?;
    let binding = challenge(&body.code_verifier);
    let accounts = app.credentials.accounts();
    let done = accounts.sign_in_with_code(&body.code, Some(&binding), SessionKind::web(), label(request)).await?;
    Ok(signed_in(&app, StatusCode::OK, &done))
}

#[handler]
async fn logout(request: &Request) -> Result<Response, Problem> {
    let app = app(request)?;
    let who = app.credentials.authenticate(request).await?;
    app.credentials.accounts().logout_caller(&who.caller).await?;
    let gone = app.credentials.set_cookie(None);
    Ok(StatusCode::NO_CONTENT.with_header(header::SET_COOKIE, gone).into_response())
}

/// An answer that is still being written, as safe HTML.
#[handler]
async fn render(request: &Request, body: Json<Render>) -> Result<Response, Problem> {
    let app = app(request)?;
    app.credentials.authenticate(request).await?;
    Ok(Json(json!({ "html": markdown::render(&body.text) })).into_response())
}
