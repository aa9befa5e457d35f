//! ID tokens that are not for this login.

use std::time::Duration;

use chatcore::Clock;
use serde_json::{Value, json};

use crate::scene::Scene;
use crate::signing::{self, Signing};

/// Why a login is refused whose token has other claims.
async fn with(claims: Value) -> String {
    let scene = Scene::new().await;
    scene.mock.plan().claims = claims;
    scene.refused().await
}

/// Why a login is refused whose token is signed otherwise.
async fn signed(signing: Signing) -> String {
    let scene = Scene::new().await;
    scene.mock.plan().signing = signing;
    scene.refused().await
}

pub(crate) async fn with_another_nonce() {
    assert_eq!(with(json!({"nonce": "another"})).await, "the token has another nonce");
}

pub(crate) async fn without_a_nonce() {
    assert_eq!(with(json!({"nonce": null})).await, "the token has another nonce");
}

pub(crate) async fn of_another_issuer() {
    assert_eq!(with(json!({"iss": "https://evil.example"})).await, "the token is of another issuer");
}

pub(crate) async fn for_another_audience() {
    assert_eq!(with(json!({"aud": "another"})).await, "the token is for another audience");
}

pub(crate) async fn for_another_party() {
    assert_eq!(with(json!({"azp": "another"})).await, "the token was issued to another party");
}

pub(crate) async fn that_expired() {
    let scene = Scene::new().await;
    scene.mock.plan().claims = json!({"exp": scene.clock.now().minus(Duration::from_secs(61)).as_seconds()});
    assert_eq!(scene.refused().await, "the token has expired");
}

pub(crate) async fn of_the_future() {
    let scene = Scene::new().await;
    scene.mock.plan().claims = json!({"iat": scene.clock.now().plus(Duration::from_secs(61)).as_seconds()});
    assert_eq!(scene.refused().await, "the token does not count yet");
}

pub(crate) async fn with_another_access_token() {
    assert_eq!(with(json!({"at_hash": "AAAA"})).await, "the token goes with another access token");
}

pub(crate) async fn without_a_subject() {
    assert_eq!(with(json!({"sub": ""})).await, "the token has no subject");
}

pub(crate) async fn signed_with_another_key() {
    assert_eq!(signed(Signing::AnotherKey).await, "the ID token is not signed by the provider");
}

pub(crate) async fn signed_with_nothing() {
    assert_eq!(signed(Signing::Nothing).await, "the ID token cannot be read");
}

pub(crate) async fn signed_with_the_public_key() {
    assert_eq!(signed(Signing::PublicKeyAsSecret).await, "the ID token is not signed as it should be");
}

/// A key may be new, so the keys are fetched again, but not for everybody who makes up a name.
pub(crate) async fn signed_with_an_unknown_key() {
    let scene = Scene::new().await;
    scene.login().await.unwrap();
    assert_eq!(scene.mock.asked("/jwks"), 1);
    scene.mock.plan().signing = Signing::UnknownKey;
    for _ in 0..3 {
        assert_eq!(scene.refused().await, "the ID token is signed with an unknown key");
    }
    assert_eq!(scene.mock.asked("/jwks"), 1, "the keys are new");
    scene.clock.advance(Duration::from_secs(30));
    for _ in 0..3 {
        assert_eq!(scene.refused().await, "the ID token is signed with an unknown key");
    }
    assert_eq!(scene.mock.asked("/jwks"), 2);
    scene.clock.advance(Duration::from_secs(30));
    scene.mock.plan().keys.push(signing::another_key());
    assert!(scene.login().await.is_ok(), "the provider has a new key");
    assert_eq!(scene.mock.asked("/jwks"), 3);
}

pub(crate) async fn signed_with_a_key_for_secrets() {
    let scene = Scene::new().await;
    scene.mock.plan().keys[2]["use"] = json!("enc");
    assert_eq!(scene.refused().await, "the ID token is signed with an unknown key");
}

pub(crate) async fn that_asks_for_the_unknown() {
    assert_eq!(signed(Signing::Critical).await, "the ID token asks for what is not known here");
}

pub(crate) async fn that_is_missing() {
    let scene = Scene::new().await;
    scene.mock.plan().tokens = json!({"id_token": null});
    assert_eq!(scene.refused().await, "the ID token is missing");
}

pub(crate) async fn that_is_nonsense() {
    let scene = Scene::new().await;
    for nonsense in ["", "canary", "a.b.c", "..", "eyJhbGciOiJFZERTQSJ9.e30."] {
        scene.mock.plan().tokens = json!({"id_token": nonsense});
        assert!(scene.refused().await.starts_with("the ID token"), "{nonsense}");
    }
    for claims in [json!({"sub": null}), json!({"exp": "soon"}), json!({"aud": 1}), json!({"iss": null})] {
        assert_eq!(with(claims).await, "the ID token is not signed by the provider");
    }
}

/// An address may be somebody else's until the provider says otherwise.
pub(crate) async fn with_an_address_that_is_not_verified() {
    let scene = Scene::new().await;
    for not in [json!(false), json!("false"), json!(null), json!(1)] {
        scene.mock.plan().claims = json!({"email_verified": not});
        let ann = scene.login().await.unwrap();
        assert_eq!((ann.email.as_deref(), ann.email_verified), (Some("ann@example.org"), false));
    }
    scene.mock.plan().claims = json!({"email": null});
    let ann = scene.login().await.unwrap();
    assert_eq!((ann.email, ann.email_verified), (None, false));
}
