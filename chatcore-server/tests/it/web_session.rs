//! The session of the page: a cookie that scripts cannot read, and a token against requests of other sites.

use chatcore_server::config::Settings;
use serde_json::{Value, json};

use crate::client::{Answer, Client, PASSWORD};
use crate::records::Conversation;
use crate::server::{TestServer, echo};

/// What the page sends beside its cookie when it signs in.
fn page(client: &Client) -> Client {
    client.with("x-requested-with", "chatcore")
}

async fn register(client: &Client, name: &str) -> Answer {
    page(client).post("//web/session/register", json!({"username": name, "password": PASSWORD})).await
}

/// The cookie that an answer sets, as it is sent back, and its attributes.
fn cookie(answer: &Answer) -> (String, Vec<String>) {
    let mut parts = answer.header("set-cookie").split("; ").map(str::to_owned);
    let pair = parts.next().unwrap();
    let mut attributes: Vec<String> = parts.collect();
    attributes.sort();
    (pair, attributes)
}

/// Somebody who signed in on the page: with the cookie, and with the token for unsafe methods.
fn signed_in(client: &Client, answer: &Answer) -> (Client, String) {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    (client.with("cookie", &cookie(answer).0), body["csrf"].as_str().unwrap().to_owned())
}

each_store! {
    async fn the_cookie_is_for_the_browser_alone(kind) {
        let server = TestServer::start(kind).await;
        let answer = register(&server.anonymous(), "ada").await;
        let body: Value = answer.to(201);
        assert_eq!(body["user"]["username"], "ada");
        assert_eq!(body.as_object().unwrap().len(), 2, "a user, a token against other sites, and no other: {body}");
        let (pair, attributes) = cookie(&answer);
        assert_eq!(attributes, ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Strict"]);
        let (name, token) = pair.split_once('=').unwrap();
        assert_eq!(name, "chatcore");
        assert!(!answer.body.contains(token), "scripts do not see it");
        let login = json!({"login": "ada", "password": PASSWORD});
        let again = page(&server.anonymous()).post("//web/session/login", login).await;
        again.is(200);
        assert_ne!(cookie(&again).0, pair);
        let wrong = json!({"login": "ada", "password": "not her password"});
        let refused = page(&server.anonymous()).post("//web/session/login", wrong).await;
        refused.problem(401, "wrong-credentials");
        assert_eq!(refused.header("set-cookie"), "");
    }

    async fn over_https_the_cookie_is_bound_to_it(kind) {
        let settings = Settings { public_url: Some("https://chat.test".into()), ..Settings::default() };
        let server = TestServer::set_up(kind, settings, Some(echo(std::time::Duration::ZERO))).await;
        let answer = register(&server.anonymous(), "ada").await;
        let (pair, attributes) = cookie(&answer);
        assert!(pair.starts_with("__Host-chatcore="));
        assert_eq!(attributes, ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Strict", "Secure"]);
        let (ada, _) = signed_in(&server.anonymous(), &answer);
        ada.get("/me").await.is(200);
        let plain = pair.replace("__Host-", "");
        server.anonymous().with("cookie", &plain).get("/me").await.problem(401, "unauthenticated");
    }

    async fn another_site_cannot_sign_anybody_in(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous();
        let who = json!({"username": "ada", "login": "ada", "password": PASSWORD});
        for path in ["//web/session/register", "//web/session/login"] {
            client.post(path, who.clone()).await.problem(403, "denied");
            client.with("x-requested-with", "XMLHttpRequest").post(path, who.clone()).await.problem(403, "denied");
        }
        let form = client.request(reqwest::Method::POST, "//web/session/login").header("x-requested-with", "chatcore");
        let form = form.header("content-type", "text/plain").body(who.to_string());
        client.ask(form).await.problem(415, "unsupported-media-type");
        register(&client, "ada").await.is(201);
    }

    async fn only_unsafe_methods_need_the_token(kind) {
        let server = TestServer::start(kind).await;
        let answer = register(&server.anonymous(), "ada").await;
        let (ada, csrf) = signed_in(&server.anonymous(), &answer);
        ada.get("/me").await.is(200);
        ada.get("/conversations").await.is(200);
        let session: Value = ada.get("//web/session").await.to(200);
        assert_eq!((session["user"]["username"].as_str(), session["csrf"].as_str()), (Some("ada"), Some(&*csrf)));
        ada.post("/conversations", json!({})).await.problem(403, "denied");
        for wrong in ["", "x", &csrf[1..], &csrf.replace(&csrf[..1], "x")] {
            ada.with("x-csrf-token", wrong).post("/conversations", json!({})).await.problem(403, "denied");
        }
        let other = register(&server.anonymous(), "grace").await;
        let (_, foreign) = signed_in(&server.anonymous(), &other);
        ada.with("x-csrf-token", &foreign).post("/conversations", json!({})).await.problem(403, "denied");
        assert_eq!(ada.pages::<Conversation>("/conversations", 10).await, [], "nothing was made");
        let own = ada.with("x-csrf-token", &csrf);
        let made: Conversation = own.post("/conversations", json!({})).await.to(201);
        let path = format!("/conversations/{}", made.id);
        ada.patch(&path, json!({"title": "x"})).await.problem(403, "denied");
        ada.put(&format!("{path}/head"), json!({"message_id": "x"})).await.problem(403, "denied");
        ada.delete(&path).await.problem(403, "denied");
        own.delete(&path).await.is(204);
    }

    async fn signing_out_ends_the_session(kind) {
        let server = TestServer::start(kind).await;
        let answer = register(&server.anonymous(), "ada").await;
        let (ada, csrf) = signed_in(&server.anonymous(), &answer);
        ada.post("//web/session/logout", json!({})).await.problem(403, "denied");
        ada.get("/me").await.is(200);
        let own = ada.with("x-csrf-token", &csrf);
        let out = own.post("//web/session/logout", json!({})).await;
        out.is(204);
        let (pair, attributes) = cookie(&out);
        assert_eq!((pair.as_str(), attributes[1].as_str()), ("chatcore=", "Max-Age=0"));
        own.get("/me").await.problem(401, "unauthenticated");
        own.get("//web/session").await.problem(401, "unauthenticated");
        own.post("/conversations", json!({})).await.problem(401, "unauthenticated");
    }

    async fn of_two_proofs_the_header_counts_and_no_other_token_is_a_cookie(kind) {
        let server = TestServer::start(kind).await;
        let answer = register(&server.anonymous(), "ada").await;
        let (ada, csrf) = signed_in(&server.anonymous(), &answer);
        let ada = ada.with("x-csrf-token", &csrf);
        for wrong in ["Bearer x", "Bearer ", "Bearer", "Basic YTpi", ""] {
            ada.with("authorization", wrong).get("/me").await.problem(401, "unauthenticated");
        }
        let token = cookie(&answer).0.replace("chatcore=", "");
        server.anonymous().bearer(&token).get("/me").await.problem(401, "unauthenticated");
        let grace = server.user("grace").await;
        let both = ada.bearer(&grace.session.access_token);
        assert_eq!(both.get("/me").await.to::<Value>(200)["username"], "grace");
        let refresh = format!("chatcore={}", grace.session.refresh_token);
        for wrong in ["chatcore=x", "chatcore=", "other=1", &refresh] {
            let client = server.anonymous().with("cookie", wrong);
            client.get("/me").await.problem(401, "unauthenticated");
            client.get("//web/session").await.problem(401, "unauthenticated");
            client.post("/conversations", json!({})).await.problem(401, "unauthenticated");
        }
    }

    async fn the_page_renders_for_those_who_are_signed_in(kind) {
        let server = TestServer::start(kind).await;
        let answer = register(&server.anonymous(), "ada").await;
        let (ada, csrf) = signed_in(&server.anonymous(), &answer);
        let text = json!({"text": "**bold** <script>alert(1)</script>"});
        server.anonymous().post("//web/render", text.clone()).await.problem(401, "unauthenticated");
        ada.post("//web/render", text.clone()).await.problem(403, "denied");
        let html: Value = ada.with("x-csrf-token", &csrf).post("//web/render", text).await.to(200);
        let html = html["html"].as_str().unwrap();
        assert!(html.contains("<strong>bold</strong>") && !html.contains("<script"), "{html}");
    }
}
