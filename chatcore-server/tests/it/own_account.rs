//! What somebody does with their own account: a new password, and closing it.

use serde_json::{Value, json};

use crate::client::{Answer, PASSWORD, User};
use crate::records::Session;
use crate::server::TestServer;

const OTHER: &str = "another horse with staples";

async fn change(user: &User, body: Value) -> Answer {
    user.put("/me/password", body).await
}

async fn sign_in(user: &User, password: &str) -> Answer {
    user.post("/auth/login", json!({"login": "ada", "password": password})).await
}

each_store! {
    async fn a_new_password_ends_the_other_sessions(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let elsewhere = server.anonymous().login("ada").await;
        change(&ada, json!({"current_password": PASSWORD, "password": OTHER})).await.is(204);
        // a token that somebody may have copied ends, too; her session gets the next one
        ada.get("/me").await.problem(401, "unauthenticated");
        let next: Session = ada.post("/auth/refresh", json!({"refresh_token": ada.session.refresh_token})).await.to(200);
        ada.signed_in(next).get("/me").await.is(200);
        elsewhere.get("/me").await.problem(401, "unauthenticated");
        let refresh = json!({"refresh_token": elsewhere.session.refresh_token});
        elsewhere.post("/auth/refresh", refresh).await.problem(401, "unauthenticated");
        sign_in(&ada, PASSWORD).await.problem(401, "wrong-credentials");
        sign_in(&ada, OTHER).await.is(200);
    }

    async fn people_say_what_they_are_called(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let before: Value = ada.get("/me").await.to(200);
        assert_eq!((&before["display_name"], &before["locale"]), (&Value::Null, &Value::Null));
        for (body, name, locale) in [
            (json!({"display_name": " Ada L. "}), json!("Ada L."), Value::Null),
            (json!({"locale": "de-AT"}), json!("Ada L."), json!("de-AT")),
            (json!({}), json!("Ada L."), json!("de-AT")),
            (json!({"display_name": "艾达", "locale": null}), json!("艾达"), Value::Null),
        ] {
            let after: Value = ada.patch("/me", body.clone()).await.to(200);
            let expected = [("display_name", name), ("locale", locale)];
            let mut all = before.clone();
            expected.into_iter().for_each(|(field, value)| all[field] = value);
            assert_eq!((&after, ada.get("/me").await.to::<Value>(200)), (&all, all.clone()), "{body}");
        }
        for (body, field) in [
            (json!({"display_name": ""}), "display_name"),
            (json!({"display_name": "x".repeat(101)}), "display_name"),
            (json!({"display_name": "a\nb"}), "display_name"),
            (json!({"display_name": 5}), "display_name"),
            (json!({"locale": "Germanisch"}), "locale"),
            (json!({"locale": "de_AT"}), "locale"),
            (json!({"role": "admin"}), "role"),
            (json!({"display_name": "x", "email": "x@example.org"}), "email"),
        ] {
            let problem = ada.patch("/me", body.clone()).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
        }
        assert_eq!(ada.get("/me").await.to::<Value>(200)["display_name"], "艾达");
        let key = ada.key("laptop", &["read", "write"]).await.secret;
        let program = server.anonymous().bearer(&key);
        program.patch("/me", json!({"display_name": "a program"})).await.problem(403, "denied");
    }

    async fn who_does_not_know_the_password_changes_nothing(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let nobody = server.anonymous();
        let body = json!({"current_password": PASSWORD, "password": OTHER});
        nobody.put("/me/password", body).await.problem(401, "unauthenticated");
        for wrong in [json!({"password": OTHER}), json!({"current_password": null, "password": OTHER})] {
            change(&ada, wrong).await.problem(403, "not-confirmed");
        }
        change(&ada, json!({"current_password": OTHER, "password": OTHER})).await.problem(403, "not-confirmed");
        let refused = [
            (json!({"current_password": PASSWORD}), "password"),
            (json!({"current_password": PASSWORD, "password": "short"}), "password"),
            (json!({"current_password": PASSWORD, "password": "password1234"}), "password"),
            (json!({"current_password": PASSWORD, "password": [OTHER]}), "password"),
            (json!({"current_password": 5, "password": OTHER}), "current_password"),
            (json!({"current_password": PASSWORD, "new_password": OTHER}), "password"),
        ];
        for (body, field) in refused {
            let problem = change(&ada, body.clone()).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
        }
        sign_in(&ada, PASSWORD).await.is(200);
        ada.get("/me").await.is(200);
    }

    async fn guessing_from_inside_takes_longer_and_longer(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let mut last = None;
        for _ in 0..20 {
            let answer = change(&ada, json!({"current_password": OTHER, "password": OTHER})).await;
            last = Some(answer.status);
            if answer.status == 429 {
                let problem = answer.problem(429, "too-many-requests");
                assert!(problem["resets_at"].is_string(), "{problem}");
                break;
            }
            answer.problem(403, "not-confirmed");
        }
        assert_eq!(last, Some(429));
    }

    async fn a_closed_account_lets_nobody_in(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let key = ada.key("laptop", &["read"]).await.secret;
        let close = async |body: Value| {
            let request = ada.request(reqwest::Method::DELETE, "/me");
            ada.ask(if body.is_null() { request } else { request.json(&body) }).await
        };
        close(Value::Null).await.problem(403, "not-confirmed");
        close(json!({"current_password": OTHER})).await.problem(403, "not-confirmed");
        close(json!({"password": PASSWORD})).await.problem(422, "invalid");
        ada.get("/me").await.is(200);
        close(json!({"current_password": PASSWORD})).await.is(204);
        ada.get("/me").await.problem(401, "unauthenticated");
        server.anonymous().bearer(&key).get("/me").await.problem(401, "unauthenticated");
        let refresh = json!({"refresh_token": ada.session.refresh_token});
        ada.post("/auth/refresh", refresh).await.problem(401, "unauthenticated");
        sign_in(&ada, PASSWORD).await.problem(401, "wrong-credentials");
    }
}
