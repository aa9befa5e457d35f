//! What another system had, at the mount for its clients: signed in as ever, and what was said is there.

use std::path::Path;

use chatcore_server::config::Settings;
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::{Kind, TestServer, echo};
use crate::wallet::Wallet;
use crate::{ai_chat_system, chat_platform};

const PASSWORD: &str = "testpass123";

/// Runs the command on a store. What it says, and whether nobody was refused.
async fn import(store: &str, system: &str, more: &[&str]) -> (String, bool) {
    let dump = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/compat/dumps/{system}.json"));
    let folder = tempfile::tempdir().unwrap();
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_chatcore-server"));
    command.args(["import", "--from", system, "--store", store]).arg(dump).args(more).current_dir(folder.path());
    let done = command.output().await.unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(!said.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    (said.lines().next().unwrap().to_owned(), done.status.success())
}

/// A server on a store into which a dump was brought: twice, and looked at before.
async fn with_dump(system: &str, said: &str) -> (TestServer, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("chat.db").display());
    assert_eq!(import(&store, system, &["--dry-run"]).await, (format!("would import {said}"), true));
    assert_eq!(import(&store, system, &[]).await, (format!("imported {said}"), true));
    let (again, fine) = import(&store, system, &[]).await;
    assert!(again.starts_with("imported 0 users, 0 conversations and ") && fine, "{again}");
    let settings = Settings { store: Some(store.into()), ..Settings::default() };
    (TestServer::set_up(Kind::Sqlite, settings, Some(echo(std::time::Duration::ZERO))).await, folder)
}

async fn by_address(client: &Client, path: &str, token: &str) -> Client {
    // the first time with the hash that it had, then with the new one
    for _ in 0..2 {
        let pair = json!({"email": "ann@example.com", "password": PASSWORD});
        client.post(path, pair).await.json(200);
    }
    let wrong = json!({"email": "ann@example.com", "password": "testpass124"});
    assert_eq!(client.post(path, wrong).await.status, 401);
    let pair = client.post(path, json!({"email": "ann@example.com", "password": PASSWORD})).await.json(200);
    client.showing(format!("Bearer {}", pair[token].as_str().unwrap()))
}

#[tokio::test]
async fn branches_of_sentx_are_there() {
    let (server, _folder) = with_dump("sentx", "1 users, 1 conversations and 3 messages").await;
    let ann = by_address(&server.anonymous().at("sentx"), "/api/token/", "access").await;
    let me = ann.get("/api/auth/users/me/").await.json(200);
    assert_eq!((&me["name"], &me["date_joined"]), (&json!("Ann"), &json!("2025-10-01T08:00:00.123000Z")));
    let chats = ann.get("/chat/sessions/").await.json(200);
    let chat = &chats[0];
    assert_eq!((&chat["title"], &chat["created_at"]), (&json!("Trip"), &json!("2025-10-02T08:00:00Z")));
    let answer = &chat["messages"][1];
    assert_eq!(
        (&answer["content"], &answer["currentVersion"], &answer["totalVersions"]),
        (&json!("Oslo"), &json!(2), &json!(2))
    );
    let other = json!({"chatId": chat["id"], "parentId": answer["parentId"], "newVersion": 1});
    let other = ann.post("/chat/switch-branch/", other).await.json(200);
    assert_eq!(other["messages"][1]["content"], "Rome");
    assert_eq!(other["messages"].as_array().unwrap().len(), 2, "what says nothing is left out");
    server.end().await;
}

#[tokio::test]
async fn the_history_of_the_tokens_is_there_and_goes_on() {
    let (server, _folder) = with_dump("ai-chat-system", "2 users, 1 conversations and 4 messages").await;
    let client = server.anonymous().at("ai-chat-system");
    let ann = ai_chat_system::signed_in(&client, "ann", PASSWORD).await;
    assert_eq!(ai_chat_system::balance(&ann).await, 3800, "what was left there, in place of what whoever is new gets");
    let said = ann.post("/api/chat/", json!({"message": "Again"})).await.json(200);
    assert_eq!(said["tokens_remaining"], 3700);
    let bob = ai_chat_system::signed_in(&client, "bob", PASSWORD).await;
    assert_eq!(ai_chat_system::balance(&bob).await, 0, "nothing was left");
    bob.post("/api/chat/", json!({"message": "Hi"})).await.says(402, json!({"error": "Insufficient tokens"}));
    let history = ann.get("/api/chat/").await.json(200);
    let said: Vec<&Value> = history.as_array().unwrap().iter().map(|row| &row["message"]).collect();
    assert_eq!(said, ["Again", "Bye", "Hello"]);
    assert_eq!(history[1]["timestamp"], "2025-05-01T10:01:00Z");
    server.end().await;
}

#[tokio::test]
async fn sessions_of_the_chatbot_keep_their_ids() {
    let (server, _folder) = with_dump("chatbot", "1 users, 1 conversations and 2 messages").await;
    let bot = server.anonymous().at("chatbot");
    let session = bot.post("/api/v1/accounts/login/", json!({"username": "ann", "password": PASSWORD})).await.json(200);
    let ann = bot.showing(format!("Token {}", session["token"].as_str().unwrap()));
    let id = "a1b2c3d4-e5f6-4890-9234-56789abcdef0";
    let session = ann.get(&format!("/api/v1/chat/chats/{id}/")).await.json(200);
    assert_eq!((&session["session_id"], &session["messages"][1]["content"]), (&json!(id), &json!("Hi there!")));
    ann.post("/api/v1/chat/", json!({"session_id": id, "message": "Still there?"})).await.json(200);
    let session = ann.get(&format!("/api/v1/chat/chats/{id}/")).await.json(200);
    assert_eq!(session["messages"].as_array().unwrap().len(), 4);
    server.end().await;
}

#[tokio::test]
async fn chats_of_the_django_chat_are_there() {
    let (server, _folder) = with_dump("django-chat", "1 users, 1 conversations and 2 messages").await;
    let ann = by_address(&server.anonymous().at("django-chat"), "/auth/login/", "token").await;
    let chats = ann.get("/api/chat/").await.json(200);
    assert_eq!((&chats[0]["title"], &chats[0]["created_at"]), (&json!("Test Chat"), &json!("2025-01-30T08:01:00Z")));
    let path = format!("/api/chat/{}/messages/", chats[0]["id"].as_str().unwrap());
    let said = ann.with("accept", "application/json").get(&path).await;
    assert!(said.body.contains("Hello!") && said.body.contains("Hi there!"), "{}", said.body);
    server.end().await;
}

#[tokio::test]
async fn wallets_of_the_platform_open_their_accounts() {
    let (server, _folder) = with_dump("chat-platform", "1 users, 1 conversations and 2 messages").await;
    assert_eq!(Wallet::new(0x46).address().to_lowercase(), "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
    let ann = chat_platform::signed_in(&server.anonymous().at("chat-platform"), 0x46).await;
    assert_eq!(ann.get("/user/profile").await.json(200)["email"], "ann@example.com");
    let chats = ann.get("/chat/").await.json(200);
    assert_eq!(chats[0]["title"], "Prices");
    let full = ann.get(&format!("/message/chat/{}/full", chats[0]["id"])).await.json(200);
    let said: Vec<&Value> = full["messages"].as_array().unwrap().iter().map(|it| &it["content"]).collect();
    assert_eq!(said, ["How much?", "Ten."]);
    server.end().await;
}

/// A dump that is brought again, by somebody who forgot that it was, or because there is more in it.
#[tokio::test]
async fn what_somebody_deleted_does_not_come_back() {
    let (server, folder) = with_dump("sentx", "1 users, 1 conversations and 3 messages").await;
    let pair = json!({"email": "ann@example.com", "password": PASSWORD});
    let pair = server.anonymous().at("sentx").post("/api/token/", pair).await.json(200);
    let ann = server.anonymous().at("sentx").showing(format!("Bearer {}", pair["access"].as_str().unwrap()));
    let chats = ann.get("/chat/sessions/").await.json(200);
    assert_eq!(ann.delete(&format!("/chat/sessions/{}/", chats[0]["id"].as_str().unwrap())).await.status, 204);
    server.end().await;
    let store = format!("sqlite:{}", folder.path().join("chat.db").display());
    let gone = "0 users, 0 conversations and 0 messages";
    assert_eq!(import(&store, "sentx", &["--dry-run"]).await, (format!("would import {gone}"), true));
    assert_eq!(import(&store, "sentx", &[]).await, (format!("imported {gone}"), true));
}

/// Whoever has the address here already is not joined with somebody of that address there: only mail would show it.
#[tokio::test]
async fn an_address_that_is_taken_stays_whose_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("chat.db").display());
    import(&store, "chatbot", &[]).await;
    let (said, fine) = import(&store, "sentx", &[]).await;
    assert_eq!((said.as_str(), fine), ("imported 0 users, 0 conversations and 0 messages", false));
}

#[tokio::test]
async fn an_account_that_was_deleted_does_not_come_back() {
    let (server, folder) = with_dump("sentx", "1 users, 1 conversations and 3 messages").await;
    let pair = json!({"login": "ann@example.com", "password": PASSWORD});
    let token = server.anonymous().post("/api/v1/auth/login", pair).await.json(200)["access_token"].clone();
    let ann = server.anonymous().showing(format!("Bearer {}", token.as_str().unwrap()));
    let body = json!({"current_password": PASSWORD}).to_string();
    let gone = ann.send("DELETE", "/api/v1/me", Some(("application/json", &body))).await;
    assert_eq!(gone.status, 204);
    server.end().await;
    let store = format!("sqlite:{}", folder.path().join("chat.db").display());
    let (again, fine) = import(&store, "sentx", &[]).await;
    assert!(again.starts_with("imported 0 users, 0 conversations and 0 messages") && !fine, "{again}");
}
