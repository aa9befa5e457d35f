//! What is for those who run the service: everybody else hears the same, whatever is there.

use serde_json::{Value, json};

/// Every operation under `/admin`, and a body that it would take.
pub(super) fn rows() -> Vec<(&'static str, Value)> {
    vec![
        ("GET /admin/users/{id}/balance", Value::Null),
        ("POST /admin/users/{id}/balance", json!({"amount": 5, "reason": "mine now"})),
        ("GET /admin/users/{id}/ledger", Value::Null),
        ("GET /admin/users/{id}/entitlement", Value::Null),
        ("PUT /admin/users/{id}/entitlement", json!({})),
        ("GET /admin/plans/{id}", Value::Null),
        ("PUT /admin/plans/{id}", json!({"name": "Mine"})),
        ("DELETE /admin/plans/{id}", Value::Null),
        ("GET /admin/payments/parked", Value::Null),
        ("POST /admin/payments/{event}/replay", Value::Null),
        ("GET /admin/feedback", Value::Null),
    ]
}
