//! The chat that is paid with tokens: its errors to the letter, its tokens of both kinds.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::server::TestServer;

const PASSWORD: &str = "testpass123";

/// Somebody at the mount who has registered.
pub(crate) async fn registered(client: &Client, name: &str) -> Client {
    let body = json!({"username": name, "password": PASSWORD, "password2": PASSWORD});
    client.post("/api/register/", body).await.json(201);
    signed_in(client, name, PASSWORD).await
}

/// Somebody at the mount who has an account.
pub(crate) async fn signed_in(client: &Client, name: &str, password: &str) -> Client {
    let pair = token(client, name, password).await.json(200);
    client.showing(format!("Bearer {}", pair["access"].as_str().unwrap()))
}

async fn token(client: &Client, name: &str, password: &str) -> Answer {
    client.post("/api/token/", json!({"username": name, "password": password})).await
}

/// How many tokens somebody has.
pub(crate) async fn balance(client: &Client) -> i64 {
    client.get("/api/user/balance/").await.json(200)["tokens"].as_i64().unwrap()
}

each_store! {
    async fn bodies_are_refused_in_its_words(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous().at("ai-chat-system");
        registered(&client, "testuser").await;
        let path = "/api/register/";
        let blank = || json!(["This field may not be blank."]);
        let send = async |kind: &str, body: &str| client.send("POST", path, Some((kind, body))).await;
        for (body, errors) in [
            (json!({"username": "", "password": "", "password2": ""}),
                json!({"username": blank(), "password": blank(), "password2": blank()})),
            (json!({"username": "x".repeat(51), "password": PASSWORD, "password2": PASSWORD}),
                json!({"username": ["Ensure this field has no more than 50 characters."]})),
            (json!({"username": {"a": 1}, "password": PASSWORD, "password2": PASSWORD}),
                json!({"username": ["Not a valid string."]})),
            (json!({"username": "u2", "password": "a", "password2": "b"}),
                json!({"password": ["Password fields didn't match."]})),
            (json!({"username": "testuser", "password": PASSWORD, "password2": PASSWORD}),
                json!({"username": ["user with this username already exists."]})),
            (json!({"username": "bob", "password": "short", "password2": "short"}),
                json!({"password": ["This password is too short. It must contain at least 8 characters."]})),
        ] {
            client.post(path, body).await.says(400, errors);
        }
        let broken = "JSON parse error - Expecting property name enclosed in double quotes: line 1 column 2 (char 1)";
        send("application/json", "{bad").await.says(400, json!({"detail": broken}));
        let list = json!({"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]});
        send("application/json", "[1]").await.says(400, list);
        let plain = json!({"detail": "Unsupported media type \"text/plain\" in request."});
        send("text/plain", "hello").await.says(415, plain);
        let form = send("application/x-www-form-urlencoded", "username=formuser&password=p%2Bassword&password2=p%2Bassword");
        assert_eq!(form.await.json(201)["username"], "formuser");
        let part = |name: &str, text: &str| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let parts = ["username", "password", "password2"].map(|name| part(name, "partsuser1")).join("") + "--x--\r\n";
        let parts = parts.replace("partsuser1\r\n--x\r\nContent-Disposition: form-data; name=\"password\"",
            "partsuser\r\n--x\r\nContent-Disposition: form-data; name=\"password\"");
        assert_eq!(send("multipart/form-data; boundary=x", &parts).await.json(201)["username"], "partsuser");
        server.end().await;
    }

    async fn methods_headers_and_pages_are_the_frameworks(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous().at("ai-chat-system");
        let get = client.get("/api/register/").await;
        get.says(405, json!({"detail": "Method \"GET\" not allowed."}));
        assert_eq!((get.header("allow"), get.header("vary")), ("POST, OPTIONS", "Accept"));
        let ann = registered(&client, "ann").await;
        let delete = ann.delete("/api/chat/").await;
        assert_eq!((delete.status, delete.header("allow")), (405, "GET, POST, HEAD, OPTIONS"));
        let page = client.get("/api/nope/").await;
        assert_eq!((page.status, page.header("content-type")), (404, "text/html; charset=utf-8"));
        assert!(page.body.contains("<h1>Not Found</h1>"), "{}", page.body);
        let picky = ann.with("accept", "image/png").get("/api/chat/").await;
        picky.says(406, json!({"detail": "Could not satisfy the request Accept header."}));
        assert_eq!(ann.send("OPTIONS", "/api/chat", None).await.status, 200);
        assert_eq!(ann.get("/api/chat").await.json(200), json!([]), "a missing slash is no other path");
        server.end().await;
    }

    async fn tokens_are_those_of_simplejwt(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous().at("ai-chat-system");
        registered(&client, "ann").await;
        let wrong = token(&client, "ann", "not the one").await;
        wrong.says(401, json!({"detail": "No active account found with the given credentials"}));
        assert_eq!(wrong.header("www-authenticate"), "Bearer realm=\"api\"");
        let pair = token(&client, "ann", PASSWORD).await.json(200);
        let (access, refresh) = (pair["access"].as_str().unwrap(), pair["refresh"].as_str().unwrap());
        let claims: Value = jsonwebtoken::dangerous::insecure_decode(access).unwrap().claims;
        assert_eq!((&claims["token_type"], &claims["user_id"]), (&json!("access"), &json!(1)));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 24 * 3600);
        assert_eq!(claims["jti"].as_str().unwrap().len(), 32);
        let again = async |refresh: &str| client.post("/api/token/refresh/", json!({"refresh": refresh})).await;
        for _ in 0..2 {
            let next = again(refresh).await.json(200);
            assert!(next["access"].is_string() && next.get("refresh").is_none(), "{next}");
        }
        let refused = |detail: &str| json!({"detail": detail, "code": "token_not_valid"});
        again(access).await.says(401, refused("Token has wrong type"));
        again("bad").await.says(401, refused("Token is invalid or expired"));
        let native = server.anonymous().post("/api/v1/auth/login", json!({"login": "ann", "password": PASSWORD})).await;
        let native = native.json(200)["refresh_token"].as_str().unwrap().to_owned();
        again(&native).await.says(401, refused("Token is invalid or expired"));
        let showing = async |header: String| client.showing(header).get("/api/chat/").await;
        for (header, message) in [
            ("Bearer bad".to_owned(), "Token is invalid or expired"),
            (format!("Bearer {refresh}"), "Token has wrong type"),
        ] {
            let said = showing(header).await.json(401);
            assert_eq!((&said["code"], &said["messages"][0]["message"]), (&json!("token_not_valid"), &json!(message)));
        }
        let two = "Authorization header must contain two space-delimited values";
        for header in ["Bearer", "Bearer a b"] {
            let body = json!({"detail": two, "code": "bad_authorization_header"});
            showing(header.to_owned()).await.says(401, body);
        }
        let none = json!({"detail": "Authentication credentials were not provided."});
        showing("Token abc".to_owned()).await.says(401, none);
        server.end().await;
    }

    /// Of many chats at once no more are answered than the balance covers, and each of them costs the same.
    async fn a_chat_costs_a_hundred_tokens(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous().at("ai-chat-system");
        let ann = registered(&client, "ann").await;
        assert_eq!(balance(&ann).await, 4000);
        let said = ann.post("/api/chat/", json!({"message": "  Hello, AI!  "})).await;
        said.says(200, json!({"message": "Hello, AI!", "response": "Hello, AI!", "tokens_remaining": 3900}));
        for body in [json!({}), json!({"message": ""}), json!({"message": "x".repeat(1001)})] {
            assert_eq!(ann.post("/api/chat/", body).await.status, 400);
        }
        assert_eq!(balance(&ann).await, 3900, "what is refused costs nothing");
        let mut answered = 1;
        while answered < 40 {
            let all = (0..14).map(|n| ann.post("/api/chat/", json!({"message": format!("{n}")})));
            for answer in join_all(all).await {
                match answer.status {
                    200 => answered += 1,
                    _ => answer.says(402, json!({"error": "Insufficient tokens"})),
                }
            }
        }
        assert_eq!((answered, balance(&ann).await), (40, 0));
        ann.post("/api/chat/", json!({"message": "no money"})).await.says(402, json!({"error": "Insufficient tokens"}));
        let history = ann.get("/api/chat/").await.json(200);
        let history = history.as_array().unwrap();
        assert_eq!((history.len(), &history[39]["message"]), (40, &json!("Hello, AI!")), "the oldest last");
        let ids: Vec<i64> = history.iter().map(|chat| chat["id"].as_i64().unwrap()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "{ids:?}");
        // signing in again brings no more
        assert_eq!(balance(&signed_in(&client, "ann", PASSWORD).await).await, 0);
        server.end().await;
    }
}
