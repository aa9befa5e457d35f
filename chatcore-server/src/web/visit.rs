//! Chatting on the page without an account: the visitor's token is in a cookie, where no script sees it.

use poem::http::{StatusCode, header};
use poem::web::Json;
use poem::{IntoResponse, Request, Response, handler};
use poem_openapi::types::ToJSON;
use serde_json::json;

use super::session::{from_own_page, who};
use crate::api::{VisitorDto, app, network, no_visitors};
use crate::http::Problem;

/// How long a browser keeps a visit that it does not come back to, in seconds: a year. The token itself does not end.
const AGE: u64 = 365 * 24 * 60 * 60;

/// Lets somebody in without an account. Whoever is here already stays who they are, so two tabs that open at once are one
/// visitor, and nobody is signed out by this.
#[handler]
pub(super) async fn visit(request: &Request) -> Result<Response, Problem> {
    from_own_page(request)?;
    let app = app(request)?;
    let credentials = &app.credentials;
    if let Ok(known) = who(&app, request).await {
        return Ok(Json(known).into_response());
    }
    if !credentials.takes_visitors() {
        return Err(no_visitors());
    }
    // requests whose sender is unknown are counted as of one
    let network = network(request).unwrap_or_else(|| "unknown".to_owned());
    let new = credentials.accounts().open_visitor(&network).await?;
    let body =
        json!({ "visitor": VisitorDto::from(new.visitor).to_json(), "csrf": credentials.csrf_token(&new.token) });
    // a session that has ended would count before the visit
    let cookies = [credentials.visitor_cookie().set(&new.token, AGE), credentials.session_cookie().unset()];
    let answer = Json(body).with_status(StatusCode::CREATED);
    let [visit, session] = cookies;
    Ok(answer.with_header(header::SET_COOKIE, visit).with_header(header::SET_COOKIE, session).into_response())
}
