//! What is for those who run the service: everybody else hears the same, whatever is there.

use serde_json::{Value, json};

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
        ("POST /admin/users/{id}/suspend", json!({"reason": "mine now"})),
        ("POST /admin/users/{id}/reinstate", json!({"reason": "mine now"})),
        ("PUT /admin/users/{id}/role", json!({"role": "admin"})),
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
        ("GET /admin/usage/models", Value::Null),
        ("GET /admin/usage/models.csv", Value::Null),
        ("GET /admin/usage/people", Value::Null),
        ("GET /admin/usage/people.csv", Value::Null),
        ("GET /admin/audit", Value::Null),
        ("GET /admin/audit/chain", Value::Null),
        ("GET /admin/payments/parked", Value::Null),
        ("POST /admin/payments/{event}/replay", Value::Null),
    ]
}
