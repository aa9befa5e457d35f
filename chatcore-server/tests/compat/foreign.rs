//! What is somebody else's looks like nothing, at every mount.

use serde_json::json;

use crate::server::TestServer;
use crate::{ai_chat_system, chat_platform, chatbot, django_chat};

each_store! {
    async fn sessions_of_others_are_not_found(kind) {
        let server = TestServer::start(kind).await;
        let bot = server.anonymous().at("chatbot");
        let (ann, bob) = (chatbot::registered(&bot, "ann").await, chatbot::registered(&bot, "bob").await);
        let hers = ann.post("/api/v1/chat/", json!({"message": "secret of ann"})).await.json(200);
        let (hers, nothing) = (hers["session_id"].as_str().unwrap(), "0190a8a0-0000-7000-8000-000000000000");
        let mut answers = Vec::new();
        for id in [hers, nothing] {
            answers.push(bob.get(&format!("/api/v1/chat/chats/{id}/")).await);
            answers.push(bob.post("/api/v1/chat/", json!({"session_id": id, "message": "hi"})).await);
        }
        for answer in answers {
            answer.says(404, json!({"error": "Chat session not found."}));
        }
        // a name that she made up is hers, and his is his
        ann.post("/api/v1/chat/", json!({"session_id": "mine", "message": "secret of ann"})).await.json(200);
        bob.post("/api/v1/chat/", json!({"session_id": "mine", "message": "hi"})).await.json(200);
        let his = bob.get("/api/v1/chat/chats/mine/").await;
        assert!(his.status == 200 && !his.body.contains("secret"), "{}", his.body);
        server.end().await;
    }

    async fn chats_of_others_are_in_no_history(kind) {
        let server = TestServer::start(kind).await;
        let tokens = server.anonymous().at("ai-chat-system");
        let ann = ai_chat_system::registered(&tokens, "ann").await;
        let bob = ai_chat_system::registered(&tokens, "bob").await;
        ann.post("/api/chat/", json!({"message": "secret of ann"})).await.json(200);
        assert_eq!(bob.get("/api/chat/").await.json(200), json!([]));
        assert_eq!(ai_chat_system::balance(&bob).await, 4000);
        server.end().await;
    }

    async fn chats_of_others_are_not_found(kind) {
        let server = TestServer::start(kind).await;
        let django = server.anonymous().at("django-chat");
        let (ann, bob) = (django_chat::registered(&django, "ann").await, django_chat::registered(&django, "bob").await);
        let hers = ann.post("/api/chat/", json!({"content": "secret of ann"})).await.json(201);
        let (hers, nothing) = (hers["id"].as_str().unwrap(), "0190a8a0-0000-7000-8000-000000000000");
        for id in [hers, nothing, "nothing"] {
            let answers = [
                bob.get(&format!("/api/chat/{id}/messages/")).await,
                bob.post(&format!("/api/chat/{id}/send/"), json!({"content": "hi"})).await,
                bob.post("/auth/ticket/", json!({"chat_id": id})).await,
            ];
            for answer in answers {
                answer.says(404, json!({"error": "Chat not found", "detail": "Chat not found"}));
            }
        }
        assert_eq!(bob.get("/api/chat/").await.json(200), json!([]));
        server.end().await;
    }

    /// Numbers are the account's own, so those of others are numbers of nothing.
    async fn numbers_of_others_are_numbers_of_nothing(kind) {
        let server = TestServer::start(kind).await;
        let platform = server.anonymous().at("chat-platform");
        let (ann, bob) = (chat_platform::signed_in(&platform, 1).await, chat_platform::signed_in(&platform, 2).await);
        let mut last = 0;
        for _ in 0..3 {
            let chat = ann.post("/chat/", json!({"title": "hers"})).await.json(200)["id"].as_i64().unwrap();
            last = ann.post("/message/", json!({"content": "secret", "chat_id": chat})).await.json(200)["id"].as_i64().unwrap();
        }
        let mine = bob.post("/chat/", json!({})).await.json(200)["id"].as_i64().unwrap();
        bob.post("/message/", json!({"content": "hi", "chat_id": mine})).await.json(200);
        for path in ["/chat/3", "/message/chat/3", "/message/chat/3/full", "/message/chat/3/recent"] {
            bob.get(path).await.says(404, json!({"detail": "Chat 3 not found", "type": "not_found_error"}));
        }
        let path = format!("/message/{last}");
        let none = json!({"detail": format!("Message {last} not found"), "type": "not_found_error"});
        bob.get(&path).await.says(404, none.clone());
        bob.put(&path, json!({"content": "x"})).await.says(404, none.clone());
        bob.delete(&path).await.says(404, none);
        assert_eq!(bob.delete("/chat/3").await.status, 404);
        assert_eq!(bob.post("/message/", json!({"content": "x", "chat_id": 3})).await.status, 404);
        let wallet = ann.get("/user/profile").await.json(200)["wallet_address"].as_str().unwrap().to_owned();
        assert_eq!(bob.get(&format!("/user/wallet/{wallet}")).await.status, 404);
        server.end().await;
    }

    /// The token of one mount is nothing to another, and nothing to the native API.
    async fn tokens_are_good_at_their_own_mount(kind) {
        let server = TestServer::start(kind).await;
        let anonymous = server.anonymous();
        let ann = ai_chat_system::registered(&anonymous.at("ai-chat-system"), "ann").await;
        let native = anonymous.post("/api/v1/auth/login", json!({"login": "ann", "password": "testpass123"})).await;
        let native = format!("Bearer {}", native.json(200)["access_token"].as_str().unwrap());
        assert_eq!(anonymous.at("ai-chat-system").showing(native).get("/api/chat/").await.status, 401);
        assert_eq!(ann.moved_to(&anonymous).get("/api/v1/me").await.status, 401);
        server.end().await;
    }
}
