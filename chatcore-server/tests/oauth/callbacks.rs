//! Callbacks that belong to no login of this browser.

use std::time::Duration;

use chatcore::account::oauth::{LoginRefusal, NewLogin, PendingLogin};
use chatcore_server::auth::oauth::{Grant, OAuthError};

use crate::mock::Mock;
use crate::scene::{BROWSER, CALLBACK, Scene, told};

/// A login whose callback is changed on the way; `URL` in it is the mock.
async fn changed(change: impl FnOnce(&str, &Mock) -> String) -> LoginRefusal {
    let scene = Scene::new().await;
    let (url, pending) = scene.begin().await.unwrap();
    let query = change(&scene.visit(&url).await, &scene.mock);
    let refusal = refusal(scene.finish(&pending, &query).await);
    assert_eq!(scene.mock.asked("/token"), 0, "the code was shown to the provider");
    refusal
}

#[expect(clippy::panic, reason = "helpers of tests may fail the test")]
fn refusal<T: std::fmt::Debug>(result: Result<T, OAuthError>) -> LoginRefusal {
    match result {
        Err(OAuthError::Login(refusal)) => refusal,
        other => panic!("{other:?} is no refusal of a login"),
    }
}

/// A query without one of its parts.
fn without(query: &str, name: &str) -> String {
    query.split('&').filter(|pair| !pair.starts_with(&format!("{name}="))).collect::<Vec<_>>().join("&")
}

pub(crate) async fn without_a_state() {
    assert_eq!(changed(|query, _| without(query, "state")).await, LoginRefusal::State);
}

pub(crate) async fn with_the_state_of_another_login() {
    let scene = Scene::new().await;
    let (url, _) = scene.begin().await.unwrap();
    let (_, other) = scene.begin().await.unwrap();
    let query = scene.visit(&url).await;
    assert_eq!(refusal(scene.finish(&other, &query).await), LoginRefusal::State);
}

pub(crate) async fn in_another_browser() {
    let scene = Scene::new().await;
    let (url, pending) = scene.begin().await.unwrap();
    let query = scene.visit(&url).await;
    for browser in ["", "another", &format!("{BROWSER} ")] {
        assert_eq!(refusal(told(scene.oauth.finish(&pending, browser, &query).await)), LoginRefusal::Browser);
    }
}

pub(crate) async fn after_the_login_expired() {
    let scene = Scene::new().await;
    let (url, pending) = scene.begin().await.unwrap();
    let query = scene.visit(&url).await;
    scene.clock.advance(PendingLogin::LIFETIME);
    assert_eq!(refusal(scene.finish(&pending, &query).await), LoginRefusal::Expired);
    scene.clock.set(pending.expires_at.minus(Duration::from_secs(1)));
    assert!(scene.finish(&pending, &query).await.is_ok());
}

pub(crate) async fn from_another_issuer() {
    let refused = changed(|query, _| format!("{}&iss=https%3A%2F%2Fevil.example", without(query, "iss"))).await;
    assert_eq!(refused, LoginRefusal::Issuer);
}

pub(crate) async fn without_the_issuer_that_was_promised() {
    assert_eq!(changed(|query, _| without(query, "iss")).await, LoginRefusal::Issuer);
}

pub(crate) async fn with_something_said_twice() {
    for name in ["code", "state", "iss"] {
        assert_eq!(changed(|query, _| format!("{query}&{name}=again")).await, LoginRefusal::Repeated);
    }
}

pub(crate) async fn with_a_refusal() {
    let error = |error: &'static str| {
        changed(move |query, _| format!("{}&error={error}&error_description=canary", without(query, "code")))
    };
    assert_eq!(error("access_denied").await.to_string(), "the provider refused: access_denied");
    assert_eq!(error("%3Cscript%3E").await.to_string(), "the provider refused: unknown");
}

pub(crate) async fn without_a_code() {
    assert_eq!(changed(|query, _| without(query, "code")).await, LoginRefusal::NoCode);
    assert_eq!(changed(|query, _| format!("{query}&x={}", "x".repeat(9000))).await, LoginRefusal::NoCode);
}

pub(crate) async fn of_an_unknown_provider() {
    let scene = Scene::new().await;
    let login = NewLogin { provider: "other", browser: BROWSER, return_to: None, redirect_uri: None };
    assert!(matches!(told(scene.oauth.begin(&login).await), Err(OAuthError::UnknownProvider)));
    let (_, pending) = scene.begin().await.unwrap();
    let other = PendingLogin { provider: "other".to_owned(), ..pending };
    assert!(matches!(scene.finish(&other, "code=c").await, Err(OAuthError::UnknownProvider)));
}

pub(crate) async fn to_an_address_that_is_not_ours() {
    let scene = Scene::new().await;
    for evil in ["https://evil.example/", &format!("{CALLBACK}/"), &CALLBACK.replace("https", "http")] {
        let login = NewLogin { provider: "corp", browser: BROWSER, return_to: None, redirect_uri: Some(evil) };
        assert_eq!(refusal(told(scene.oauth.begin(&login).await)), LoginRefusal::RedirectUri);
        let grant = Grant { code: "canary", redirect_uri: evil, verifier: None, nonce: None };
        assert_eq!(refusal(told(scene.oauth.redeem("corp", &grant).await)), LoginRefusal::RedirectUri);
    }
}

pub(crate) async fn back_to_an_address_that_is_not_ours() {
    let scene = Scene::new().await;
    for evil in ["https://evil.example/", "https://chat.example.org/welcome/..", "//evil.example", "/", ""] {
        let login = NewLogin { provider: "corp", browser: BROWSER, return_to: Some(evil), redirect_uri: None };
        assert_eq!(refusal(told(scene.oauth.begin(&login).await)), LoginRefusal::ReturnTo, "{evil}");
    }
}
