//! Keys of programs: shown once, good for what their scopes say, and for nothing of the account itself.

use serde_json::{Value, json};

use crate::client::{Client, Events, PASSWORD, eventually};
use crate::records::{Account, ApiKey, Conversation};
use crate::server::TestServer;

/// Every way in which a program may send its key.
fn ways(client: &Client, secret: &str) -> [Client; 3] {
    [
        client.bearer(secret),
        client.with("authorization", &format!("bearer  {secret}")),
        client.with("x-api-key", secret),
    ]
}

each_store! {
    async fn a_key_does_what_its_scopes_say_and_is_shown_once(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let answer = ada.post("/me/api-keys", json!({"name": " laptop "})).await;
        let made: Value = answer.to(201);
        let secret = made["secret"].as_str().unwrap();
        assert_eq!((&made["api_key"]["name"], &made["api_key"]["scopes"]), (&json!("laptop"), &json!(["read", "write"])));
        assert!(secret.starts_with("ck_") && secret.starts_with(made["api_key"]["prefix"].as_str().unwrap()));
        assert_eq!(answer.header("cache-control"), "no-store");
        for program in ways(&server.anonymous(), secret) {
            assert_eq!(program.get("/me").await.to::<Account>(200), ada.session.user);
            let conversation = program.conversation().await;
            program.say(&conversation.id, "hello").await;
            assert_eq!(ada.read(&conversation.id).await.message_count, 2);
        }
        let reader = server.anonymous().bearer(&ada.key("reader", &["read"]).await.secret);
        assert_eq!(reader.pages::<Conversation>("/conversations", 10).await.len(), 3);
        reader.post("/conversations", json!({})).await.problem(403, "denied");
        let list = ada.get("/me/api-keys").await;
        assert!(!list.body.contains(secret), "never again");
        let keys: Vec<ApiKey> = ada.pages("/me/api-keys", 1).await;
        assert_eq!(keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["laptop", "reader"]);
        assert!(keys.iter().all(|key| key.active && key.last_used_at.is_some() && key.kind == "key"), "{keys:?}");
    }

    async fn a_key_cannot_reach_the_account(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let made = ada.key("laptop", &["read", "write"]).await;
        let program = server.anonymous().bearer(&made.secret);
        let session = ada.get("/me/sessions").await.to::<Value>(200)["items"][0]["id"].as_str().unwrap().to_owned();
        for path in ["/me/sessions", "/me/api-keys"] {
            program.get(path).await.problem(403, "denied");
        }
        for path in [format!("/me/sessions/{session}"), format!("/me/api-keys/{}", made.api_key.id)] {
            program.delete(&path).await.problem(403, "denied");
        }
        program.delete("/me").await.problem(403, "denied");
        let password = json!({"current_password": PASSWORD, "password": "another horse with staples"});
        program.put("/me/password", password).await.problem(403, "denied");
        let email = json!({"current_password": PASSWORD, "email": "mallory@example.org"});
        program.put("/me/email", email).await.problem(403, "denied");
        for path in ["/auth/logout-all", "/auth/email/verify-again"] {
            program.post(path, json!({})).await.problem(403, "denied");
        }
        program.post("/me/api-keys", json!({"name": "more"})).await.problem(403, "denied");
        server.anonymous().login("ada").await.get("/me").await.is(200);
        assert_eq!(ada.pages::<ApiKey>("/me/api-keys", 10).await.len(), 1);
    }

    async fn a_revoked_key_is_good_for_nothing(kind) {
        let server = TestServer::start(kind).await;
        let (ada, grace) = (server.user("ada").await, server.user("grace").await);
        let (made, other) = (ada.key("laptop", &["read"]).await, ada.key("phone", &["read"]).await);
        let path = format!("/me/api-keys/{}", made.api_key.id);
        grace.delete(&path).await.problem(404, "not-found");
        for _ in 0..2 {
            ada.delete(&path).await.is(204);
        }
        for program in ways(&server.anonymous(), &made.secret) {
            program.get("/me").await.problem(401, "unauthenticated");
        }
        server.anonymous().bearer(&other.secret).get("/me").await.is(200);
        let keys: Vec<ApiKey> = ada.pages("/me/api-keys", 10).await;
        assert_eq!(keys.iter().map(|key| key.active).collect::<Vec<_>>(), [false, true]);
        assert!(keys[0].revoked_at.is_some());
    }

    async fn what_is_no_key_is_no_key(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let secret = ada.key("laptop", &["read"]).await.secret;
        let nobody = server.anonymous();
        for wrong in ["", "ck_", "x", &secret[..secret.len() - 1], &secret.to_uppercase(), &ada.session.access_token] {
            nobody.with("x-api-key", wrong).get("/me").await.problem(401, "unauthenticated");
        }
        // a key is no opaque token, and no cookie
        nobody.with("authorization", &format!("Token {secret}")).get("/me").await.problem(401, "unauthenticated");
        nobody.with("cookie", &format!("chatcore={secret}")).get("/me").await.problem(401, "unauthenticated");
        // of two headers the usual one counts
        nobody.bearer("x").with("x-api-key", &secret).get("/me").await.problem(401, "unauthenticated");
        nobody.bearer(&ada.session.access_token).with("x-api-key", "x").get("/me").await.is(200);
    }

    async fn an_opaque_token_is_good_until_it_ends(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let accounts = server.accounts();
        let account = accounts.account_of(None, "ada").await.unwrap();
        let token = accounts.opaque_token(account.id, "mount").await.unwrap().secret;
        let nobody = server.anonymous();
        for scheme in ["Token", "token", "TOKEN"] {
            let by_token = nobody.with("authorization", &format!("{scheme} {token}"));
            assert_eq!(by_token.get("/me").await.to::<Value>(200)["id"], ada.session.user.id.as_str());
        }
        let by_token = nobody.with("authorization", &format!("Token {token}"));
        let id = by_token.conversation().await.id;
        ada.get(&format!("/conversations/{id}")).await.is(200);
        // it is no key and no access token, and does not reach the account
        nobody.bearer(&token).get("/me").await.problem(401, "unauthenticated");
        nobody.with("x-api-key", &token).get("/me").await.problem(401, "unauthenticated");
        by_token.get("/me/sessions").await.problem(403, "denied");
        by_token.post("/me/api-keys", json!({"name": "x"})).await.problem(403, "denied");
        let listed = ada.pages::<ApiKey>("/me/api-keys", 10).await;
        assert_eq!(listed.iter().map(|key| (&*key.kind, key.active)).collect::<Vec<_>>(), [("token", true)]);
        accounts.end_token(&token).await.unwrap();
        by_token.get("/me").await.problem(401, "unauthenticated");
    }

    async fn keys_have_rules(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let refused = [
            (json!({}), "name"),
            (json!({"name": ""}), "name"),
            (json!({"name": null}), "name"),
            (json!({"name": 5}), "name"),
            (json!({"name": "x".repeat(101)}), "name"),
            (json!({"name": "x", "scopes": []}), "scopes"),
            (json!({"name": "x", "scopes": ["account"]}), "scopes[0]"),
            (json!({"name": "x", "scopes": "read"}), "scopes"),
            (json!({"name": "x", "expires_at": "tomorrow"}), "expires_at"),
            (json!({"name": "x", "expires_at": "2001-01-01T00:00:00Z"}), "expires_at"),
            (json!({"name": "x", "scope": ["read"]}), "scope"),
        ];
        for (body, field) in refused {
            let problem = ada.post("/me/api-keys", body.clone()).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
        }
        assert_eq!(ada.pages::<ApiKey>("/me/api-keys", 10).await, []);
        let body = json!({"name": "x", "scopes": ["read", "read"], "expires_at": "2999-01-01T00:00:00Z"});
        let made: Value = ada.post("/me/api-keys", body).await.to(201);
        assert_eq!(made["api_key"]["expires_at"], "2999-01-01T00:00:00Z");
        assert_eq!(made["api_key"]["scopes"], json!(["read"]));
    }

    async fn a_stream_ends_with_the_key_that_opened_it(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let made = ada.key("laptop", &["read"]).await;
        let program = server.anonymous().bearer(&made.secret);
        let mut events = Events::of(program.request(reqwest::Method::GET, "/me/events")).await;
        let ended = tokio::spawn(async move { while events.next().await.is_some() {} });
        ada.delete(&format!("/me/api-keys/{}", made.api_key.id)).await.is(204);
        eventually("the stream ends", async || ended.is_finished().then_some(())).await;
    }
}
