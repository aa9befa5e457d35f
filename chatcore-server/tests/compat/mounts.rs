//! Where mounts are served, and what the guard at the door says there.

use std::collections::BTreeMap;
use std::time::Duration;

use chatcore_server::Server;
use chatcore_server::app::App;
use chatcore_server::config::{HttpSettings, Settings};
use serde_json::json;

use crate::client::Client;
use crate::server::{Kind, SECRET, TestServer, echo};
use crate::table::stranger;

fn settings(text: &str) -> Settings {
    Settings { compat: toml::from_str(text).unwrap(), ..Settings::default() }
}

#[tokio::test]
async fn a_mount_can_be_switched_off() {
    let server = TestServer::set_up(Kind::Memory, settings("chatbot = 'off'"), Some(echo(Duration::ZERO))).await;
    let body = json!({"username": "ann", "password": "securepassword"});
    let answer = server.anonymous().at("chatbot").post("/api/v1/accounts/login/", body.clone()).await;
    assert_eq!(answer.status, 404);
    let answer = server.anonymous().at("ai-chat-system").post("/api/token/", body).await;
    assert_eq!(answer.status, 401, "the others are there");
    server.end().await;
}

/// Where credit is money, nobody gets any by way of a mount unless the one who runs the server says what it is worth.
#[tokio::test]
async fn tokens_are_off_where_credit_is_sold() {
    let paid = |compat: &str| Settings {
        charging: toml::from_str("charge = 'per_request'\ncharge_amount = 5").unwrap(),
        ..settings(compat)
    };
    for (compat, status) in [("", 404), ("token_micros = 3", 201)] {
        let server = TestServer::set_up(Kind::Memory, paid(compat), Some(echo(Duration::ZERO))).await;
        let client = server.anonymous().at("ai-chat-system");
        let body = json!({"username": "ann", "password": "testpass123", "password2": "testpass123"});
        assert_eq!(client.post("/api/register/", body).await.status, status, "{compat}");
        server.end().await;
    }
}

#[tokio::test]
async fn each_mount_may_have_a_listener_of_its_own() {
    let lists = [
        ("sentx", "/chat/sessions/"),
        ("ai-chat-system", "/api/chat/"),
        ("chat-platform", "/chat/"),
        ("django-chat", "/api/chat/"),
        ("chatbot", "/api/v1/chat/chats-history/"),
    ];
    let each: Vec<String> =
        lists.iter().map(|(name, _)| format!("{} = '127.0.0.1:0'", name.replace('-', "_"))).collect();
    let settings = Settings {
        listen: Some("127.0.0.1:0".into()),
        store: Some("memory:".to_owned().into()),
        secret: Some(SECRET.to_owned().into()),
        ollama: Some("off".into()),
        ..settings(&each.join("\n"))
    };
    let config = settings.resolve().unwrap();
    let app = App::with_models(&config, echo(Duration::ZERO)).await.unwrap();
    let server = Server::bind_app(app, &config).await.unwrap();
    let mounts: BTreeMap<_, _> = server.mounts().map(|(name, address)| (name, address.unwrap())).collect();
    assert_eq!(mounts.len(), lists.len(), "{mounts:?}");
    let main = server.address().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    for (name, list) in lists {
        let own = Client::new(mounts[name]);
        assert_eq!(stranger(&own, name).await.get(list).await.status, 200, "{name}");
        let theirs = own.get("/api/v1/me").await;
        assert_eq!(theirs.status, 404, "{name} is alone there: {}", theirs.body);
    }
    let ann = crate::chatbot::registered(&Client::new(mounts["chatbot"]), "ann").await;
    ann.post("/api/v1/chat/", json!({"message": "hi"})).await.json(200);
    let nothing = ann.get("/nothing").await;
    assert_eq!((nothing.status, nothing.header("content-type")), (404, "text/html; charset=utf-8"));
    crate::chatbot::signed_in(&Client::new(main).at("chatbot"), "ann").await;
    let _ = stop.send(());
    task.await.unwrap().unwrap();
}

/// The counterpart of a command that made an admin with a password that everybody knows.
#[tokio::test]
async fn an_admin_begins_with_ten_thousand_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("chat.db").display());
    let arguments = ["admin", "create-user", "admin", "--role", "admin", "--tokens", "--generate", "--store"];
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_chatcore-server"));
    let made = command.args(arguments).arg(&store).current_dir(folder.path()).output().await.unwrap();
    assert!(made.status.success(), "{made:?}");
    let said = String::from_utf8(made.stdout).unwrap();
    let password = said.lines().find_map(|line| line.strip_prefix("password: ")).unwrap();
    let settings = Settings { store: Some(store.into()), ..Settings::default() };
    let server = TestServer::set_up(Kind::Sqlite, settings, Some(echo(Duration::ZERO))).await;
    let client = server.anonymous().at("ai-chat-system");
    for _ in 0..2 {
        let admin = crate::ai_chat_system::signed_in(&client, "admin", password).await;
        assert_eq!(crate::ai_chat_system::balance(&admin).await, 10_000);
    }
    server.end().await;
}

/// What the guard refuses is told in the shape of the mount.
#[tokio::test]
async fn one_request_too_many_is_told_as_the_framework_does() {
    let limits = HttpSettings { rate_limits: Some("sign-in=2/60,run=1/60".into()), ..HttpSettings::default() };
    let settings = Settings { http: limits, ..Settings::default() };
    let server = TestServer::set_up(Kind::Memory, settings, Some(echo(Duration::ZERO))).await;
    let ann = crate::chatbot::registered(&server.anonymous().at("chatbot"), "ann").await;
    ann.post("/api/v1/chat/", json!({"message": "hi"})).await.json(200);
    let refused = ann.post("/api/v1/chat/", json!({"message": "hi"})).await;
    let detail = refused.json(429)["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("Request was throttled. Expected available in "), "{detail}");
    assert!(!refused.header("retry-after").is_empty());
    let body = json!({"username": "ann", "password": "securepassword"});
    let third = server.anonymous().at("chatbot").post("/api/v1/accounts/login/", body).await;
    assert_eq!(third.status, 429, "signing in is counted like everywhere");
    server.end().await;
}
