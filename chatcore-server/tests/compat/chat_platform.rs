//! The platform that people sign in to with wallets: FastAPI's errors to the letter, signatures, limits.

use chatcore_server::config::Settings;
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::server::TestServer;
use crate::wallet::Wallet;

async fn text(client: &Client) -> String {
    client.get("/auth/message").await.json(200)["message"].as_str().unwrap().to_owned()
}

async fn authenticate(client: &Client, address: &str, signature: &str) -> Answer {
    client.post("/auth/authenticate", json!({"wallet_address": address, "signature": signature})).await
}

/// Somebody at the mount with a wallet.
pub(crate) async fn signed_in(client: &Client, seed: u8) -> Client {
    let wallet = Wallet::new(seed);
    let signature = wallet.sign(&text(client).await);
    let answer = authenticate(client, &wallet.address(), &signature).await.json(200);
    client.showing(format!("Bearer {}", answer["access_token"].as_str().unwrap()))
}

each_store! {
    async fn a_signature_opens_one_account(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous().at("chat-platform");
        let (wallet, text) = (Wallet::new(0x46), text(&client).await);
        assert!(text.starts_with("WELCOME TO BASEDAGENT.IO PLATFORM\n"), "{text}");
        let signature = wallet.sign(&text);
        let low_v = signature[2..130].to_owned() + if signature.ends_with("1b") { "00" } else { "01" };
        let mut subjects = Vec::new();
        for (address, signature) in [
            (wallet.address(), signature.clone()),
            (wallet.address().to_lowercase(), signature[2..].to_owned()),
            (wallet.address().to_uppercase().replacen('X', "x", 1), low_v),
        ] {
            let answer = authenticate(&client, &address, &signature).await.json(200);
            assert_eq!(answer["token_type"], "bearer");
            let token = answer["access_token"].as_str().unwrap();
            let claims: Value = jsonwebtoken::dangerous::insecure_decode(token).unwrap().claims;
            assert_eq!((&claims["type"], &claims["exp"]), (&json!("ACCESS"), &answer["exp"]));
            assert_eq!(claims["wallet_address"], wallet.address().to_lowercase());
            subjects.push(claims["sub"].as_str().unwrap().to_owned());
        }
        assert!(subjects.iter().all(|subject| *subject == subjects[0]), "{subjects:?}");
        let refused = |text: &str| json!({"detail": text, "type": "auth_error"});
        let other = Wallet::new(7).sign(&text);
        authenticate(&client, &wallet.address(), &other).await.says(401, refused("Invalid wallet signature"));
        let old = wallet.sign("WELCOME TO BASEDAGENT.IO PLATFORM");
        authenticate(&client, &wallet.address(), &old).await.says(401, refused("Invalid wallet signature"));
        authenticate(&client, "0x12", &signature).await.says(401, refused("Invalid wallet address format"));
        let broken = authenticate(&client, &wallet.address(), "test_signature").await.json(400);
        assert_eq!(broken["type"], "wallet_error");
        assert!(broken["detail"].as_str().unwrap().starts_with("Failed to verify signature: "), "{broken}");
        server.end().await;
    }

    async fn errors_are_those_of_fastapi(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous().at("chat-platform");
        let missing = |name: &str| json!({"type": "missing", "loc": ["body", name], "msg": "Field required", "input": {}});
        let post = async |body: Value| client.post("/auth/authenticate", body).await;
        post(json!({})).await.says(422, json!({"detail": [missing("wallet_address"), missing("signature")]}));
        let no_text = |name: &str, input: Value| {
            json!({"type": "string_type", "loc": ["body", name], "msg": "Input should be a valid string", "input": input})
        };
        let wrong = json!({"wallet_address": 1, "signature": null});
        let both = [no_text("wallet_address", json!(1)), no_text("signature", Value::Null)];
        post(wrong).await.says(422, json!({"detail": both}));
        let broken = client.send("POST", "/auth/authenticate", Some(("application/json", "{bad"))).await;
        broken.says(422, json!({"detail": [{
            "type": "json_invalid", "loc": ["body", 1], "msg": "JSON decode error", "input": {},
            "ctx": {"error": "Expecting property name enclosed in double quotes"},
        }]}));
        let none = client.send("POST", "/auth/authenticate", None).await;
        none.says(422, json!({"detail": [{"type": "missing", "loc": ["body"], "msg": "Field required", "input": null}]}));
        for path in ["/chat/5", "/chat/abc"] {
            let answer = client.get(path).await;
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            answer.says(401, json!({"detail": "Not authenticated"}));
        }
        let ann = signed_in(&client, 1).await;
        let unreadable = "Input should be a valid integer, unable to parse string as an integer";
        let no_number = json!({"type": "int_parsing", "loc": ["path", "chat_id"], "msg": unreadable, "input": "abc"});
        ann.get("/chat/abc").await.says(422, json!({"detail": [no_number]}));
        ann.get("/chat/?limit=101&offset=-1").await.says(422, json!({"detail": [
            {"type": "less_than_equal", "loc": ["query", "limit"], "input": "101", "ctx": {"le": 100},
                "msg": "Input should be less than or equal to 100"},
            {"type": "greater_than_equal", "loc": ["query", "offset"], "input": "-1", "ctx": {"ge": 0},
                "msg": "Input should be greater than or equal to 0"},
        ]}));
        ann.get("/nope").await.says(404, json!({"detail": "Not Found"}));
        let wrong = ann.send("PATCH", "/chat/5", None).await;
        assert_eq!(wrong.header("allow"), "GET, PUT, DELETE");
        wrong.says(405, json!({"detail": "Method Not Allowed"}));
        ann.get("/chat/5").await.says(404, json!({"detail": "Chat 5 not found", "type": "not_found_error"}));
        let chat = ann.post("/chat/", json!({})).await.json(200);
        assert_eq!(chat["title"], "New Chat");
        let created = chat["created_at"].as_str().unwrap();
        assert!(!created.ends_with('Z') && !created.contains('+'), "{created}");
        let said = ann.post("/message/", json!({"content": "x", "chat_id": chat["id"].to_string()})).await.json(200);
        assert_eq!(said["ai_message"]["content"], "x", "digits in a text are a number");
        server.end().await;
    }

    async fn limits_are_told_and_hold(kind) {
        let limits = "users = 'messages=2/day,api_calls=50/day'";
        let settings = Settings { limits: toml::from_str(limits).unwrap(), ..Settings::default() };
        let server = TestServer::set_up(kind, settings, None).await;
        let ann = signed_in(&server.anonymous().at("chat-platform"), 1).await;
        let chat = ann.post("/chat/", json!({"title": "t"})).await.json(200)["id"].clone();
        for used in 1..=2 {
            ann.post("/message/", json!({"content": "hi", "chat_id": chat})).await.json(200);
            let told = ann.get("/user/limits").await.json(200);
            assert_eq!((&told["ai_messages_limit"], &told["ai_messages_used"]), (&json!(2), &json!(used)));
            assert_eq!((&told["api_calls_limit"], &told["api_calls_used"]), (&json!(50), &json!(used)));
        }
        let exceeded = json!({"detail": "Limit exceeded", "type": "rate_limit_error"});
        ann.post("/message/", json!({"content": "hi", "chat_id": chat})).await.says(429, exceeded.clone());
        ann.put("/user/profile", json!({"email": "a@example.com"})).await.says(429, exceeded);
        assert!(ann.get("/user/profile").await.json(200).get("email").is_none());
        server.end().await;
    }
}
