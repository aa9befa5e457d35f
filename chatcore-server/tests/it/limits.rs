//! How often something may be asked: every route is counted, guessers are slowed down, people are not.

use std::collections::BTreeMap;
use std::time::Duration;

use chatcore_server::config::{HttpSettings, Settings};
use chatcore_server::http::Class;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, PASSWORD};
use crate::openapi::{PUBLIC, operations};
use crate::server::{Kind, TestServer, echo};

/// A server with these limits, behind a proxy on this machine that says whom requests come from.
async fn start(limits: &str) -> TestServer {
    let http = HttpSettings {
        rate_limits: Some(limits.into()),
        trusted_proxies: Some("127.0.0.1".into()),
        ..HttpSettings::default()
    };
    let settings = Settings { http, ..Settings::default() };
    TestServer::set_up(Kind::Memory, settings, Some(echo(Duration::ZERO))).await
}

/// The usual limits, as their own settings say them.
const USUAL: &str = "sign-in=20/60";

fn from(client: &Client, address: &str) -> Client {
    client.with("x-forwarded-for", address)
}

async fn sign_in(client: &Client, name: &str, password: &str) -> Answer {
    client.post("/auth/login", json!({"login": name, "password": password})).await
}

/// A list of items with integers behind them, `"read";r=5;t=1`, as a map.
fn parsed(field: &str) -> BTreeMap<String, BTreeMap<String, u64>> {
    let item = |item: &str| {
        let mut parts = item.trim().split(';');
        let name = parts.next().unwrap().trim_matches('"').to_owned();
        let numbers = parts.map(|part| part.split_once('=').unwrap());
        (name, numbers.map(|(key, value)| (key.to_owned(), value.parse().unwrap())).collect())
    };
    field.split(',').map(item).collect()
}

/// That an answer says where its sender stands; under which policies.
#[track_caller]
fn counted(what: &str, answer: &Answer) -> Vec<String> {
    let (limit, policy) = (answer.header("ratelimit"), answer.header("ratelimit-policy"));
    assert!(!limit.is_empty() && !policy.is_empty(), "{what} is not counted: {answer:?}");
    let (limit, policy) = (parsed(limit), parsed(policy));
    assert_eq!(limit.keys().collect::<Vec<_>>(), policy.keys().collect::<Vec<_>>(), "{what}");
    for (name, numbers) in &limit {
        assert!(numbers["r"] <= policy[name]["q"] && numbers["t"] <= policy[name]["w"], "{what}: {limit:?} {policy:?}");
    }
    limit.into_keys().collect()
}

#[tokio::test]
async fn every_route_is_counted() {
    let server = start(USUAL).await;
    let client = server.anonymous();
    let mut seen = BTreeMap::new();
    for (name, _) in operations() {
        let (method, path) = name.split_once(' ').unwrap();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = client.ask(client.request(method, &path.replace("{id}", "x")).json(&json!({}))).await;
        for policy in counted(&name, &answer) {
            *seen.entry(policy).or_insert(0) += 1;
        }
    }
    for class in ["sign-in", "run", "write", "read"] {
        assert!(seen.contains_key(class), "{class} in {seen:?}");
    }
    let pages = [
        "",
        "assets/main.js",
        "assets/none",
        "docs",
        "openapi.json",
        ".well-known/jwks.json",
        "no/where",
        "web/session",
    ];
    for page in pages {
        counted(page, &client.get(&format!("///{page}").replace("///", "//")).await);
    }
    assert_eq!(counted("health", &client.get("//healthz").await), ["health"]);
    let actions = ["login", "register", "exchange", "logout"].map(|what| format!("//web/session/{what}"));
    for path in actions.iter().map(String::as_str).chain(["//web/render", "//nowhere"]) {
        counted(path, &client.post(path, json!({})).await);
    }
    // what is refused at the edge, too
    let broken = client.request(Method::POST, "/conversations").header("content-type", "application/json").body("{");
    counted("broken JSON", &client.ask(broken).await);
    let zipped = client.request(Method::POST, "/conversations").header("content-encoding", "gzip").body("{}");
    counted("a compressed body", &client.ask(zipped).await);
    counted("another host", &client.with("host", "evil.test").get("/me").await);
    counted("another method", &client.delete("//healthz").await);
}

/// Whoever needs no proof to ask gives one, and could try again and again; or tells what nobody can guess.
#[test]
fn what_anybody_may_call_is_a_sign_in() {
    for (name, _) in PUBLIC {
        let (method, path) = name.split_once(' ').unwrap();
        let class = Class::of(&method.parse().unwrap(), &format!("/api/v1{path}"));
        let expected = match path {
            // who asks shows what nobody can guess
            "/auth/refresh" | "/auth/logout" => Class::Write,
            // so does whoever has a link
            "/shares/{token}" => Class::Read,
            // whoever it is from is shown by its bytes
            "/webhooks/stripe" => Class::Webhook,
            // it says what stands in the settings
            "/auth/providers" | "/plans" => Class::Read,
            _ => Class::SignIn,
        };
        assert_eq!(class, expected, "{name}: see http/guard/class.rs");
    }
}

#[tokio::test]
async fn one_address_cannot_try_many_accounts() {
    let server = start("sign-in=4/600,account=100/60").await;
    let client = server.anonymous();
    let (guesser, other) = (from(&client, "192.0.2.1"), from(&client, "192.0.2.2"));
    for name in ["ann", "bob", "cid", "dan"] {
        sign_in(&guesser, name, "guess").await.problem(401, "wrong-credentials");
    }
    let refused = sign_in(&guesser, "eve", "guess").await;
    let problem = refused.problem(429, "rate-limited");
    assert_eq!(problem["violated-policies"], json!(["sign-in"]));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=150).contains(&wait), "{wait}");
    let limit = &parsed(refused.header("ratelimit"))["sign-in"];
    assert_eq!((limit["r"], limit["t"]), (0, wait));
    assert_eq!(refused.header("ratelimit-policy"), "\"sign-in\";q=4;w=600");
    assert_eq!(refused.header("cache-control"), "no-store");
    // on every route that takes a password, and with the right one
    let account = json!({"username": "ann", "password": PASSWORD});
    guesser.post("/auth/register", account.clone()).await.problem(429, "rate-limited");
    let page = guesser.with("x-requested-with", "chatcore");
    page.post("//web/session/login", json!({"login": "ann", "password": "x"})).await.problem(429, "rate-limited");
    // others, and other things
    other.post("/auth/register", account).await.is(201);
    guesser.get("/me").await.problem(401, "unauthenticated");
    guesser.get("//healthz").await.is(200);
    // what somebody writes into the header is not believed further than the proxy
    let lying = from(&client, "198.51.100.9, 192.0.2.1");
    sign_in(&lying, "eve", "guess").await.problem(429, "rate-limited");
    // a customer has a /64
    for host in 1..=4 {
        sign_in(&from(&client, &format!("2001:db8::{host}")), "eve", "guess").await.is(401);
    }
    sign_in(&from(&client, "2001:db8::ffff:1"), "eve", "guess").await.problem(429, "rate-limited");
    sign_in(&from(&client, "2001:db8:0:1::1"), "eve", "guess").await.is(401);
}

#[tokio::test]
async fn many_addresses_cannot_try_one_account() {
    let server = start("sign-in=100/60,account=3/600").await;
    let client = server.anonymous();
    from(&client, "192.0.2.9").post("/auth/register", json!({"username": "ann", "password": PASSWORD})).await.is(201);
    sign_in(&from(&client, "192.0.2.1"), "ann", "guess").await.is(401);
    sign_in(&from(&client, "192.0.2.2"), " ANN ", "guess").await.is(401);
    let refused = sign_in(&from(&client, "192.0.2.3"), "ann", PASSWORD).await;
    assert_eq!(refused.problem(429, "rate-limited")["violated-policies"], json!(["account"]));
    assert_eq!(counted("refused", &refused), ["account", "sign-in"]);
    let page = from(&client, "192.0.2.4").with("x-requested-with", "chatcore");
    page.post("//web/session/login", json!({"login": "ann", "password": PASSWORD})).await.problem(429, "rate-limited");
    sign_in(&from(&client, "192.0.2.5"), "bob", "guess").await.problem(401, "wrong-credentials");
}

#[tokio::test]
async fn nobody_who_only_chats_is_slowed_down() {
    let server = start(USUAL).await;
    let ada = server.user("ada").await;
    let id = ada.conversation().await.id;
    for _ in 0..40 {
        ada.say(&id, "hello").await;
    }
    let mut last = None;
    for _ in 0..400 {
        let answer = ada.get(&format!("/conversations/{id}/messages")).await;
        answer.is(200);
        last = Some(answer);
    }
    let left = parsed(last.unwrap().header("ratelimit"))["read"]["r"];
    assert!(left > 3000, "more than half is left: {left}");
}

#[tokio::test]
async fn without_limits_nothing_is_counted_and_nothing_said() {
    let server = start("off").await;
    // each another name: who is guessed at again and again is protected all the same
    for number in 0..25 {
        let answer = sign_in(&server.anonymous(), &format!("nobody{number}"), "guess").await;
        answer.problem(401, "wrong-credentials");
        assert_eq!((answer.header("ratelimit"), answer.header("ratelimit-policy")), ("", ""));
    }
}

#[tokio::test]
async fn the_header_says_that_units_are_taken_one_by_one() {
    let server = start("read=5/3600").await;
    let client = server.anonymous();
    let mut left = Vec::new();
    for _ in 0..5 {
        let answer = client.get("/me").await;
        left.push(parsed(answer.header("ratelimit"))["read"]["r"]);
    }
    assert_eq!(left, [4, 3, 2, 1, 0]);
    let problem: Value = client.get("/me").await.problem(429, "rate-limited");
    assert!(problem["detail"].as_str().unwrap().contains("seconds"), "{problem}");
}
