//! What names nobody is about the caller. Whoever has no account, and the key of a program, hear at once what is not for them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{call, callers};
use crate::client::PASSWORD;
use crate::openapi::{PUBLIC, operations};
use crate::visitors;

/// Every operation without an id that asks who it is, but for streams, a body that it would take, and what a visitor and a
/// key that may read and write hear.
fn all() -> Vec<(&'static str, Value, [u16; 2])> {
    let password = "another horse with staples";
    vec![
        ("GET /attachments", Value::Null, [200, 200]),
        // who says nothing sends no form
        ("POST /attachments", Value::Null, [415, 415]),
        ("POST /auth/email/verify-again", json!({}), [403, 403]),
        ("POST /auth/logout-all", json!({}), [403, 403]),
        ("POST /auth/ticket", json!({"about": "me"}), [200, 200]),
        ("POST /billing/checkout", json!({"plan": "free"}), [403, 403]),
        ("POST /billing/portal", json!({}), [403, 403]),
        ("GET /billing/subscription", Value::Null, [200, 200]),
        ("DELETE /billing/subscription", Value::Null, [403, 403]),
        ("GET /conversations", Value::Null, [200, 200]),
        ("POST /conversations", json!({}), [201, 201]),
        ("GET /me", Value::Null, [403, 200]),
        ("PATCH /me", json!({"display_name": "x"}), [403, 403]),
        ("DELETE /me", json!({"current_password": PASSWORD}), [403, 403]),
        ("GET /me/api-keys", Value::Null, [403, 403]),
        ("POST /me/api-keys", json!({"name": "more"}), [403, 403]),
        ("GET /me/audit", Value::Null, [200, 200]),
        ("PUT /me/cap", json!({"cap": 5}), [403, 403]),
        ("PUT /me/email", json!({"email": "x@example.org", "current_password": PASSWORD}), [403, 403]),
        ("GET /me/export", Value::Null, [200, 200]),
        // who says nothing sends no archive
        ("POST /me/import", Value::Null, [415, 415]),
        ("GET /me/identities", Value::Null, [403, 403]),
        ("POST /me/identities/oauth/{provider}", json!({}), [403, 403]),
        ("POST /me/identities/wallet", json!({"message": "x", "signature": "0x"}), [403, 403]),
        ("GET /me/ledger", Value::Null, [200, 200]),
        ("PUT /me/password", json!({"password": password, "current_password": PASSWORD}), [403, 403]),
        ("GET /me/sessions", Value::Null, [403, 403]),
        ("PUT /me/time-zone", json!({"time_zone": "Europe/Berlin"}), [403, 403]),
        ("GET /me/usage", Value::Null, [200, 200]),
        ("GET /models", Value::Null, [200, 200]),
        // who says nothing looks for nothing
        ("GET /search", Value::Null, [400, 400]),
        // that is no link
        ("POST /shares/{token}/fork", json!({}), [404, 404]),
    ]
}

each_store! {
    async fn an_account_is_for_its_owner_alone(kind) {
        let server = visitors::start(kind).await;
        let strangers = callers::strangers(&server).await;
        let of = |who: &str| &strangers.iter().find(|(name, _)| *name == who).unwrap().1;
        let (visitor, key) = (of("a visitor"), of("a key of somebody else"));
        let mut heard = BTreeMap::new();
        for (name, _) in operations() {
            let concerns = !name.contains("{id}") && !name.contains(" /admin/") && !name.ends_with("/events");
            if concerns && PUBLIC.iter().all(|(public, _)| *public != name) {
                let body = all().into_iter().find(|(row, ..)| *row == name).map(|(_, body, _)| body);
                let body = body.unwrap_or(Value::Null);
                let answers = [call(visitor, &name, "", &body).await, call(key, &name, "", &body).await];
                heard.insert(name, answers.map(|answer| answer.status));
            }
        }
        let expected: BTreeMap<_, _> = all().into_iter().map(|(name, _, says)| (name.to_owned(), says)).collect();
        assert_eq!(heard, expected);
        server.anonymous().login("eve").await.get("/me").await.is(200);
    }
}
