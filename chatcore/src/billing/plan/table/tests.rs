use serde_json::{Value, json};

use super::*;
use crate::clock::Timestamp;
use crate::testing::{user, visitor};

fn plan(fields: Value) -> Plan {
    let mut all = json!({"id": "pro", "name": "Pro"});
    for (name, value) in fields.as_object().unwrap() {
        all[name] = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

fn price(reference: &str) -> Value {
    json!({"reference": reference, "amount": 1_900, "currency": "usd", "interval": "month"})
}

fn id(text: &str) -> PlanId {
    PlanId(text.into())
}

#[test]
fn what_could_not_be_sold_or_enforced_is_refused() {
    let daily = json!({"meter": "tokens", "window": "day", "limit": 1});
    let wrong = [
        json!({"id": ""}),
        json!({"id": "Pro"}),
        json!({"id": "a".repeat(65)}),
        json!({"name": ""}),
        json!({"description": "\0"}),
        json!({"trial_days": 7}),
        json!({"trial_days": 731, "price": price("p")}),
        json!({"price": price("")}),
        json!({"price": {"reference": "p", "amount": 1, "currency": "USD", "interval": "month"}}),
        json!({"price": {"reference": "p", "amount": u64::MAX, "currency": "usd", "interval": "month"}}),
        json!({"limits": [{"meter": "concurrent_runs", "window": "day", "limit": 1}]}),
        json!({"limits": [daily, daily]}),
        json!({"limits": [{"meter": "tokens", "limit": u64::MAX}]}),
        json!({"limits": [{"meter": "tokens", "limit": 1, "model": ""}]}),
        json!({"grants": [{"amount": 0}]}),
        json!({"grants": [{"amount": i64::MAX}, {"amount": 1}]}),
    ];
    for fields in wrong {
        assert!(plan(fields.clone()).validate().is_err(), "{fields}");
    }
    let fine = json!({
        "price": price("p"), "trial_days": 14, "grants": [{"amount": 5, "keeps": true}],
        "limits": [daily, {"meter": "tokens", "window": "day", "limit": 2, "model": "m"}, {"meter": "stored_bytes", "limit": 0}],
    });
    plan(fine).validate().unwrap();
}

#[test]
fn a_table_has_no_two_plans_of_one_id_or_price() {
    let pro = plan(json!({"price": price("p")}));
    let twice = PlanTable::new(vec![pro.clone(), plan(json!({}))], None, None);
    assert_eq!(twice, Err(PlanError::Twice(id("pro"))));
    let other = plan(json!({"id": "max", "price": price("p")}));
    assert_eq!(PlanTable::new(vec![pro, other], None, None), Err(PlanError::PriceTwice(id("pro"), id("max"))));
}

#[test]
fn what_everybody_has_is_there_and_costs_nothing() {
    let table = |plan, users: &str| PlanTable::new(vec![plan], Some(id(users)), None);
    assert_eq!(table(plan(json!({})), "free"), Err(PlanError::Unknown(id("free"))));
    assert_eq!(table(plan(json!({"price": price("p")})), "pro"), Err(PlanError::PaidDefault(id("pro"))));
    let table = table(plan(json!({})), "pro").unwrap();
    assert_eq!(table.default_of(user(1).subject()), Some(&id("pro")));
    assert_eq!(table.default_of(visitor(1).subject()), None);
    assert_eq!(table.expect_fit(&plan(json!({"price": price("p")}))), Err(PlanError::PaidDefault(id("pro"))));
}

#[test]
fn a_stored_plan_wins_and_new_ones_come_behind() {
    let stored = |name: &str, number, plan| StoredPlan {
        id: id(name),
        number,
        plan,
        version: 1,
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
    };
    let table = PlanTable::new(vec![plan(json!({})), plan(json!({"id": "max"}))], None, None).unwrap();
    let table = table.with_stored(vec![
        stored("zero", 4, Some(plan(json!({"id": "zero"})))),
        stored("team", 3, Some(plan(json!({"id": "team"})))),
        stored("pro", 1, Some(plan(json!({"name": "Other"})))),
        stored("max", 2, None),
    ]);
    let order: Vec<&str> = table.plans().iter().map(|plan| plan.id.0.as_str()).collect();
    assert_eq!(order, ["pro", "max", "team", "zero"]);
    assert_eq!((table.get(&id("pro")).unwrap().name.as_str(), table.number(&id("max"))), ("Other", Some(2)));
}
