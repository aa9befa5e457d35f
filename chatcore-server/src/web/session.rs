//! The session of a page: a cookie that scripts cannot read, and a token that only our own page knows.

use chatcore::Error;
use chatcore::account::{Attempt, NewAccount, PasswordPolicy, SessionKind, SignedIn, Via};
use poem::http::{StatusCode, header};
use poem::web::Json;
use poem::{IntoResponse, Request, Response, Route, get, handler, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::markdown;
use super::visit::visit;
use crate::api::{SignedMessage, UserDto, VisitorDto, app, challenge, label, network, wrong_credentials};
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
        .at("/session/wallet", post(wallet))
        .at("/session/visitor", post(visit))
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

/// What the page asked a wallet to sign.
#[derive(Deserialize)]
struct Signed {
    message: String,
    signature: String,
}

#[derive(Deserialize)]
struct Render {
    text: String,
}

pub(super) fn from_own_page(request: &Request) -> Result<(), Problem> {
    let sent = request.headers().get(OWN_PAGE).and_then(|value| value.to_str().ok());
    if sent == Some("chatcore") { Ok(()) } else { Err(Error::Denied.into()) }
}

/// Somebody is signed in. What was theirs as a visitor comes along; if it could not, the visit is kept for the next time.
async fn signed_in(app: &App, request: &Request, status: StatusCode, done: &SignedIn) -> Response {
    let credentials = &app.credentials;
    let cookie = credentials.session_cookie().set(&done.token, done.session.kind.lifetime_seconds);
    let mut body = json!({
        "user": UserDto::from(&done.user).to_json(),
        "csrf": credentials.csrf_token(&done.token),
    });
    let mut merged = false;
    if let Some(token) = credentials.visitor_cookie().token_of(request) {
        merged = credentials.accounts().bring_visitor(done, token).await;
        body["visitor_merged"] = Value::Bool(merged);
    }
    let answer = Json(body).with_status(status).with_header(header::SET_COOKIE, cookie).into_response();
    if merged {
        return answer.with_header(header::SET_COOKIE, credentials.visitor_cookie().unset()).into_response();
    }
    answer
}

/// Who looks at a page, by its cookies, and the token against requests of other sites.
pub(super) async fn who(app: &App, request: &Request) -> Result<Value, Error> {
    let credentials = &app.credentials;
    if let Some(token) = credentials.session_cookie().token_of(request) {
        let (_, user, _) = credentials.accounts().by_token(token).await?;
        return Ok(json!({ "user": UserDto::from(&user).to_json(), "csrf": credentials.csrf_token(token) }));
    }
    let token = credentials.visitor_cookie().token_of(request).ok_or(Error::Unauthenticated)?;
    let (_, visitor) = credentials.visitor(token).await?;
    Ok(json!({ "visitor": VisitorDto::from(visitor).to_json(), "csrf": credentials.csrf_token(token) }))
}

/// Who is here: somebody who is signed in, or a visitor.
#[handler]
async fn session(request: &Request) -> Result<Response, Problem> {
    let app = app(request)?;
    Ok(Json(who(&app, request).await?).into_response())
}

#[handler]
async fn register(request: &Request, body: Json<Register>) -> Result<Response, Problem> {
    from_own_page(request)?;
    let app = app(request)?;
    let Json(Register { email, username, password }) = body;
    let accounts = app.credentials.accounts();
    let user = accounts.register(NewAccount { username, email, password, policy: PasswordPolicy::default() }).await?;
    let done = accounts.open(user.id, SessionKind::web(), label(request)).await?;
    Ok(signed_in(&app, request, StatusCode::CREATED, &done).await)
}

#[handler]
async fn login(request: &Request, body: Json<Login>) -> Result<Response, Problem> {
    from_own_page(request)?;
    let app = app(request)?;
    let Json(Login { login, password }) = body;
    let (network, label) = (network(request), label(request));
    let attempt = Attempt { login, password, network, kind: SessionKind::web(), label };
    let done = app.credentials.accounts().sign_in(attempt).await.map_err(wrong_credentials)?;
    Ok(signed_in(&app, request, StatusCode::OK, &done).await)
}

#[handler]
async fn exchange(request: &Request, body: Json<Exchange>) -> Result<Response, Problem> {
    from_own_page(request)?;
    let app = app(request)?;
    let binding = challenge(&body.code_verifier);
    let accounts = app.credentials.accounts();
    let done = accounts.sign_in_with_code(&body.code, Some(&binding), SessionKind::web(), label(request)).await?;
    Ok(signed_in(&app, request, StatusCode::OK, &done).await)
}

#[handler]
async fn wallet(request: &Request, body: Json<Signed>) -> Result<Response, Problem> {
    from_own_page(request)?;
    let app = app(request)?;
    let Json(Signed { message, signature }) = body;
    let proof = SignedMessage::new(message, signature).proof(&app).await?;
    let done = app.credentials.accounts().sign_in_with(&proof, SessionKind::web(), label(request)).await?;
    Ok(signed_in(&app, request, StatusCode::OK, &done).await)
}

/// Signs out. A visitor has no session that could end: the browser forgets who they were.
#[handler]
async fn logout(request: &Request) -> Result<Response, Problem> {
    let app = app(request)?;
    let credentials = &app.credentials;
    let caller = credentials.authenticate(request).await?.caller;
    let cookie = if caller.via() == Via::Visit {
        credentials.visitor_cookie()
    } else {
        credentials.accounts().logout_caller(&caller).await?;
        credentials.session_cookie()
    };
    Ok(StatusCode::NO_CONTENT.with_header(header::SET_COOKIE, cookie.unset()).into_response())
}

/// An answer that is still being written, as safe HTML.
#[handler]
async fn render(request: &Request, body: Json<Render>) -> Result<Response, Problem> {
    let app = app(request)?;
    app.credentials.authenticate(request).await?;
    Ok(Json(json!({ "html": markdown::render(&body.text) })).into_response())
}
