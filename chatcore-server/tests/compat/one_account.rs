//! An account is one in all mounts, and so is what it used.

use chatcore_server::config::Settings;
use serde_json::json;

use crate::server::TestServer;
use crate::{ai_chat_system, chatbot, django_chat};

each_store! {
    async fn a_name_and_a_password_open_every_mount(kind) {
        let server = TestServer::start(kind).await;
        let [bot, tokens] = ["chatbot", "ai-chat-system"].map(|mount| server.anonymous().at(mount));
        let ann = chatbot::registered(&bot, "ann").await;
        let said = ann.post("/api/v1/chat/", json!({"message": "first"})).await;
        assert_eq!(said.status, 200, "{}", said.body);
        let other = ai_chat_system::signed_in(&tokens, "ann", "securepassword").await;
        assert_eq!(ai_chat_system::balance(&other).await, 4000, "whoever is new to the mount has what is new there");
        assert_eq!(other.get("/api/user/profile/").await.json(200)["id"], 1);
        other.post("/api/chat/", json!({"message": "second"})).await.json(200);
        let sessions = ann.get("/api/v1/chat/chats-history/").await.json(200);
        assert_eq!(sessions.as_array().unwrap().len(), 2, "what is said there is read here");
        let token = other.get("/api/chat/").await.json(200);
        assert_eq!(token.as_array().unwrap().len(), 1);
        server.end().await;
    }

    async fn an_address_and_a_password_open_every_mount(kind) {
        let server = TestServer::start(kind).await;
        let [django, chat] = ["django-chat", "sentx"].map(|mount| server.anonymous().at(mount));
        let ann = django_chat::registered(&django, "ann").await;
        let hers = ann.post("/api/chat/", json!({"title": "first"})).await.json(201);
        let pair = json!({"email": "ANN@example.com", "password": "testpass123"});
        let pair = chat.post("/api/token/", pair).await.json(200);
        let other = chat.showing(format!("Bearer {}", pair["access"].as_str().unwrap()));
        let listed = other.get("/chat/sessions/").await.json(200);
        assert_eq!((&listed[0]["id"], &listed[0]["title"]), (&hers["id"], &json!("first")));
        // the token of one is nothing to the other
        let token = format!("Bearer {}", pair["access"].as_str().unwrap());
        assert_eq!(django.showing(token).get("/api/chat/").await.status, 401);
        server.end().await;
    }

    async fn limits_hold_across_mounts(kind) {
        let settings = Settings { limits: toml::from_str("users = 'messages=2/day'").unwrap(), ..Settings::default() };
        let server = TestServer::set_up(kind, settings, None).await;
        let [bot, tokens] = ["chatbot", "ai-chat-system"].map(|mount| server.anonymous().at(mount));
        let ann = chatbot::registered(&bot, "ann").await;
        ann.post("/api/v1/chat/", json!({"message": "first"})).await.json(200);
        let other = ai_chat_system::signed_in(&tokens, "ann", "securepassword").await;
        other.post("/api/chat/", json!({"message": "second"})).await.json(200);
        for refused in [
            ann.post("/api/v1/chat/", json!({"message": "third"})).await,
            other.post("/api/chat/", json!({"message": "third"})).await,
        ] {
            let detail = refused.json(429)["detail"].as_str().unwrap().to_owned();
            assert!(detail.starts_with("Request was throttled. Expected available in "), "{detail}");
            assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
        }
        assert_eq!(ai_chat_system::balance(&other).await, 3900, "what is refused costs nothing");
        server.end().await;
    }
}
