//! Logins that end well.

use std::time::Duration;

use chatcore::account::oauth::{ExternalIdentity, NewLogin};
use serde_json::json;

use crate::mock::{CLIENT_ID, Mock};
use crate::scene::{BROWSER, CALLBACK, LIMITS, Scene, told};
use crate::signing::Signing;

fn ann(mock: &Mock) -> ExternalIdentity {
    ExternalIdentity {
        provider: "corp".to_owned(),
        issuer: mock.url.clone(),
        subject: "ann-1".to_owned(),
        email: Some("ann@example.org".to_owned()),
        email_verified: true,
        name: Some("Ann".to_owned()),
    }
}

pub(crate) async fn somebody_signs_in() {
    let scene = Scene::new().await;
    let return_to = Some("https://chat.example.org/welcome");
    let login = NewLogin { provider: "corp", browser: BROWSER, return_to, redirect_uri: Some(CALLBACK) };
    let (url, pending) = scene.oauth.begin(&login).await.unwrap();
    assert!(url.starts_with(&format!("{}/authorize?", scene.mock.url)));
    assert!(url.contains("scope=openid+email+profile"), "{url}");
    assert!(!url.contains(pending.verifier.expose()), "the verifier stays here");
    assert_eq!(pending.return_to.as_deref(), return_to);
    let stored = serde_json::from_str(&serde_json::to_string(&pending).unwrap()).unwrap();
    let query = scene.visit(&url).await;
    assert_eq!(scene.finish(&stored, &query).await.unwrap(), ann(&scene.mock));
    assert_eq!(scene.mock.plan().proof, "basic");
    assert_eq!(scene.oauth.names().collect::<Vec<_>>(), ["corp"]);
    // another login shares nothing with it
    let (_, other) = scene.begin().await.unwrap();
    assert!(other.state != pending.state && other.nonce != pending.nonce && other.verifier != pending.verifier);
}

pub(crate) async fn every_kind_of_key_signs() {
    let scene = Scene::new().await;
    for signing in [Signing::EdDsa, Signing::Es256, Signing::Nameless] {
        scene.mock.plan().signing = signing;
        assert_eq!(scene.login().await.unwrap(), ann(&scene.mock));
    }
    // the hash of the access token that goes with EdDSA
    scene.mock.plan().signing = Signing::EdDsa;
    scene.mock.plan().claims = json!({"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID, "email_verified": "true"});
    assert!(scene.login().await.unwrap().email_verified);
}

pub(crate) async fn x_says_who_somebody_is() {
    let endpoints = "authorization_endpoint = 'URL/authorize'\ntoken_endpoint = 'URL/token'\n\
                     userinfo_endpoint = 'URL/2/users/me'";
    let scene = Scene::with("twitter", endpoints, LIMITS).await;
    let (url, _) = scene.begin().await.unwrap();
    assert!(url.contains("scope=users.read+tweet.read") && !url.contains("nonce="), "{url}");
    let ann = scene.login().await.unwrap();
    assert_eq!((ann.subject.as_str(), ann.name.as_deref()), ("2244994945", Some("Ann of X")));
    assert_eq!((ann.email, ann.email_verified), (None, false));
    assert_eq!(scene.mock.asked("/.well-known/openid-configuration"), 0);
    for (token, error) in [("canary", "a profile: it answered with status 401"), ("", "a profile")] {
        scene.mock.plan().tokens = json!({"access_token": token});
        assert!(scene.refused().await.contains(error));
    }
    assert!(told(scene.oauth.credential("corp", "x").await).is_err(), "it has no ID tokens");
}

pub(crate) async fn a_page_shows_a_credential() {
    let scene = Scene::new().await;
    let show = async |token: &str| told(scene.oauth.credential("corp", token).await);
    assert_eq!(show(&scene.mock.credential()).await.unwrap().subject, "ann-1");
    scene.mock.plan().claims = json!({"nonce": "of some login"});
    assert_eq!(show(&scene.mock.credential()).await.unwrap_err().to_string(), "the token has another nonce");
    scene.mock.plan().claims = json!({"aud": "another"});
    assert_eq!(show(&scene.mock.credential()).await.unwrap_err().to_string(), "the token is for another audience");
}

pub(crate) async fn a_public_client_has_no_secret() {
    let scene = Scene::with("oidc", "# no client_secret", LIMITS).await;
    scene.mock.plan().public_client = true;
    assert_eq!(scene.login().await.unwrap(), ann(&scene.mock));
    assert_eq!(scene.mock.plan().proof, "none");
}

pub(crate) async fn a_secret_goes_where_the_provider_takes_it() {
    let scene = Scene::new().await;
    scene.mock.plan().configuration = json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]});
    assert_eq!(scene.login().await.unwrap(), ann(&scene.mock));
    assert_eq!(scene.mock.plan().proof, "post");
}

pub(crate) async fn what_is_found_is_kept_for_a_while() {
    let scene = Scene::new().await;
    for _ in 0..3 {
        scene.login().await.unwrap();
    }
    let asked = || (scene.mock.asked("/.well-known/openid-configuration"), scene.mock.asked("/jwks"));
    assert_eq!(asked(), (1, 1));
    scene.clock.advance(Duration::from_secs(3600));
    scene.login().await.unwrap();
    assert_eq!(asked(), (2, 2));
}
