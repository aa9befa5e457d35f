//! The chat with a stream for each chat: tokens with a role, tickets, what the stream tells.

use serde_json::{Value, json};

use crate::client::Client;
use crate::server::TestServer;

const PASSWORD: &str = "testpass123";

/// Somebody at the mount who has registered.
pub(crate) async fn registered(client: &Client, name: &str) -> Client {
    let body = json!({"email": format!("{name}@example.com"), "password": PASSWORD});
    let answer = client.post("/auth/register/", body).await.json(201);
    client.showing(format!("Bearer {}", answer["token"].as_str().unwrap()))
}

/// All events of a stream as their names and data.
fn events(text: &str) -> Vec<(String, Value)> {
    let parse = |block: &str| {
        let line = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let data = serde_json::from_str(&line("data: ")?).ok()?;
        Some((line("event: ")?, data))
    };
    text.split("\n\n").filter_map(parse).collect()
}

each_store! {
    async fn accounts_are_refused_in_one_sentence(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous().at("django-chat");
        registered(&client, "ann").await;
        for (body, field) in [
            (json!({"password": PASSWORD}), "email"),
            (json!({"email": "no address", "password": PASSWORD}), "email"),
            (json!({"email": "ann@example.com", "password": PASSWORD}), "email"),
            (json!({"email": "bob@example.com", "password": "short"}), "password"),
        ] {
            let answer = client.post("/auth/register/", body).await.json(400);
            assert!(answer[field].is_array() && answer["error"].is_string() && answer["detail"].is_string(), "{answer}");
        }
        let wrong = json!({"email": "ann@example.com", "password": "not the one"});
        let refused = json!({"error": "Invalid credentials", "detail": "Invalid credentials"});
        client.post("/auth/login/", wrong).await.says(401, refused.clone());
        let nobody = json!({"email": "nobody@example.com", "password": PASSWORD});
        client.post("/auth/login/", nobody).await.says(401, refused);
        assert_eq!(client.get("/api/chat/").await.status, 401);
        assert_eq!(client.showing("Bearer x").get("/api/chat/").await.status, 401);
        server.end().await;
    }

    async fn tokens_say_who_and_in_which_role(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous().at("django-chat");
        let body = json!({"email": "test@example.com", "password": PASSWORD});
        let answer = client.post("/auth/register/", body).await.json(201);
        let claims: Value =
            jsonwebtoken::dangerous::insecure_decode(answer["token"].as_str().unwrap()).unwrap().claims;
        assert_eq!((&claims["role"], &claims["type"]), (&json!("basic"), &json!("access")));
        assert_eq!((&claims["user_id"], &claims["email"]), (&answer["user"]["id"], &json!("test@example.com")));
        for name in ["user_id", "jti"] {
            assert!(uuid::Uuid::try_parse(claims[name].as_str().unwrap()).is_ok(), "{claims}");
        }
        let refresh = answer["refresh"].clone();
        let next = client.post("/auth/refresh/", json!({"refresh": refresh})).await.json(200);
        let me = client.showing(format!("Bearer {}", next["token"].as_str().unwrap()));
        me.post("/auth/logout/", json!({})).await.json(200);
        assert_eq!(me.get("/auth/me/").await.status, 401);
        assert_eq!(client.post("/auth/refresh/", json!({"refresh": next["refresh"]})).await.status, 401);
        server.end().await;
    }

    async fn the_stream_tells_what_was_said_and_what_is_said(kind) {
        let server = TestServer::start(kind).await;
        let ann = registered(&server.anonymous().at("django-chat"), "ann").await;
        let chat = ann.post("/api/chat/", json!({"title": "Test Chat", "content": "Hello!"})).await.json(201);
        let path = format!("/api/chat/{}", chat["id"].as_str().unwrap());
        // until the first answer is whole, by whichever event that is told
        let mut answered = false;
        for _ in 0..600 {
            let said = ann.with("accept", "application/json").get(&format!("{path}/messages/")).await.json(200);
            answered = said.as_array().unwrap().iter().any(|it| it["role"] == "assistant" && it["content"] == "Hello!");
            if answered {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert!(answered, "the first message is answered");
        let stream = format!("{path}/messages/");
        let listening = ann.listening(&stream, "event: done\n").await;
        let sent = ann.post(&format!("{path}/send/"), json!({"message": "And now?"})).await.json(202);
        assert_eq!((&sent["status"], &sent["chat_id"]), (&json!("processing"), &chat["id"]));
        let events = events(&listening.await.unwrap());
        assert!(events.iter().all(|(name, data)| data["type"] == *name), "{events:?}");
        let whole: Vec<_> = events.iter().filter(|(name, _)| name == "message").map(|(_, data)| &data["content"]).collect();
        assert_eq!(whole[..2], [&json!("Hello!"), &json!("Hello!")], "what was said comes first");
        let said = ann.with("accept", "application/json").get(&stream).await.json(200);
        let contents: Vec<&str> = said.as_array().unwrap().iter().map(|it| it["content"].as_str().unwrap()).collect();
        assert_eq!(contents, ["Hello!", "Hello!", "And now?", "And now?"]);
        let (_, done) = events.iter().find(|(name, _)| name == "done").unwrap();
        assert_eq!(done["content"], "And now?");
        let deltas: String = events.iter().filter(|(name, _)| name == "delta").filter_map(|(_, it)| it["content"].as_str()).collect();
        assert_eq!(deltas, "And now?");
        server.end().await;
    }

    async fn a_ticket_opens_one_stream_once(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous().at("django-chat");
        let ann = registered(&client, "ann").await;
        let chat = ann.post("/api/chat/", json!({"title": "t"})).await.json(201)["id"].as_str().unwrap().to_owned();
        let other = ann.post("/api/chat/", json!({"title": "t"})).await.json(201)["id"].as_str().unwrap().to_owned();
        let list = client.with("accept", "application/json");
        let ticket = async || ann.post("/auth/ticket/", json!({"chat_id": chat})).await.json(200)["ticket"].as_str().unwrap().to_owned();
        let shown = ticket().await;
        assert_eq!(list.get(&format!("/api/chat/{chat}/messages/?ticket={shown}")).await.status, 200);
        assert_eq!(list.get(&format!("/api/chat/{chat}/messages/?ticket={shown}")).await.status, 401, "once");
        let elsewhere = ticket().await;
        assert_eq!(list.get(&format!("/api/chat/{other}/messages/?token={elsewhere}")).await.status, 401);
        // a token in an address is in logs
        let body = json!({"email": "ann@example.com", "password": PASSWORD});
        let token = client.post("/auth/login/", body).await.json(200)["token"].as_str().unwrap().to_owned();
        assert_eq!(list.get(&format!("/api/chat/{chat}/messages/?token={token}")).await.status, 401);
        server.end().await;
    }
}
