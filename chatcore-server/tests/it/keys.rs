//! The keys of access tokens: pairs, their public half, and the change from one to the next.

use std::path::Path;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chatcore::{Clock, Timestamp};
use chatcore_llm::SystemClock;
use chatcore_server::app::App;
use chatcore_server::config::{JwtSettings, RetiredKey, Settings};
use jsonwebtoken::EncodingKey;
use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};

use crate::binary::Binary;
use crate::server::{Kind, SECRET, TestServer, echo};

/// Two keys that belong together, as PEM.
#[derive(Clone)]
pub(crate) struct Pair {
    /// PKCS#8.
    pub(crate) private: String,
    /// X.509, as `openssl rsa -pubout` writes it.
    pub(crate) public: String,
}

impl Pair {
    pub(crate) fn signing(&self) -> EncodingKey {
        let bytes = self.private.as_bytes();
        EncodingKey::from_rsa_pem(bytes).or_else(|_| EncodingKey::from_ed_pem(bytes)).unwrap()
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// A fresh pair for RS256.
pub(crate) fn rsa() -> Pair {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    Pair { private: pem("PRIVATE KEY", private.as_ref()), public: pem("PUBLIC KEY", public.as_ref()) }
}

/// A fresh pair for EdDSA.
pub(crate) fn ed25519() -> Pair {
    let pair = Ed25519KeyPair::generate().unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    Pair { private: pem("PRIVATE KEY", private.as_ref()), public: pem("PUBLIC KEY", public.as_ref()) }
}

fn of(pair: &Pair) -> JwtSettings {
    JwtSettings { private_key: Some(pair.private.clone().into()), ..JwtSettings::default() }
}

fn settings(store: &str, jwt: JwtSettings) -> Settings {
    Settings { store: Some(store.to_owned().into()), jwt, ..Settings::default() }
}

async fn start(settings: Settings) -> TestServer {
    TestServer::set_up(Kind::Memory, settings, Some(echo(std::time::Duration::ZERO))).await
}

fn kid(token: &str) -> String {
    let head = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let head: Value = serde_json::from_slice(&head).unwrap();
    head["kid"].as_str().unwrap().to_owned()
}

/// Why a server with these settings does not start; `None` if it does.
async fn refusal(jwt: JwtSettings) -> Option<String> {
    let secret = Some(SECRET.to_owned().into());
    let config = Settings { secret, ..settings("memory:", jwt) }.resolve();
    let config = match config {
        Ok(config) => config,
        Err(error) => return Some(error.to_string()),
    };
    App::with_models(&config, echo(std::time::Duration::ZERO)).await.err().map(|error| error.to_string())
}

#[tokio::test]
async fn the_public_keys_are_published_and_no_secret_ones() {
    let server = start(settings("memory:", JwtSettings::default())).await;
    let answer = server.anonymous().get("//.well-known/jwks.json").await;
    assert_eq!(answer.to::<Value>(200), json!({"keys": []}));
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    for (pair, kind, members) in [
        (rsa(), "RSA", vec!["alg", "e", "kid", "kty", "n", "use"]),
        (ed25519(), "OKP", vec!["alg", "crv", "kid", "kty", "use", "x"]),
    ] {
        let server = start(settings("memory:", of(&pair))).await;
        let ada = server.user("ada").await;
        let keys: Value = server.anonymous().get("//.well-known/jwks.json").await.to(200);
        let [key] = keys["keys"].as_array().unwrap().as_slice() else { panic!("one key: {keys}") };
        assert_eq!(key["kty"], kind);
        // a private key would have `d` and more
        assert_eq!(key.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>(), members);
        assert_eq!(key["kid"], kid(&ada.session.access_token));
        let set: JwkSet = serde_json::from_value(keys).unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(&set.keys[0]).unwrap();
        let algorithm = jsonwebtoken::decode_header(&ada.session.access_token).unwrap().alg;
        let mut validation = jsonwebtoken::Validation::new(algorithm);
        validation.set_audience(&["chatcore"]);
        let claims = jsonwebtoken::decode::<Value>(&ada.session.access_token, &key, &validation).unwrap().claims;
        assert_eq!(claims["sub"], ada.session.user.id);
    }
}

#[tokio::test]
async fn old_tokens_are_taken_until_their_key_is_retired_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("chat.db").display());
    let (old, new) = (rsa(), ed25519());
    let first = start(settings(&store, of(&old))).await;
    let ada = first.user("ada").await;
    first.end().await;

    let retired = |until: Timestamp| RetiredKey {
        public_key: Some(old.public.clone()),
        public_key_file: None,
        secret_env: None,
        until,
    };
    let now = SystemClock.now();
    let later = now.plus(std::time::Duration::from_secs(3600));
    let second = start(settings(&store, JwtSettings { retired: vec![retired(later)], ..of(&new) })).await;
    second.anonymous().bearer(&ada.session.access_token).get("/me").await.is(200);
    let keys: Value = second.anonymous().get("//.well-known/jwks.json").await.to(200);
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    let grace = second.user("grace").await;
    assert_ne!(kid(&grace.session.access_token), kid(&ada.session.access_token));
    second.end().await;

    let third = start(settings(&store, JwtSettings { retired: vec![retired(now)], ..of(&new) })).await;
    third.anonymous().bearer(&ada.session.access_token).get("/me").await.problem(401, "unauthenticated");
    third.anonymous().bearer(&grace.session.access_token).get("/me").await.is(200);
    let keys: Value = third.anonymous().get("//.well-known/jwks.json").await.to(200);
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
}

/// A secret that leaked is replaced: who is signed in stays so until their access token ends, and no longer.
#[tokio::test]
async fn tokens_of_an_old_secret_are_taken_while_it_is_a_retired_key() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = SECRET.replace('0', "9");
    let old = Binary::start(folder.path(), &[("CHATCORE_SECRET", SECRET)]).await;
    let ada = old.anonymous().register("ada").await;
    old.end().await;
    let file = folder.path().join("chatcore.toml");
    std::fs::write(&file, "[[jwt.retired]]\nsecret_env = \"OLD\"\nuntil = \"2999-01-01T00:00:00Z\"\n").unwrap();
    let new = Binary::start(folder.path(), &[("CHATCORE_SECRET", &fresh), ("OLD", SECRET)]).await;
    new.anonymous().bearer(&ada.session.access_token).get("/me").await.is(200);
    assert_ne!(kid(&new.anonymous().login("ada").await.session.access_token), kid(&ada.session.access_token));
    new.end().await;
    std::fs::remove_file(&file).unwrap();
    let new = Binary::start(folder.path(), &[("CHATCORE_SECRET", &fresh)]).await;
    new.anonymous().bearer(&ada.session.access_token).get("/me").await.problem(401, "unauthenticated");
    new.end().await;
}

#[tokio::test]
async fn a_server_does_not_start_with_keys_that_do_not_fit() {
    let (rsa, other, ed) = (rsa(), self::rsa(), ed25519());
    let with = |alg: &str, jwt: JwtSettings| JwtSettings { alg: Some(alg.into()), ..jwt };
    let public = |pair: &Pair, jwt: JwtSettings| JwtSettings { public_key: Some(pair.public.clone()), ..jwt };
    let text = |text: &str| JwtSettings { private_key: Some(text.to_owned().into()), ..JwtSettings::default() };
    let until = Timestamp::MAX;
    let retired =
        |pem: &str| RetiredKey { public_key: Some(pem.to_owned()), public_key_file: None, secret_env: None, until };
    let nowhere = JwtSettings { private_key_file: Some(Path::new("no/such.pem").into()), ..JwtSettings::default() };
    let truncated = &rsa.private[..rsa.private.len() / 2];
    let rows = [
        ("no key", with("RS256", JwtSettings::default()), "openssl"),
        ("no key for EdDSA", with("EdDSA", JwtSettings::default()), "openssl"),
        ("only a public key", public(&rsa, JwtSettings::default()), "private key"),
        ("a pair for HS256", with("HS256", of(&rsa)), "HS256"),
        ("another algorithm", with("RS256", of(&ed)), "not an RSA key"),
        ("another algorithm", with("EdDSA", of(&rsa)), "not an Ed25519 key"),
        ("no algorithm of ours", with("none", of(&rsa)), "jwt.alg"),
        ("another's public key", public(&other, of(&rsa)), "does not belong"),
        (
            "a private key as the public one",
            JwtSettings { public_key: Some(rsa.private.clone()), ..of(&rsa) },
            "public",
        ),
        ("no PEM", text("hello"), "as PEM"),
        ("half a PEM", text(truncated), "as PEM"),
        ("the public key", text(&rsa.public), "as PEM"),
        ("no file", nowhere, "no/such.pem"),
        ("one key twice", JwtSettings { retired: vec![retired(&rsa.public)], ..of(&rsa) }, "twice"),
        ("a retired key that is none", JwtSettings { retired: vec![retired("x")], ..of(&rsa) }, "retired"),
        ("a retired private key", JwtSettings { retired: vec![retired(&other.private)], ..of(&rsa) }, "retired"),
    ];
    for (what, jwt, said) in rows {
        let refused = refusal(jwt).await;
        assert!(refused.as_ref().is_some_and(|text| text.contains(said)), "{what}: {refused:?}");
        let body = rsa.private.lines().nth(1).unwrap();
        assert!(!refused.unwrap().contains(body), "{what}: the key is not repeated");
    }
    let escaped = text(&rsa.private.replace('\n', "\\n"));
    for (what, jwt) in [
        ("a pair", public(&rsa, with("RS256", of(&rsa)))),
        ("Ed25519", public(&ed, with("EdDSA", of(&ed)))),
        ("by the key alone", of(&ed)),
        ("on one line", escaped),
    ] {
        assert_eq!(refusal(jwt).await, None, "{what}");
    }
}
