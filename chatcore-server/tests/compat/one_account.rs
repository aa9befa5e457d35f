//! An account is one in all mounts, and so is what it used.

use chatcore::account::{ChallengeKind, NewCode};
use chatcore_server::config::Settings;
use futures::future::join_all;
use serde_json::json;

use crate::server::TestServer;
use crate::wallet::Wallet;
use crate::{ai_chat_system, chat_platform, chatbot, django_chat, sentx};

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

    async fn a_name_of_the_tokens_opens_the_sessions(kind) {
        let server = TestServer::start(kind).await;
        let [bot, tokens] = ["chatbot", "ai-chat-system"].map(|mount| server.anonymous().at(mount));
        let ann = ai_chat_system::registered(&tokens, "ann").await;
        ann.post("/api/chat/", json!({"message": "first"})).await.json(200);
        let body = json!({"username": "ann", "password": "testpass123"});
        let session = bot.post("/api/v1/accounts/login/", body).await.json(200);
        let other = bot.showing(format!("Token {}", session["token"].as_str().unwrap()));
        let listed = other.get("/api/v1/chat/chats-history/").await.json(200);
        let id = listed[0]["session_id"].as_str().unwrap();
        let said = other.get(&format!("/api/v1/chat/chats/{id}/")).await.json(200);
        assert_eq!(said["messages"][0]["content"], "first");
        server.end().await;
    }

    async fn an_address_that_was_shown_opens_the_django_chat(kind) {
        let server = TestServer::start(kind).await;
        let [django, chat] = ["django-chat", "sentx"].map(|mount| server.anonymous().at(mount));
        let ann = sentx::registered(&chat, "ann").await;
        let said = ann.post("/chat/messages", json!({"content": "first"})).await.json(200);
        // as the mail says it that nobody carries here
        let user = server.accounts().account_of(None, "ann@example.com").await.unwrap();
        let code = NewCode::new(ChallengeKind::EmailVerification, "ann@example.com").of(user.id);
        let code = server.accounts().issue(code).await.unwrap().code;
        let shown = chat.post("/api/auth/users/activation/", json!({"uid": "x", "token": code})).await;
        assert_eq!(shown.status, 204, "{}", shown.body);
        let pair = json!({"email": "Ann@Example.com", "password": "testpass123"});
        let session = django.post("/auth/login/", pair).await.json(200);
        let other = django.showing(format!("Bearer {}", session["token"].as_str().unwrap()));
        assert_eq!(other.get("/api/chat/").await.json(200)[0]["id"], said["chatId"]);
        // nobody else registers with it
        let again = json!({"email": "ann@example.com", "password": "anotherpass"});
        assert_eq!(django.post("/auth/register/", again).await.status, 400);
        server.end().await;
    }

    async fn a_wallet_that_was_linked_opens_the_platform(kind) {
        let server = TestServer::start(kind).await;
        let [platform, chat] = ["chat-platform", "sentx"].map(|mount| server.anonymous().at(mount));
        let ann = sentx::registered(&chat, "ann").await;
        let chat = ann.post("/chat/sessions/", json!({"title": "hers"})).await.json(201);
        // a wallet is linked by the native API
        let native = server.anonymous();
        let body = json!({"login": "ann@example.com", "password": "testpass123"});
        let session = native.post("/api/v1/auth/login", body).await.json(200);
        let native = native.showing(format!("Bearer {}", session["access_token"].as_str().unwrap()));
        let wallet = Wallet::new(7);
        let asked = json!({"address": wallet.address(), "chain_id": 1});
        let asked = native.post("/api/v1/auth/wallet/challenge", asked).await.json(200);
        let message = asked["message"].as_str().unwrap();
        let signed = json!({"message": message, "signature": wallet.sign(message)});
        let linked = native.post("/api/v1/me/identities/wallet", signed).await;
        assert!((200..300).contains(&linked.status), "{}", linked.body);
        let other = chat_platform::signed_in(&platform, 7).await;
        let listed = other.get("/chat/").await.json(200);
        assert_eq!((listed.as_array().unwrap().len(), &listed[0]["title"]), (1, &chat["title"]));
        assert_eq!(other.get("/user/profile").await.json(200)["email"], "ann@example.com");
        server.end().await;
    }

    /// However many come at once, and at whichever door.
    async fn limits_hold_for_many_at_two_mounts(kind) {
        let settings = Settings { limits: toml::from_str("users = 'messages=10/day'").unwrap(), ..Settings::default() };
        let server = TestServer::set_up(kind, settings, None).await;
        let [bot, tokens] = ["chatbot", "ai-chat-system"].map(|mount| server.anonymous().at(mount));
        let ann = chatbot::registered(&bot, "ann").await;
        let other = ai_chat_system::signed_in(&tokens, "ann", "securepassword").await;
        let answers = join_all((0..16).map(|n| {
            let (ann, other) = (ann.clone(), other.clone());
            async move {
                let body = json!({"message": format!("message {n}")});
                match n % 2 {
                    0 => ann.post("/api/v1/chat/", body).await,
                    _ => other.post("/api/chat/", body).await,
                }
            }
        })).await;
        let (begun, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!((begun.len(), refused.len()), (10, 6), "{answers:?}");
        assert!(refused.iter().all(|answer| answer.status == 429), "{refused:?}");
        // what was refused cost nothing
        let paid = answers.iter().skip(1).step_by(2).filter(|answer| answer.status == 200).count();
        assert_eq!(ai_chat_system::balance(&other).await, 4000 - 100 * i64::try_from(paid).unwrap());
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
