//! The chatbot back end: its errors to the letter, its tokens, its sessions.

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::server::TestServer;

const PASSWORD: &str = "securepassword";

/// Somebody at the mount who has registered.
pub(crate) async fn registered(client: &Client, name: &str) -> Client {
    let email = format!("{name}@example.com");
    let body = json!({"username": name, "email": email, "password1": PASSWORD, "password2": PASSWORD});
    client.post("/api/v1/accounts/register/", body).await.json(201);
    signed_in(client, name).await
}

/// Somebody at the mount who has an account.
pub(crate) async fn signed_in(client: &Client, name: &str) -> Client {
    let answer = login(client, name, PASSWORD).await.json(200);
    client.showing(format!("Token {}", answer["token"].as_str().unwrap()))
}

async fn login(client: &Client, name: &str, password: &str) -> Answer {
    client.post("/api/v1/accounts/login/", json!({"username": name, "password": password})).await
}

async fn send(client: &Client, session: Value, message: &str) -> Answer {
    client.post("/api/v1/chat/", json!({"session_id": session, "message": message})).await
}

each_store! {
    async fn fields_are_refused_in_its_words(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous().at("chatbot");
        registered(&client, "ann").await;
        let required = || json!(["This field is required."]);
        let at_least = || json!(["Ensure this field has at least 8 characters."]);
        for (body, errors) in [
            (json!({}), json!({"username": required(), "password1": required(), "password2": required()})),
            (
                json!({"username": "bob", "email": "bad", "password1": "short", "password2": "short"}),
                json!({"email": ["Enter a valid email address."], "password1": at_least(), "password2": at_least()}),
            ),
            (
                json!({"username": "ANN", "password1": PASSWORD, "password2": PASSWORD}),
                json!({"username": ["A user with that username already exists."]}),
            ),
            (
                json!({"username": "bob", "password1": PASSWORD, "password2": "otherpassword"}),
                json!({"password": ["Passwords do not match."]}),
            ),
            (
                json!({"username": "bob", "password1": "password1234", "password2": "password1234"}),
                json!({"password1": ["This password is too common."]}),
            ),
        ] {
            client.post("/api/v1/accounts/register/", body).await.says(400, errors);
        }
        server.end().await;
    }

    async fn a_token_lasts_until_its_owner_signs_out(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous().at("chatbot");
        registered(&client, "ann").await;
        let wrong = json!({"error": "Incorrect username or password."});
        login(&client, "ann", "not the one").await.says(400, wrong.clone());
        login(&client, "nobody", PASSWORD).await.says(400, wrong);
        let missing = json!({"error": "Username and password are required."});
        client.post("/api/v1/accounts/login/", json!({"username": "ann"})).await.says(400, missing);
        let token = |answer: Answer| answer.json(200)["token"].as_str().unwrap().to_owned();
        let first = token(login(&client, "ann", PASSWORD).await);
        assert!(first.len() == 40 && first.bytes().all(|byte| byte.is_ascii_hexdigit()), "{first}");
        assert_eq!(token(login(&client, "ann", PASSWORD).await), first, "the same while it lasts");
        let ann = client.showing(format!("token {first}"));
        ann.post("/api/v1/accounts/logout/", json!({})).await.says(200, json!({"message": "Successfully logged out."}));
        let gone = ann.get("/api/v1/chat/chats-history/").await;
        assert_eq!((gone.status, gone.header("www-authenticate")), (401, "Token"));
        assert_ne!(token(login(&client, "ann", PASSWORD).await), first);
        for (header, detail) in [
            ("", "Authentication credentials were not provided."),
            ("Bearer x", "Authentication credentials were not provided."),
            ("Token", "Invalid token header. No credentials provided."),
            ("Token a b", "Invalid token header. Token string should not contain spaces."),
            ("Token bad", "Invalid token."),
        ] {
            let answer = client.showing(header).get("/api/v1/chat/chats-history/").await;
            answer.says(401, json!({"detail": detail}));
        }
        server.end().await;
    }

    async fn sessions_remember_and_are_found_by_their_id(kind) {
        let server = TestServer::start(kind).await;
        let ann = registered(&server.anonymous().at("chatbot"), "ann").await;
        let first = send(&ann, Value::Null, "Hello, how are you?").await.json(200);
        let id = first["session_id"].as_str().unwrap().to_owned();
        assert_eq!(first["message"], "Hello, how are you?", "the model of the tests repeats what it hears");
        assert_eq!(send(&ann, json!(id), "and again").await.json(200)["session_id"], id);
        // a client that makes up its own id
        assert_eq!(send(&ann, json!("my own"), "hi").await.json(200)["session_id"], "my own");
        send(&ann, json!("my own"), "hi again").await.json(200);
        let list = ann.get("/api/v1/chat/chats-history/").await.json(200);
        let ids: Vec<&str> = list.as_array().unwrap().iter().map(|it| it["session_id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["my own", id.as_str()], "the newest first");
        let whole = ann.get(&format!("/api/v1/chat/chats/{id}/")).await.json(200);
        let said: Vec<_> = whole["messages"].as_array().unwrap().iter().map(|it| (&it["role"], &it["content"])).collect();
        let (user, assistant) = (json!("user"), json!("assistant"));
        assert_eq!(said.iter().map(|(role, _)| *role).collect::<Vec<_>>(), [&user, &assistant, &user, &assistant]);
        assert_eq!(said[2].1, "and again");
        let none = json!({"error": "Chat session not found."});
        ann.get("/api/v1/chat/chats/nothing/").await.says(404, none.clone());
        send(&ann, json!("0190a8a0-0000-7000-8000-000000000000"), "hi").await.says(404, none);
        ann.post("/api/v1/chat/", json!({})).await.says(400, json!({"error": "Message is required."}));
        server.end().await;
    }
}
