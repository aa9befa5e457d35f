//! What is for those who run the service: everybody else hears the same, whatever is there.

use chatcore::account::{AccountRole, Caller, NewKey, Permission, Scope};
use serde_json::{Value, json};

use super::{Things, call, missing};
use crate::desk::permission_of;
use crate::server::TestServer;

/// Every operation under `/admin`, and a body that it would take.
pub(crate) fn rows() -> Vec<(&'static str, Value)> {
    vec![
        ("GET /admin/users/{id}/balance", Value::Null),
        ("POST /admin/users/{id}/balance", json!({"amount": 5, "reason": "mine now"})),
        ("GET /admin/users/{id}/ledger", Value::Null),
        ("GET /admin/users/{id}/entitlement", Value::Null),
        ("PUT /admin/users/{id}/entitlement", json!({})),
        ("GET /admin/plans/{id}", Value::Null),
        ("PUT /admin/plans/{id}", json!({"name": "Mine"})),
        ("DELETE /admin/plans/{id}", Value::Null),
        ("GET /admin/plans", Value::Null),
        ("GET /admin/users", Value::Null),
        ("GET /admin/users/{id}", Value::Null),
        // nobody is deleted without a reason
        ("DELETE /admin/users/{id}", json!({"reason": " "})),
        ("POST /admin/users/{id}/suspend", json!({"reason": "mine now"})),
        ("POST /admin/users/{id}/reinstate", json!({"reason": "mine now"})),
        // what they are anyway: who is more is out of the reach of staff
        ("PUT /admin/users/{id}/role", json!({"role": "user"})),
        ("GET /admin/users/{id}/sessions", Value::Null),
        ("POST /admin/users/{id}/sessions/end", json!({})),
        ("GET /admin/users/{id}/subscriptions", Value::Null),
        ("GET /admin/conversations", Value::Null),
        ("GET /admin/conversations/{id}", Value::Null),
        ("POST /admin/conversations/{id}/open", json!({"reason": "curious"})),
        ("GET /admin/conversations/{id}/transcript", Value::Null),
        ("GET /admin/conversations/{id}/versions", Value::Null),
        ("POST /admin/conversations/delete", json!({"ids": [], "reason": "mine now"})),
        ("POST /admin/messages/delete", json!({"ids": [], "reason": "mine now"})),
        ("GET /admin/overview", Value::Null),
        ("GET /admin/prices", Value::Null),
        ("GET /admin/subscriptions", Value::Null),
        ("GET /admin/usage/models", Value::Null),
        ("GET /admin/usage/models.csv", Value::Null),
        ("GET /admin/usage/people", Value::Null),
        ("GET /admin/usage/people.csv", Value::Null),
        ("GET /admin/audit", Value::Null),
        ("GET /admin/audit/chain", Value::Null),
        ("GET /admin/payments/parked", Value::Null),
        ("POST /admin/payments/{event}/replay", Value::Null),
        ("GET /admin/feedback", Value::Null),
    ]
}

async fn set_role(server: &TestServer, name: &str, role: AccountRole) {
    let account = server.accounts().account_of(None, name).await.unwrap();
    server.accounts().set_role(None, account.id, role).await.unwrap();
}

each_store! {
    async fn what_admins_do_is_done_by_admins_in_person(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let things = Things::of(&ada).await;
        let mut people = Vec::new();
        for name in ["root", "other", "former", "suspended", "staff"] {
            people.push(server.user(name).await);
            let role = if name == "staff" { AccountRole::Staff } else { AccountRole::Admin };
            set_role(&server, name, role).await;
        }
        let accounts = server.accounts();
        let id = async |name: &str| accounts.account_of(None, name).await.unwrap().id;
        let new = NewKey { name: "program".into(), scopes: vec![Scope::Read, Scope::Write], expires_at: None };
        let key = accounts.create_key(&Caller::user(id("root").await), new).await.unwrap();
        let token = accounts.opaque_token(id("root").await, "mount").await.unwrap();
        set_role(&server, "former", AccountRole::User).await;
        accounts.suspend(None, id("suspended").await).await.unwrap();
        let denied = [
            ("the key of an admin", server.anonymous().bearer(&key.secret)),
            ("the token of an admin", server.anonymous().with("authorization", &format!("Token {}", token.secret))),
            ("who was an admin", server.anonymous().bearer(&people[2].session.access_token)),
        ];
        for (name, body) in rows() {
            let id = if name.contains("{id}") { things.fitting(name)[0] } else { "" };
            for (who, client) in &denied {
                let answer = call(client, name, id, &body).await;
                answer.problem(403, "denied");
                let none = call(client, name, &missing("usr_0"), &body).await;
                assert_eq!((none.status, &none.body), (answer.status, &answer.body), "{who}: {name}");
            }
            let suspended = call(&people[3], name, id, &body).await;
            assert_eq!(suspended.status, 401, "{name}: {}", suspended.body);
            let staff = call(&people[4], name, id, &body).await;
            let permission = permission_of(name);
            assert_eq!(staff.status != 403, AccountRole::Staff.may(permission), "staff: {name}: {}", staff.body);
            // and that is no refusal of something else, but for chats that nobody gave a reason to read
            let admin = call(&people[0], name, id, &body).await;
            let is_locked = permission == Permission::ReadChats && name.starts_with("GET ");
            assert!(is_locked || ![401, 403].contains(&admin.status), "{name}: {}", admin.body);
        }
        server.anonymous().login("ada").await.get("/me").await.is(200);
    }
}
