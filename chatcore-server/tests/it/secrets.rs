//! What is secret stays out of the log, however much is logged.

use chatcore_llm::testing::MockOpenAi;
use serde_json::{Value, json};

use crate::binary::Binary;
use crate::client::well_formed;
use crate::records::Session;

const PASSWORD: &str = "canary-of-the-password";
const WRONG: &str = "canary-of-the-wrong-password";
const KEY: &str = "sk-canary-of-the-provider";
const SECRET: &str = "0canary0of0the0server00canary0of0the0server0";
const SAID: &str = "canary-of-what-was-said";
const TITLE: &str = "canary-of-the-title";

#[tokio::test]
async fn no_secret_is_logged_even_when_everything_is() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = MockOpenAi::start().await.unwrap();
    let base = upstream.base_url();
    let environment = [
        ("CHATCORE_LOG", "trace"),
        ("CHATCORE_SECRET", SECRET),
        ("OPENAI_API_KEY", KEY),
        ("OPENAI_BASE_URL", base.as_str()),
    ];
    let server = Binary::start(folder.path(), &environment).await;
    let client = server.anonymous();
    let who = json!({"username": "ada", "password": PASSWORD});
    let registered: Session = client.post("/auth/register", who).await.to(201);
    let session: Session = client.post("/auth/login", json!({"login": "ada", "password": PASSWORD})).await.to(200);
    client.post("/auth/login", json!({"login": "ada", "password": WRONG})).await.is(401);
    client.post("/auth/login", json!({"login": WRONG, "password": [WRONG]})).await.is(422);
    let refreshed: Session =
        client.post("/auth/refresh", json!({"refresh_token": session.refresh_token})).await.to(200);
    let forged = format!("{}forged", refreshed.access_token);
    client.bearer(&forged).get("/me").await.is(401);

    let ada = client.signed_in(refreshed.clone());
    let id =
        ada.post("/conversations", json!({"title": TITLE})).await.to::<Value>(201)["id"].as_str().unwrap().to_owned();
    let body = json!({"text": SAID, "stream": true});
    let events = ada.stream(&format!("/conversations/{id}/messages"), body).await.rest().await;
    assert!(well_formed(&events).message().text.contains(SAID));
    ada.send(&id, json!({"text": SAID, "model": 5})).await.is(422);
    let page = client.with("x-requested-with", "chatcore");
    let cookie = page.post("//web/session/login", json!({"login": "ada", "password": PASSWORD})).await;
    let csrf = cookie.to::<Value>(200)["csrf"].as_str().unwrap().to_owned();
    let cookie = cookie.header("set-cookie").split(';').next().unwrap().to_owned();
    let of_page = client.with("cookie", &cookie).with("x-csrf-token", &csrf);
    of_page.post("//web/session/logout", json!({})).await.is(204);
    ada.post("/auth/logout", json!({"refresh_token": refreshed.refresh_token})).await.is(204);

    server.ask_to_end().await;
    let (status, log) = server.ended().await;
    assert!(status.success());
    assert!(log.contains("TRACE") && log.contains("/api/v1/auth/login"), "everything is logged");
    let cookie = cookie.split_once('=').unwrap().1;
    let secrets = [
        ("the password", PASSWORD),
        ("a wrong password", WRONG),
        ("the key of the provider", KEY),
        ("the secret of the server", SECRET),
        ("the first access token", &registered.access_token),
        ("the second access token", &session.access_token),
        ("the third access token", &refreshed.access_token),
        ("the first refresh token", &registered.refresh_token),
        ("the second refresh token", &session.refresh_token),
        ("the third refresh token", &refreshed.refresh_token),
        ("the cookie", cookie),
        ("the token against other sites", &csrf),
        ("what was said", SAID),
        ("the title", TITLE),
    ];
    for (what, secret) in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{what} is logged: {}", line.unwrap_or_default());
    }
}
