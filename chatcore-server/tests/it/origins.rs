//! For whom a request is and from which page it comes; what every answer carries.

use std::time::Duration;

use chatcore_server::config::{HttpSettings, Settings};
use reqwest::Method;
use serde_json::json;

use crate::client::{Answer, Client, PASSWORD};
use crate::server::{Kind, TestServer, echo};

const APP: &str = "https://app.example.org";

async fn start(http: HttpSettings, public_url: Option<&str>) -> TestServer {
    let settings = Settings { http, public_url: public_url.map(str::to_owned), ..Settings::default() };
    TestServer::set_up(Kind::Memory, settings, Some(echo(Duration::ZERO))).await
}

async fn preflight(client: &Client, origin: &str, path: &str) -> Answer {
    let request = client.with("origin", origin).with("access-control-request-method", "POST");
    let request = request.with("access-control-request-headers", "authorization,content-type");
    request.ask(request.request(Method::OPTIONS, path)).await
}

#[tokio::test]
async fn a_name_that_is_not_the_servers_own_is_refused() {
    let server = start(HttpSettings::default(), None).await;
    let client = server.anonymous();
    let port = server.address.port();
    for own in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), "[::1]".into(), "app.localhost".into()] {
        client.with("host", &own).get("//healthz").await.is(200);
    }
    for path in ["//", "/me", "//healthz", "//nowhere", "//.well-known/jwks.json"] {
        for wrong in ["evil.test", &format!("evil.test:{port}"), "127.0.0.1.evil.test"] {
            client.with("host", wrong).get(path).await.problem(421, "unknown-host");
        }
    }
    let account = json!({"username": "ada", "password": PASSWORD});
    client.with("host", "evil.test").post("/auth/register", account).await.problem(421, "unknown-host");

    let named = HttpSettings { allowed_hosts: Some("a.test, .b.test".into()), ..HttpSettings::default() };
    let server = start(named, Some("https://chat.test")).await;
    let client = server.anonymous();
    for own in ["a.test", "x.b.test", "b.test:443", "chat.test", "localhost"] {
        client.with("host", own).get("//healthz").await.is(200);
    }
    client.with("host", "x.a.test").get("//healthz").await.problem(421, "unknown-host");
}

#[tokio::test]
async fn only_pages_of_listed_origins_are_answered() {
    let server = start(HttpSettings { cors_origins: Some(APP.into()), ..HttpSettings::default() }, None).await;
    let client = server.anonymous();
    for path in ["/auth/login", "/conversations", "/nowhere", "//web/session/login", "//docs"] {
        let answer = preflight(&client, APP, path).await;
        answer.is(204);
        assert_eq!(answer.header("access-control-allow-origin"), APP, "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        assert_eq!(answer.header("access-control-max-age"), "7200");
        assert!(answer.header("access-control-allow-methods").contains("DELETE"));
        let headers = answer.header("access-control-allow-headers");
        for name in ["authorization", "content-type", "idempotency-key", "last-event-id", "x-csrf-token"] {
            assert!(headers.contains(name), "{name} in {headers}");
        }
        for wrong in ["https://evil.test", "https://app.example.org.evil.test", "http://app.example.org", "null"] {
            let refused = preflight(&client, wrong, path).await;
            for name in ["allow-origin", "allow-credentials", "allow-methods", "allow-headers", "max-age"] {
                assert_eq!(refused.header(&format!("access-control-{name}")), "", "{wrong}: {name}");
            }
        }
    }
    // errors are readable, too
    for path in ["//healthz", "/me", "/nowhere"] {
        let answer = client.with("origin", APP).get(path).await;
        assert_eq!(answer.header("access-control-allow-origin"), APP, "{path}");
        let exposed = answer.header("access-control-expose-headers");
        for name in ["ratelimit", "ratelimit-policy", "retry-after", "x-request-id", "etag"] {
            assert!(exposed.split(", ").any(|known| known == name), "{name} in {exposed}");
        }
        assert!(answer.header("vary").contains("origin"), "{path}");
        let foreign = client.with("origin", "https://evil.test").get(path).await;
        assert_eq!(foreign.header("access-control-allow-origin"), "", "{path}");
        assert!(foreign.header("vary").contains("origin"), "{path}");
    }
}

#[tokio::test]
async fn by_default_no_other_origin_is_answered() {
    let server = start(HttpSettings::default(), None).await;
    let client = server.anonymous();
    let own = server.anonymous().base;
    for origin in [APP, "null", &own] {
        let answer = preflight(&client, origin, "/me").await;
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{answer:?}");
    }
    let answer = preflight(&client, APP, "/auth/login").await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn every_answer_is_safe_to_show() {
    let http = HttpSettings { rate_limits: Some("sign-in=1/600".into()), ..HttpSettings::default() };
    let server = start(http, Some("https://chat.test")).await;
    let client = server.anonymous();
    let login = json!({"login": "ada", "password": "guess"});
    let large = client.request(Method::POST, "/conversations").header("content-type", "application/json");
    let mut answers = vec![
        (401, client.post("/auth/login", login.clone()).await),
        (429, client.post("/auth/login", login).await),
        (421, client.with("host", "evil.test").get("/me").await),
        (404, client.get("//nowhere").await),
        (405, client.delete("//healthz").await),
        (415, client.ask(client.request(Method::POST, "/auth/refresh").body("x")).await),
        (413, client.ask(large.body("x".repeat(3 << 20))).await),
        (422, client.post("/auth/refresh", json!({})).await),
        (204, preflight(&client, APP, "/me").await),
    ];
    for path in
        ["//", "//assets/main.js", "//docs", "//openapi.json", "//.well-known/jwks.json", "//healthz", "//readyz"]
    {
        answers.push((200, client.get(path).await));
    }
    for (status, answer) in answers {
        assert_eq!(answer.status, status, "{answer:?}");
        let header = |name| answer.header(name);
        assert!(!header("x-request-id").is_empty(), "{answer:?}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{answer:?}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{answer:?}");
        assert_eq!(header("x-frame-options"), "DENY", "{answer:?}");
        assert_eq!(header("strict-transport-security"), "max-age=63072000", "{answer:?}");
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{answer:?}");
        assert!(!header("cache-control").is_empty(), "{answer:?}");
        assert!(header("server").is_empty() && header("x-powered-by").is_empty(), "{answer:?}");
    }
}
