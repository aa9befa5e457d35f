//! Tokens that are not good, on every store: expired, forged, of another kind, of another server. The long list of forgeries
//! is in `forged`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chatcore::Clock;
use chatcore_llm::SystemClock;
use chatcore_server::auth::MasterSecret;
use chatcore_server::config::Settings;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::client::User;
use crate::records::Conversation;
use crate::server::{Kind, SECRET, TestServer, echo};

/// What a token says.
fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

/// A token that says this, signed with that secret.
fn signed(secret: &str, header: &Header, claims: &Value) -> String {
    let key = MasterSecret::configured(secret.to_owned().into()).unwrap().key("access tokens");
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(&key)).unwrap()
}

/// A header that names the key of another token.
fn header(like: &str, typ: &str, algorithm: Algorithm) -> Header {
    let kid = jsonwebtoken::decode_header(like).unwrap().kid;
    Header { typ: Some(typ.to_owned()), kid, ..Header::new(algorithm) }
}

/// A header and claims without a signature.
fn unsigned(algorithm: &str, claims: &Value) -> String {
    let header = json!({"alg": algorithm, "typ": "at+jwt"});
    let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", text(&header), text(claims))
}

/// Tokens that look like this user's and are not.
fn forgeries(user: &User) -> Vec<(&'static str, String)> {
    let token = user.session.access_token.clone();
    let right = header(&token, "at+jwt", Algorithm::HS256);
    let good = claims(&token);
    let with = |name: &str, value: Value| {
        let mut other = good.clone();
        other[name] = value;
        other
    };
    let now = SystemClock.now().as_seconds();
    let (head, rest) = token.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    let other_key = SECRET.replace('0', "9");
    vec![
        ("expired", signed(SECRET, &right, &with("exp", now.into()))),
        ("long expired", signed(SECRET, &right, &with("exp", 1.into()))),
        ("another key", signed(&other_key, &right, &good)),
        ("another type", signed(SECRET, &header(&token, "JWT", Algorithm::HS256), &good)),
        ("no type", signed(SECRET, &Header { typ: None, ..right.clone() }, &good)),
        ("another algorithm", signed(SECRET, &header(&token, "at+jwt", Algorithm::HS512), &good)),
        ("another audience", signed(SECRET, &right, &with("aud", "elsewhere".into()))),
        ("another issuer", signed(SECRET, &right, &with("iss", "elsewhere".into()))),
        ("no session", signed(SECRET, &right, &with("sid", Value::Null))),
        ("a session that is none", signed(SECRET, &right, &with("sid", format!("ses_{:032x}", 7).into()))),
        ("alg none", unsigned("none", &good)),
        ("alg None", unsigned("None", &good)),
        ("no signature", format!("{head}.{body}.")),
        ("two parts", format!("{head}.{body}")),
        ("truncated", token[..token.len() - 3].to_owned()),
        ("its signature on other claims", {
            let claims = URL_SAFE_NO_PAD.encode(with("exp", (now + 999_999).into()).to_string());
            format!("{head}.{claims}.{signature}")
        }),
        ("a refresh token", user.session.refresh_token.clone()),
        ("nothing", String::new()),
        ("two tokens", format!("{token} {token}")),
    ]
}

each_store! {
    async fn only_a_token_of_this_server_is_taken(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let token = &ada.session.access_token;
        let own = signed(SECRET, &header(token, "at+jwt", Algorithm::HS256), &claims(token));
        server.anonymous().bearer(&own).get("/me").await.is(200);
        for (what, token) in forgeries(&ada) {
            let client = server.anonymous().bearer(&token);
            let read = client.get("/me").await;
            assert_eq!(read.status, 401, "{what}: {}", read.body);
            read.problem(401, "unauthenticated");
            client.post("/conversations", json!({})).await.problem(401, "unauthenticated");
            if token.len() > 10 {
                assert!(!read.body.contains(&token), "{what} is repeated");
            }
        }
        assert_eq!(ada.pages::<Conversation>("/conversations", 10).await, []);
    }

    async fn a_token_of_another_server_is_foreign(kind) {
        let server = TestServer::start(kind).await;
        let secret = Some(SECRET.replace('0', "9").into());
        let settings = Settings { secret, ..Settings::default() };
        let other = TestServer::set_up(Kind::Memory, settings, Some(echo(std::time::Duration::ZERO))).await;
        let stranger = other.user("ada").await;
        let here = server.anonymous();
        here.bearer(&stranger.session.access_token).get("/me").await.problem(401, "unauthenticated");
        let body = json!({"refresh_token": stranger.session.refresh_token});
        here.post("/auth/refresh", body.clone()).await.problem(401, "unauthenticated");
        here.post("/auth/logout", body).await.problem(401, "unauthenticated");
        stranger.get("/me").await.is(200);
    }

    async fn a_token_is_good_until_it_expires(kind) {
        let settings = Settings { access_token_seconds: Some(0), ..Settings::default() };
        let server = TestServer::set_up(kind, settings, Some(echo(std::time::Duration::ZERO))).await;
        let ada = server.user("ada").await;
        assert_eq!(ada.session.expires_in, 0);
        ada.get("/me").await.problem(401, "unauthenticated");
        let body = json!({"refresh_token": ada.session.refresh_token});
        ada.post("/auth/refresh", body).await.is(200);
    }

    async fn a_refresh_token_is_taken_whole_or_not_at_all(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let token = ada.session.refresh_token.clone();
        let mut flipped = token.clone().into_bytes();
        let last = flipped.len() - 5;
        flipped[last] = if flipped[last] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8(flipped).unwrap();
        let access = ada.session.access_token.clone();
        for wrong in ["", "ccr_", &token[..token.len() - 1], &token[4..], &flipped, &format!("{token}A"), &access] {
            let refused = ada.post("/auth/refresh", json!({"refresh_token": wrong})).await;
            refused.problem(401, "unauthenticated");
        }
        ada.post("/auth/refresh", json!({"refresh_token": token})).await.is(200);
    }
}
