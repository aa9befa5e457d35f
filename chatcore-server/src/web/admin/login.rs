//! Signing in and out without a script. The session is the one of the chat page.

use chatcore::Error;
use chatcore::account::{Attempt, SessionKind};
use maud::html;
use poem::http::{HeaderMap, StatusCode, header};
use poem::{Endpoint, Request, Response};

use super::asked::Asked;
use super::desk::{Desk, done};
use super::{Shown, frame, with_policy};
use crate::api::{app, label, network};

/// The form.
pub(super) fn form() -> impl Endpoint {
    poem::endpoint::make(
        |request: Request| async move { with_policy(show(next_of(&Asked::by_address(&request)), None)) },
    )
}

/// What it does.
pub(super) fn sign_in() -> impl Endpoint {
    poem::endpoint::make(|mut request: Request| async move {
        let done = signed_in(&mut request).await;
        with_policy(done.unwrap_or_else(|refusal| refusal.page("/admin")))
    })
}

async fn signed_in(request: &mut Request) -> Shown {
    if !is_own(request.headers()) {
        return Err(Error::Denied.into());
    }
    let asked = Asked::by_form(request).await?;
    let app = app(request)?;
    let (login, password) = (asked.text("login").to_owned(), asked.raw("password").to_owned());
    let (network, label) = (network(request), label(request));
    let attempt = Attempt { login, password, network, kind: SessionKind::web(), label };
    match app.credentials.accounts().sign_in(attempt).await {
        Ok(session) => {
            let cookie = app.credentials.session_cookie().set(&session.token, session.session.kind.lifetime_seconds);
            let mut response = done(next_of(&asked));
            if let Ok(cookie) = cookie.parse() {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Ok(response)
        }
        Err(Error::Unauthenticated) => {
            let mut response = show(next_of(&asked), Some("The name or the password is not right."));
            response.set_status(StatusCode::UNAUTHORIZED);
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends the session.
pub(super) async fn sign_out(desk: Desk, _: Asked) -> Shown {
    desk.app.credentials.accounts().logout_caller(desk.caller()).await?;
    let mut response = done("/admin/login");
    if let Ok(cookie) = desk.app.credentials.session_cookie().unset().parse() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Where to go after it: a page of these, and nowhere else.
fn next_of(asked: &Asked) -> &str {
    let is_ours = |next: &&str| {
        let plain = next.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-'));
        plain && (*next == "/admin" || next.starts_with("/admin/"))
    };
    asked.get("next").filter(is_ours).unwrap_or("/admin")
}

/// Whether a form was sent by one of our own pages. Nobody is signed in yet, so there is no token that could say so; a
/// browser says it of its own accord.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => {
            let host = |origin: &str| origin.split_once("://").map(|(_, host)| host.to_owned());
            text("origin").and_then(host).is_some_and(|origin| Some(&*origin) == text("host"))
        }
    }
}

fn show(next: &str, error: Option<&str>) -> Response {
    let form = html! {
        h1 { "Sign in" }
        p { "For those who run this service." }
        form method="post" action="/admin/login" .office-card {
            input type="hidden" name="next" value=(next);
            label .field for="login" { span { "E-mail or username" }
                input id="login" name="login" autocomplete="username" autocapitalize="none" required; }
            label .field for="password" { span { "Password" }
                input id="password" name="password" type="password" autocomplete="current-password" required; }
            @if let Some(error) = error { p .form-error role="alert" { (error) } }
            p { button .primary { "Sign in" } }
        }
    };
    frame::bare("Sign in", &form)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_form_of_another_site_is_not_ours() {
        assert!(is_own(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(is_own(&headers(&[("origin", "http://chat.example:8080"), ("host", "chat.example:8080")])));
        for foreign in [
            &[][..],
            &[("sec-fetch-site", "cross-site"), ("origin", "http://a"), ("host", "a")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "http://evil.example"), ("host", "chat.example")],
            &[("origin", "null"), ("host", "null")],
        ] {
            assert!(!is_own(&headers(foreign)), "{foreign:?}");
        }
    }
}
