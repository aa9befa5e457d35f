//! Providers that refuse, and providers that misbehave.

use std::time::Duration;

use chatcore::account::oauth::{CodeVerifier, PendingLogin};
use chatcore_server::auth::oauth::{Limits, OAuthError};
use serde_json::json;

use crate::mock::Fault;
use crate::scene::{CALLBACK, LIMITS, Scene};

const CONFIGURATION: &str = "/.well-known/openid-configuration";
const PLACES: [(&str, &str); 3] = [(CONFIGURATION, "its configuration"), ("/token", "tokens"), ("/jwks", "its keys")];

/// Why the provider refuses a login of which something else is stored than was begun.
async fn stored(change: impl FnOnce(PendingLogin) -> PendingLogin) -> String {
    let lines = format!("redirect_uris = ['{CALLBACK}', 'https://chat.example.org/other']");
    let scene = Scene::with("oidc", &lines, LIMITS).await;
    let (url, pending) = scene.begin().await.unwrap();
    let query = scene.visit(&url).await;
    scene.finish(&change(pending), &query).await.unwrap_err().to_string()
}

const REFUSED: &str = "the provider refused the code: invalid_grant";

pub(crate) async fn another_verifier() {
    let other = CodeVerifier::from_random([9; 32]);
    assert_eq!(stored(|pending| PendingLogin { verifier: other, ..pending }).await, REFUSED);
}

pub(crate) async fn another_callback_address() {
    let other = "https://chat.example.org/other".to_owned();
    assert_eq!(stored(|pending| PendingLogin { redirect_uri: other, ..pending }).await, REFUSED);
}

pub(crate) async fn a_code_that_was_used() {
    let scene = Scene::new().await;
    let (url, pending) = scene.begin().await.unwrap();
    let query = scene.visit(&url).await;
    scene.finish(&pending, &query).await.unwrap();
    assert_eq!(scene.finish(&pending, &query).await.unwrap_err().to_string(), REFUSED);
}

pub(crate) async fn another_secret() {
    let scene = Scene::with("oidc", "client_secret = 'canary'", LIMITS).await;
    assert_eq!(scene.refused().await, "the provider refused the code: invalid_client");
}

/// What becomes of a login at a provider that fails at one address, for each of them.
async fn at_each(fault: Fault, limits: Limits, error: &str) {
    for (path, what) in PLACES {
        let scene = Scene::with("oidc", "", limits).await;
        scene.mock.plan().faults.insert(path, fault);
        let refused = scene.login().await.unwrap_err();
        assert_eq!(refused.to_string(), format!("failed to ask the provider for {what}{error}"));
        assert!(refused.is_upstream());
        assert_eq!(scene.mock.asked("/elsewhere"), 0);
        // it is left alone for a moment, and works again when it works
        scene.mock.plan().faults.clear();
        if path != "/token" {
            let resting = scene.login().await.unwrap_err();
            assert!(matches!(resting, OAuthError::Resting(_)), "{resting}");
            scene.clock.advance(Duration::from_secs(5));
        }
        assert!(scene.login().await.is_ok());
    }
}

pub(crate) async fn an_answer_without_end() {
    at_each(Fault::Endless, LIMITS, ": its answer has no end").await;
}

pub(crate) async fn no_answer() {
    let limits = Limits { timeout: Duration::from_millis(1500), ..LIMITS };
    at_each(Fault::Silent, limits, "").await;
}

pub(crate) async fn a_redirect() {
    at_each(Fault::Redirect, LIMITS, ": it answered with status 302").await;
}

pub(crate) async fn a_server_error() {
    at_each(Fault::Status(503), LIMITS, ": it answered with status 503").await;
}

pub(crate) async fn no_json() {
    at_each(Fault::Text("<html>canary</html>"), LIMITS, ": its answer is not what it should be").await;
    at_each(Fault::Text("{}"), LIMITS, ": its answer is not what it should be").await;
}

pub(crate) async fn another_kind_of_token() {
    let scene = Scene::new().await;
    scene.mock.plan().tokens = json!({"token_type": "mac"});
    assert!(scene.refused().await.starts_with("failed to ask the provider for tokens"));
}

pub(crate) async fn a_configuration_of_somebody_else() {
    let scene = Scene::new().await;
    scene.mock.plan().configuration = json!({"issuer": "https://evil.example"});
    assert!(scene.refused().await.starts_with("failed to ask the provider for its configuration"));
}

pub(crate) async fn an_insecure_configuration() {
    for endpoint in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        for address in ["http://id.example.org/x", "javascript:alert(1)", "/relative"] {
            let scene = Scene::new().await;
            scene.mock.plan().configuration = json!({endpoint: address});
            assert!(scene.refused().await.starts_with("failed to ask the provider for its configuration"));
        }
    }
}

pub(crate) async fn nobody_there() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let scene = Scene::with("oidc", &format!("issuer = 'http://{free}'"), LIMITS).await;
    assert!(matches!(scene.begin().await, Err(OAuthError::Unreachable { .. })));
    assert!(matches!(scene.begin().await, Err(OAuthError::Resting(_))), "it is left alone");
}
