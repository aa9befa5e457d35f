//! The other ways in, each with what is secret about it: what works once, and what is shown again and again.

use std::path::Path;

use chatcore::Clock;
use chatcore::testing::ManualClock;
use chatcore_llm::SystemClock;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use super::{PASSWORD, Refusals, WRONG};
use crate::binary::Binary;
use crate::client::Client;
use crate::mock::{ACCESS_TOKEN, CLIENT_ID, Mock, SECRET};
use crate::wallets::Wallet;

/// Something with its name.
type Secrets = Vec<(&'static str, String)>;

/// What stands in addresses because the standard puts it there: it works once, and only with what the browser holds.
pub(super) const TRAVELS: [&str; 3] = ["the state of a provider", "the code of a provider", "the code of a sign-in"];

const CALLBACK: &str = "https://chat.test/api/v1/auth/oauth/corp/callback";
pub(super) const RETURN: &str = "https://app.test/signed-in";

/// The first admin, with the code of the link that the server has printed.
pub(super) async fn set_up(client: &Client, server: &Binary, refusals: &mut Refusals) -> Secrets {
    let code = &server.set_up_code().await;
    let body = |code: &str, password: &str| json!({"code": code, "username": "root", "password": password});
    refusals.add(422, client.post("/auth/set-up", body(code, "short")).await);
    client.post("/auth/set-up", body(code, PASSWORD)).await.is(201);
    refusals.add(422, client.post("/auth/set-up", body(code, PASSWORD)).await);
    vec![("the code of the set-up", code.to_owned())]
}

/// A visitor, who becomes a user.
pub(super) async fn visitor(client: &Client, refusals: &mut Refusals) -> Secrets {
    let visit: Value = client.post("/auth/visitor", json!({})).await.to(201);
    let token = visit["access_token"].as_str().unwrap().to_owned();
    let visitor = client.bearer(&token);
    visitor.conversation().await;
    refusals.add(403, visitor.get("/me").await);
    refusals.add(401, client.bearer(&format!("{token}0")).get("/models").await);
    let register = json!({"username": "vera", "password": PASSWORD, "visitor_token": token});
    assert_eq!(client.post("/auth/register", register).await.to::<Value>(201)["visitor_merged"], true);
    refusals.add(401, visitor.get("/models").await);
    let signature = token.split_once('.').unwrap().1.to_owned();
    vec![("the token of a visitor", token), ("the signature of a visitor", signature)]
}

/// A wallet: a message that is signed wrongly, one that is used twice.
pub(super) async fn wallet(client: &Client, refusals: &mut Refusals) -> Secrets {
    let (wallet, other) = (Wallet::new(7), Wallet::new(8));
    let (spoilt, message) = (wallet.asks(client).await, wallet.asks(client).await);
    refusals.add(401, client.post("/auth/wallet/verify", other.answers(&spoilt)).await);
    let answer = wallet.answers(&message);
    client.post("/auth/wallet/verify", answer.clone()).await.is(200);
    refusals.add(422, client.post("/auth/wallet/verify", answer.clone()).await);
    let nonce = |message: &str| message.split_once("Nonce: ").unwrap().1.lines().next().unwrap().to_owned();
    let signature = answer["signature"].as_str().unwrap().to_owned();
    vec![("a nonce", nonce(&message)), ("a nonce that was spoilt", nonce(&spoilt)), ("a signature", signature)]
}

/// An opaque token, which is nobody's here.
pub(super) async fn opaque(client: &Client, refusals: &mut Refusals) -> Secrets {
    let token = "0c1a2n3a4r5y".repeat(4);
    refusals.add(401, client.with("authorization", &format!("Token {token}")).get("/me").await);
    refusals.add(401, client.with("x-api-key", &token).get("/me").await);
    vec![("an opaque token", token)]
}

/// Starts a provider, and writes the settings that name it into the folder.
pub(super) async fn start_provider(folder: &Path) {
    let clock = ManualClock::new();
    clock.set(SystemClock.now());
    let mock = Mock::start(clock).await;
    let settings = format!(
        "[[oauth]]\nname = 'corp'\nkind = 'oidc'\nclient_id = '{CLIENT_ID}'\nclient_secret = '{SECRET}'\n\
         issuer = '{}'\nredirect_uris = ['{CALLBACK}']\n",
        mock.url
    );
    std::fs::write(folder.join("chatcore.toml"), settings).unwrap();
}

/// A browser signs in with the provider, and tries every step twice. The addresses to which it was sent, and what is secret.
pub(super) async fn provider(client: &Client, refusals: &mut Refusals) -> (Vec<String>, Secrets) {
    let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let base = format!("{}/api/v1/auth/oauth/corp", client.base);
    let location = |answer: &reqwest::Response| answer.headers()[LOCATION].to_str().unwrap().to_owned();
    let started = http.get(format!("{base}/start?redirect_uri={RETURN}")).send().await.unwrap();
    assert_eq!(started.status(), 302);
    let cookie = started.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let to_provider = location(&started);
    let back = location(&http.get(&to_provider).send().await.unwrap());
    let query = back.strip_prefix(&format!("{CALLBACK}?")).unwrap();
    let part = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(known, _)| known == name).unwrap().1.into_owned()
    };
    let mut addresses = vec![to_provider.clone()];
    let mut comes_back = async |cookie: &str| {
        let request = http.get(format!("{base}/callback?{query}")).header(COOKIE, cookie);
        addresses.push(location(&request.send().await.unwrap()));
        addresses.last().unwrap().clone()
    };
    let done = comes_back(&cookie).await;
    assert!(comes_back(&cookie).await.contains("error="), "once");
    let code = done.strip_prefix(&format!("{RETURN}?code=")).unwrap_or_else(|| panic!("{done}")).to_owned();
    refusals.add(422, client.post("/auth/oauth/exchange", json!({"code": code, "code_verifier": [WRONG]})).await);
    client.post("/auth/oauth/exchange", json!({"code": code})).await.is(200);
    refusals.add(422, client.post("/auth/oauth/exchange", json!({"code": code})).await);
    let secrets = vec![
        ("the state of a provider", part("state")),
        ("the code of a provider", part("code")),
        ("the code of a sign-in", code),
        ("the cookie of a sign-in", cookie.split_once('=').unwrap().1.to_owned()),
        ("the secret at a provider", SECRET.to_owned()),
        ("the token of a provider", ACCESS_TOKEN.to_owned()),
    ];
    (addresses, secrets)
}
