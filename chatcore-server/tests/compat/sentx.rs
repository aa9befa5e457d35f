//! The chat with branches: both kinds of streams, both forms of edits and switches, devices without an account.

use std::time::Duration;

use chatcore_server::config::Settings;
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::{Kind, TestServer, echo};

const PASSWORD: &str = "testpass123";

/// Somebody at the mount who has registered.
pub(crate) async fn registered(client: &Client, name: &str) -> Client {
    let email = format!("{name}@example.com");
    let body = json!({"email": email, "password": PASSWORD, "re_password": PASSWORD});
    client.post("/api/auth/users/", body).await.json(201);
    let pair = client.post("/api/token/", json!({"email": email, "password": PASSWORD})).await.json(200);
    client.showing(format!("Bearer {}", pair["access"].as_str().unwrap()))
}

async fn with_visitors(kind: Kind, limits: &str) -> TestServer {
    let settings = Settings {
        sign_in: toml::from_str("visitors = 'on'").unwrap(),
        limits: toml::from_str(limits).unwrap(),
        ..Settings::default()
    };
    TestServer::set_up(kind, settings, Some(echo(Duration::ZERO))).await
}

/// The data of a stream's events.
fn events(text: &str) -> Vec<Value> {
    let data = text.split("\n\n").filter_map(|block| block.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

fn text_of<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap()
}

each_store! {
    async fn a_stream_of_one_answer_has_it_written(kind) {
        let server = TestServer::start(kind).await;
        let ann = registered(&server.anonymous().at("sentx"), "ann").await;
        let said = ann.post("/chat/messages", json!({"content": "one two three"})).await.json(200);
        let path = format!("/chat/stream?chatId={}", text_of(&said, "chatId"));
        let stream = ann.get(&path).await;
        assert!(stream.header("content-type").starts_with("text/event-stream"), "{stream:?}");
        assert!(stream.body.ends_with("data: [DONE]\n\n"), "{}", stream.body);
        let pieces = events(&stream.body);
        let texts: Vec<&str> = pieces.iter().map(|piece| text_of(piece, "content")).collect();
        assert!(texts.windows(2).all(|pair| pair[1].starts_with(pair[0])), "the whole text so far: {texts:?}");
        assert_eq!(texts.last(), Some(&"one two three"));
        let last = pieces.last().unwrap();
        assert_eq!((&last["role"], &last["parentId"], &last["v"]), (&json!("assistant"), &said["messageId"], &json!("1")));
        for (path, status, error) in [
            ("/chat/stream".to_owned(), 400, "chatId is required"),
            ("/chat/stream?chatId=nothing".to_owned(), 404, "Chat session not found"),
        ] {
            ann.get(&path).await.says(status, json!({"error": error}));
        }
        let empty = ann.post("/chat/sessions/", json!({"title": "t"})).await.json(201);
        let path = format!("/api/chat/stream/?chatId={}", text_of(&empty, "id"));
        ann.get(&path).await.says(400, json!({"error": "No user message to respond to"}));
        server.end().await;
    }

    async fn a_stream_of_a_device_hears_all_its_answers(kind) {
        let server = with_visitors(kind, "").await;
        let device = server.anonymous().at("sentx").with("x-fingerprint-hash", "d41d8cd98f00b204");
        let listening = device.listening("/api/chat/stream/", "\"end-tokens\"").await;
        let body = json!({"content": "Hello there", "sessionId": "any", "chatId": null});
        let said = device.post("/api/chat/messages/", body).await.json(200);
        let heard = events(&listening.await.unwrap());
        assert_eq!(heard[0]["type"], "connected");
        assert!(heard[0]["sessionId"].as_str().is_some_and(|id| id.len() == 32), "{heard:?}");
        let echo = heard.iter().position(|it| it["role"] == "user").unwrap();
        assert_eq!(heard[echo]["content"], "Hello there");
        let chat = heard[echo]["chatId"].clone();
        assert_eq!(heard[echo + 1]["start-generation"]["chatId"], chat);
        assert_eq!(heard[echo + 2]["loading-start"]["chatId"], chat);
        assert_eq!(heard[echo + 3]["loading-end"]["chatId"], chat);
        let done = heard.iter().position(|it| it.get("done-generation").is_some()).unwrap();
        let last = &heard[done - 1];
        assert_eq!((&last["content"], &last["resolveMessage"]), (&json!("Hello there"), &json!(false)));
        assert_eq!((&last["currentVersion"], &last["totalVersions"]), (&json!(1), &json!(1)));
        assert_eq!(heard[done + 1]["end-tokens"], false);
        assert_eq!(said["chatId"], chat);
        server.end().await;
    }

    async fn edits_and_switches_come_in_two_forms(kind) {
        let server = TestServer::start(kind).await;
        let ann = registered(&server.anonymous().at("sentx"), "ann").await;
        let first = ann.post("/chat/messages", json!({"content": "first"})).await.json(200);
        let chat = text_of(&first, "chatId").to_owned();
        let answered = async || ann.get(&format!("/chat/stream?chatId={chat}")).await;
        assert_eq!(answered().await.status, 200);
        let history = async || ann.get(&format!("/chat/history?chatId={chat}")).await.json(200)["messages"].clone();
        let answer = text_of(&history().await[1], "messageId").to_owned();
        let below = ann.post("/chat/messages", json!({"content": "below", "chatId": chat})).await.json(200);
        answered().await;
        // below the parent, as one generation of clients says it
        let sibling = json!({"content": "sibling", "chatId": chat, "sessionId": "s", "parentId": answer});
        let sibling = ann.post("/api/chat/messages/", sibling).await.json(200);
        assert_eq!((&sibling["currentVersion"], &sibling["totalVersions"]), (&json!(2), &json!(2)));
        answered().await;
        // by the message itself, as the other one does
        let edited = json!({"content": "edited", "chatId": chat, "sessionId": "s", "editMessageId": below["messageId"]});
        let edited = ann.post("/api/chat/messages/", edited).await.json(200);
        assert_eq!((&edited["parentId"], &edited["totalVersions"]), (&json!(answer), &json!(3)));
        answered().await;
        let contents = async || {
            let all = history().await;
            all.as_array().unwrap().iter().map(|it| text_of(it, "content").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(contents().await, ["first", "first", "edited", "edited"]);
        let switch = async |body: Value| ann.post("/chat/switch-branch/", body).await;
        switch(json!({"chatId": chat, "messageId": below["messageId"]})).await.json(200);
        assert_eq!(contents().await, ["first", "first", "below", "below"]);
        switch(json!({"chatId": chat, "parentId": answer, "newVersion": 2})).await.json(200);
        assert_eq!(contents().await, ["first", "first", "sibling", "sibling"]);
        for (body, status, error) in [
            (json!({"chatId": chat, "parentId": answer, "newVersion": 4}), 400, "newVersion=4 exceeds total branches=3"),
            (json!({"chatId": chat, "parentId": "x", "newVersion": 1}), 404, "Parent message not found in this chat"),
            (json!({"chatId": chat, "messageId": "x"}), 404, "Message not found in this chat"),
            (json!({"chatId": "x", "messageId": "x"}), 404, "Chat session not found"),
        ] {
            switch(body).await.says(status, json!({"error": error}));
        }
        server.end().await;
    }

    /// A device is known by its name and network; without a name, and without an account, there is nobody.
    async fn devices_have_limits_of_their_own(kind) {
        let server = with_visitors(kind, "visitors = 'messages=2/day'").await;
        let client = server.anonymous().at("sentx");
        let [one, two] = ["one", "two"].map(|name| client.with("x-fingerprint-hash", name));
        let say = json!({"content": "hi", "sessionId": "s"});
        for left in [1, 0] {
            one.post("/chat/messages", say.clone()).await.json(200);
            let told = one.get("/api/usage-limits/").await.json(200);
            assert_eq!((&told["requests_left"], &told["daily_limit"]), (&json!(left), &json!(2)));
            assert_eq!(told["can_make_request"], left > 0);
        }
        let exceeded = json!({"error": "Daily limit exceeded. Requests left: 0"});
        one.post("/chat/messages", say.clone()).await.says(429, exceeded);
        let chats = one.get("/chat/sessions/list/").await.json(200);
        assert_eq!(chats.as_array().unwrap().len(), 2, "what is refused leaves no chat behind");
        let hers = text_of(&chats[0], "chatId");
        assert_eq!(two.get(&format!("/chat/history?chatId={hers}")).await.status, 404);
        two.post("/chat/messages", say.clone()).await.json(200);
        client.post("/chat/messages", say).await.says(403, json!({"error": "X-Fingerprint-Hash header is required"}));
        assert_eq!(client.get("/chat/sessions/").await.json(200), json!([]));
        server.end().await;
    }

    /// Names of devices are made up at will, so all that come from one network have a limit together.
    async fn devices_of_one_network_have_a_limit_together(kind) {
        let server = with_visitors(kind, "visitors = 'messages=2/day,network:messages=3/day'").await;
        let client = server.anonymous().at("sentx");
        let mut begun = 0;
        for device in 0..6 {
            let device = client.with("x-fingerprint-hash", &format!("device-{device}"));
            let said = device.post("/chat/messages", json!({"content": "hi", "sessionId": "s"})).await;
            assert!(matches!(said.status, 200 | 429), "{}", said.body);
            begun += u32::from(said.status == 200);
            if said.status == 429 {
                let told = device.get("/api/usage-limits/").await.json(200);
                assert_eq!((&told["can_make_request"], &told["requests_left"]), (&json!(false), &json!(0)));
            }
        }
        assert_eq!(begun, 3, "another name is no way around it");
        server.end().await;
    }

    async fn accounts_are_those_of_djoser(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous().at("sentx");
        let ann = registered(&client, "ann").await;
        let new = |email: &str, password: &str, again: &str| json!({"email": email, "password": password, "re_password": again});
        for (body, errors) in [
            (new("ann@example.com", PASSWORD, PASSWORD), json!({"email": ["user with this email already exists."]})),
            (new("bob@example.com", PASSWORD, "x"), json!({"non_field_errors": ["The two password fields didn't match."]})),
            (new("bob@example.com", "short", "short"),
                json!({"password": ["This password is too short. It must contain at least 8 characters."]})),
        ] {
            client.post("/api/auth/users/", body).await.says(400, errors);
        }
        ann.get("/api/auth/users/").await.says(404, json!({"detail": "Not found."}));
        assert_eq!(client.get("/api/auth/users/").await.status, 401);
        let wrong = json!({"current_password": "wrong", "new_password": "another password"});
        ann.post("/api/auth/users/set_password/", wrong).await.says(400, json!({"current_password": ["Invalid password."]}));
        let pair = json!({"email": "ann@example.com", "password": PASSWORD});
        let pair = client.post("/api/auth/jwt/jwt/create/", pair).await.json(200);
        let claims: Value = jsonwebtoken::dangerous::insecure_decode(text_of(&pair, "access")).unwrap().claims;
        assert_eq!(claims["user_id"], "1");
        client.post("/api/auth/jwt/verify/", json!({"token": pair["access"]})).await.says(200, json!({}));
        assert_eq!(client.post("/api/auth/jwt/verify/", json!({"token": "bad"})).await.status, 401);
        let next = client.post("/api/token/refresh/", json!({"refresh": pair["refresh"]})).await.json(200);
        assert!(next["refresh"].is_string() && next["refresh"] != pair["refresh"], "each works once");
        for (token, status) in [(&next["refresh"], 200), (&next["refresh"], 200), (&pair["refresh"], 401)] {
            let verified = client.post("/api/auth/jwt/verify/", json!({"token": token})).await;
            assert_eq!(verified.status, status, "a refresh token is verified, too, and not used up by it");
        }
        server.end().await;
    }

    async fn chats_of_others_are_not_found(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous().at("sentx");
        let (ann, bob) = (registered(&client, "ann").await, registered(&client, "bob").await);
        let hers = ann.post("/chat/messages", json!({"content": "secret"})).await.json(200);
        let (chat, message) = (text_of(&hers, "chatId"), text_of(&hers, "messageId"));
        let answers = [
            bob.get(&format!("/chat/history?chatId={chat}")).await,
            bob.get(&format!("/chat/stream?chatId={chat}")).await,
            bob.get(&format!("/chat/sessions/{chat}/")).await,
            bob.delete(&format!("/chat/sessions/{chat}/")).await,
            bob.put("/chat/rename/", json!({"chatId": chat, "title": "mine"})).await,
            bob.post("/chat/messages", json!({"content": "hi", "chatId": chat})).await,
            bob.post("/chat/switch-branch/", json!({"chatId": chat, "messageId": message})).await,
            bob.post("/chat/stop-streaming/", json!({"sessionId": "s", "chatId": chat})).await,
            bob.post("/api/regeneration/", json!({"messageId": message, "sessionId": "s"})).await,
        ];
        for answer in answers {
            assert_eq!(answer.status, 404, "{}", answer.body);
            assert!(!answer.body.contains("secret"), "{}", answer.body);
        }
        let mine = bob.post("/chat/sessions/", json!({"title": "t"})).await.json(201);
        let edit = json!({"content": "hi", "chatId": mine["id"], "sessionId": "s", "editMessageId": message});
        assert_eq!(bob.post("/chat/messages", edit).await.status, 404);
        let below = json!({"content": "hi", "chatId": mine["id"], "sessionId": "s", "parentId": message});
        assert_eq!(bob.post("/chat/messages", below).await.status, 404);
        server.end().await;
    }
}
