//! What is secret stays out of the log, however much is logged, out of errors and out of addresses.

mod ways;

use chatcore_llm::testing::MockOpenAi;
use serde_json::{Value, json};

use crate::binary::Binary;
use crate::client::{Answer, Client, well_formed};
use crate::keys::rsa;
use crate::records::Session;
use crate::smtp::Smtp;

const PASSWORD: &str = "canary-of-the-password";
const WRONG: &str = "canary-of-the-wrong-password";
const KEY: &str = "sk-canary-of-the-provider";
const SECRET: &str = "0canary0of0the0server00canary0of0the0server0";
const SAID: &str = "canary-of-what-was-said";
const TITLE: &str = "canary-of-the-title";
const MAIL: &str = "canary-of-the-mail-server";
const ADDRESS: &str = "canary-of-the-address@example.org";

/// What is asked and refused, with secrets where they do not belong.
struct Refusals(Vec<Answer>);

impl Refusals {
    fn add(&mut self, status: u16, answer: Answer) {
        answer.is(status);
        self.0.push(answer);
    }
}

/// Whatever comes by mail, and the key of a program: asked for, used, and used wrongly.
async fn codes_and_keys(client: &Client, smtp: &Smtp, refusals: &mut Refusals) -> [String; 3] {
    let who = json!({"username": "grace", "email": ADDRESS, "password": PASSWORD});
    let grace: Session = client.post("/auth/register", who).await.to(201);
    let verify = smtp.letter(ADDRESS).await.code();
    smtp.refuse(&format!("451 {MAIL} cannot take {ADDRESS}"));
    client.post("/auth/password/forgot", json!({"login": ADDRESS})).await.is(202);
    let reset = smtp.letter(ADDRESS).await.code();
    refusals.add(422, client.post("/auth/email/verify", json!({"code": reset})).await);
    refusals.add(422, client.post("/auth/password/reset", json!({"code": verify, "password": PASSWORD})).await);
    refusals.add(422, client.post("/auth/password/reset", json!({"code": reset, "password": [PASSWORD]})).await);
    let grace = client.signed_in(grace);
    let key = grace.key("laptop", &["read"]).await.secret;
    client.with("x-api-key", &key).get("/me").await.is(200);
    refusals.add(403, client.bearer(&key).get("/me/api-keys").await);
    refusals.add(401, client.bearer(&format!("{key}0")).get("/me").await);
    let wrong = json!({"current_password": WRONG, "password": PASSWORD});
    refusals.add(403, grace.put("/me/password", wrong).await);
    client.post("/auth/email/verify", json!({"code": verify})).await.is(204);
    client.post("/auth/password/reset", json!({"code": reset, "password": PASSWORD})).await.is(204);
    refusals.add(422, client.post("/auth/email/verify", json!({"code": verify})).await);
    [verify, reset, key]
}

/// Where the server sends a browser, and what it writes into mails: all of an address that others see.
fn seen(address: &str) -> &str {
    address.split('#').next().unwrap_or_default()
}

#[tokio::test]
async fn no_secret_is_logged_even_when_everything_is() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = MockOpenAi::start().await.unwrap();
    let base = upstream.base_url();
    let pair = rsa();
    let smtp = Smtp::start().await;
    let mail = smtp.url("smtp", &format!("ann:{MAIL}@"), "");
    let environment = [
        ("CHATCORE_SMTP_URL", mail.as_str()),
        ("CHATCORE_MAIL_FROM", "chat@mail.test"),
        ("CHATCORE_LOG", "trace"),
        ("CHATCORE_SECRET", SECRET),
        ("CHATCORE_JWT_PRIVATE_KEY", pair.private.as_str()),
        ("CHATCORE_RATE_LIMITS", "account=6/600,sign-in=200/60"),
        ("CHATCORE_VISITORS", "on"),
        ("CHATCORE_OAUTH_RETURN_URLS", ways::RETURN),
        ("CHATCORE_TRUSTED_PROXIES", "127.0.0.1"),
        ("CHATCORE_CORS_ORIGINS", "https://app.test"),
        ("OPENAI_API_KEY", KEY),
        ("OPENAI_BASE_URL", base.as_str()),
    ];
    ways::start_provider(folder.path()).await;
    let server = Binary::start(folder.path(), &environment).await;
    let client = server.anonymous();
    let mut refusals = Refusals(Vec::new());
    let mut more = ways::set_up(&client, &server, &mut refusals).await;
    more.extend(ways::visitor(&client, &mut refusals).await);
    more.extend(ways::wallet(&client, &mut refusals).await);
    more.extend(ways::opaque(&client, &mut refusals).await);
    let (addresses, of_provider) = ways::provider(&client, &mut refusals).await;
    more.extend(of_provider);
    let who = json!({"username": "ada", "password": PASSWORD});
    let registered: Session = client.post("/auth/register", who.clone()).await.to(201);
    let session: Session = client.post("/auth/login", json!({"login": "ada", "password": PASSWORD})).await.to(200);
    refusals.add(409, client.post("/auth/register", who).await);
    refusals.add(401, client.post("/auth/login", json!({"login": "ada", "password": WRONG})).await);
    refusals.add(422, client.post("/auth/login", json!({"login": WRONG, "password": [WRONG]})).await);
    refusals.add(422, client.post("/auth/login", json!({"login": "ada", "passwort": WRONG})).await);
    refusals.add(422, client.post("/auth/register", json!({"username": PASSWORD, "password": PASSWORD})).await);
    let refreshed: Session =
        client.post("/auth/refresh", json!({"refresh_token": session.refresh_token})).await.to(200);
    refusals.add(401, client.post("/auth/refresh", json!({"refresh_token": refreshed.access_token})).await);
    let forged = format!("{}forged", refreshed.access_token);
    refusals.add(401, client.bearer(&forged).get("/me").await);
    refusals.add(401, client.with("authorization", &format!("Basic {PASSWORD}")).get("/me").await);
    refusals.add(401, client.with("cookie", &format!("chatcore={}", refreshed.refresh_token)).get("/me").await);
    refusals.add(421, client.bearer(&refreshed.access_token).with("host", "evil.test").get("/me").await);
    let broken = client.request(reqwest::Method::POST, "/auth/login").header("content-type", "application/json");
    refusals.add(400, client.ask(broken.body(format!("{{\"password\": \"{PASSWORD}\""))).await);
    // a program that puts its token into the address does not find it in the log, or in what it hears back
    let path = format!("/me/events?access_token={}", refreshed.access_token);
    refusals.add(401, client.get(&path).await);
    refusals.add(404, client.get(&format!("//nowhere?token={}", refreshed.refresh_token)).await);

    let ada = client.signed_in(refreshed.clone());
    let id =
        ada.post("/conversations", json!({"title": TITLE})).await.to::<Value>(201)["id"].as_str().unwrap().to_owned();
    let body = json!({"text": SAID, "stream": true});
    let events = ada.stream(&format!("/conversations/{id}/messages"), body).await.rest().await;
    assert!(well_formed(&events).message().text.contains(SAID));
    refusals.add(422, ada.send(&id, json!({"text": SAID, "model": 5})).await);
    let link: Value = ada.post(&format!("/conversations/{id}/shares"), json!({})).await.to(201);
    let link = link["url"].as_str().unwrap().rsplit_once("/s/").unwrap().1.to_owned();
    client.get(&format!("//s/{link}")).await.is(200);
    client.get(&format!("/shares/{link}")).await.is(200);
    refusals.add(401, client.post(&format!("/shares/{link}/fork"), json!({})).await);
    refusals.add(422, client.get(&format!("/shares/{link}?cursor=nonsense")).await);
    ada.delete(&format!("/conversations/{id}/shares")).await.is(204);
    refusals.add(404, client.get(&format!("/shares/{link}")).await);
    let asked: Value = ada.post("/auth/ticket", json!({"about": "me"})).await.to(200);
    let ticket = asked["ticket"].as_str().unwrap().to_owned();
    let listens = client.request(reqwest::Method::GET, &format!("/me/events?ticket={ticket}")).send().await.unwrap();
    assert_eq!(listens.status(), 200);
    drop(listens);
    refusals.add(401, client.get(&format!("/me/events?ticket={ticket}")).await);
    let page = client.with("x-requested-with", "chatcore");
    let cookie = page.post("//web/session/login", json!({"login": "ada", "password": PASSWORD})).await;
    let csrf = cookie.to::<Value>(200)["csrf"].as_str().unwrap().to_owned();
    let cookie = cookie.header("set-cookie").split(';').next().unwrap().to_owned();
    let of_page = client.with("cookie", &cookie).with("x-csrf-token", &csrf);
    refusals.add(
        403,
        client.with("cookie", &cookie).with("x-csrf-token", PASSWORD).post("/conversations", json!({})).await,
    );
    of_page.post("//web/session/logout", json!({})).await.is(204);
    refusals.add(401, of_page.get("/me").await);
    let [verify, reset, key] = codes_and_keys(&client, &smtp, &mut refusals).await;
    for _ in 0..4 {
        client.post("/auth/login", json!({"login": "ada", "password": WRONG})).await;
    }
    refusals.add(429, client.post("/auth/login", json!({"login": "ada", "password": WRONG})).await);
    let pages = client.with("origin", "https://app.test");
    pages.get("//.well-known/jwks.json").await.is(200);
    ada.post("/auth/logout", json!({"refresh_token": refreshed.refresh_token})).await.is(204);
    refusals.add(401, ada.get("/me").await);

    server.ask_to_end().await;
    let (status, log) = server.ended().await;
    assert!(status.success());
    assert!(log.contains("TRACE") && log.contains("/api/v1/auth/login"), "everything is logged");
    let cookie = cookie.split_once('=').unwrap().1;
    let signature = |token: &str| token.rsplit('.').next().unwrap().to_owned();
    let secrets = [
        ("the password", PASSWORD),
        ("a wrong password", WRONG),
        ("the key of the provider", KEY),
        ("the secret of the server", SECRET),
        ("the key of the tokens", pair.private.lines().nth(3).unwrap()),
        ("the first access token", &registered.access_token),
        ("the second access token", &session.access_token),
        ("the third access token", &refreshed.access_token),
        ("a signature", &signature(&refreshed.access_token)),
        ("the first refresh token", &registered.refresh_token),
        ("the second refresh token", &session.refresh_token),
        ("the third refresh token", &refreshed.refresh_token),
        ("the cookie", cookie),
        ("a ticket", &ticket),
        ("the secret of a link", &link),
        ("the token against other sites", &csrf),
        ("the password of the mail server", MAIL),
        ("the code of an address", &verify),
        ("the code of a forgotten password", &reset),
        ("the key of a program", &key),
        ("an address that gets mail", ADDRESS),
        ("what was said", SAID),
        ("the title", TITLE),
    ];
    for (what, secret) in secrets.into_iter().chain(more.iter().map(|(what, secret)| (*what, secret.as_str()))) {
        assert!(secret.len() >= 8, "{what} is no secret: {secret:?}");
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{what} is logged: {}", line.unwrap_or_default());
        for answer in &refusals.0 {
            let all = format!("{:?} {}", answer.headers, answer.body);
            assert!(!all.contains(secret), "{what} is in an error: {all}");
        }
        for address in &addresses {
            assert!(!seen(address).contains(secret) || ways::TRAVELS.contains(&what), "{what} is in {address}");
        }
    }
}
