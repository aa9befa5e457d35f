//! What those who run the service do about credit, plans and payments.

use chatcore::Clock;
use chatcore::account::AccountRole;
use chatcore_llm::SystemClock;
use chatcore_server::config::{BillingSettings, PaymentSettings, Settings};
use futures::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::client::{Answer, Client, User};
use crate::records::Page;
use crate::server::{Kind, TestServer};

/// A unit of credit.
const UNIT: i64 = 1_000_000;

/// A server with a plan that everybody has, an admin, and somebody who has said nothing yet.
async fn open(kind: Kind, settings: Settings) -> (TestServer, User, User) {
    let limits = json!([{"meter": "messages", "limit": 2}]);
    let free = serde_json::from_value(json!({"id": "free", "name": "Free", "limits": limits})).unwrap();
    let billing = BillingSettings { default_plan: Some(id("free")), ..BillingSettings::default() };
    let settings = Settings { plans: vec![free], billing, ..settings };
    let server = TestServer::set_up(kind, settings, Some(crate::server::echo(std::time::Duration::ZERO))).await;
    let (root, ada) = (server.user("root").await, server.user("ada").await);
    set_role(&server, "root", AccountRole::Admin).await;
    (server, root, ada)
}

fn id(plan: &str) -> chatcore::billing::PlanId {
    chatcore::billing::PlanId(plan.into())
}

async fn set_role(server: &TestServer, name: &str, role: AccountRole) {
    let account = server.accounts().account_of(None, name).await.unwrap();
    server.accounts().set_role(None, account.id, role).await.unwrap();
}

/// Where something of a user is.
fn of(user: &User, what: &str) -> String {
    format!("/admin/users/{}/{what}", user.session.user.id)
}

async fn adjust(by: &Client, user: &User, name: Option<&str>, body: Value) -> Answer {
    let request = by.request(Method::POST, &of(user, "balance")).json(&body);
    by.ask(if let Some(name) = name { request.header("Idempotency-Key", name) } else { request }).await
}

async fn balance(by: &Client, user: &User) -> i64 {
    by.get(&of(user, "balance")).await.to::<Value>(200)["balance"].as_i64().unwrap()
}

async fn says(user: &Client, conversation: &str) -> u16 {
    user.send(conversation, json!({"text": "hello"})).await.status
}

/// A message of Stripe that is proven, and makes no sense.
async fn deliver(server: &TestServer, event: &str) {
    let body = json!({"id": event, "object": "event", "type": "customer.subscription.updated", "data": {}}).to_string();
    let time = SystemClock.now().as_seconds();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"whsec_office").unwrap();
    mac.update(format!("{time}.{body}").as_bytes());
    let v1 = mac.finalize().into_bytes().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let client = server.anonymous();
    let request = client.request(Method::POST, "/webhooks/stripe").body(body);
    client.ask(request.header("Stripe-Signature", format!("t={time},v1={v1}"))).await.is(204);
}

each_store! {
    async fn an_adjustment_is_booked_once_under_its_name(kind) {
        let (_server, root, ada) = open(kind, Settings::default()).await;
        let body = || json!({"amount": 5 * UNIT, "reason": " charged twice "});
        let all = join_all((0..16).map(|_| adjust(&root, &ada, Some("ticket-7"), body()))).await;
        for answer in all {
            let done: Value = answer.to(200);
            let entry = &done["entry"];
            assert_eq!((&entry["number"], &entry["amount"]), (&json!(1), &json!(5 * UNIT)), "{done}");
            assert_eq!((&entry["kind"], &entry["reason"]), (&json!("adjustment"), &json!("charged twice")), "{done}");
            assert_eq!(entry["by"], root.session.user.id.as_str(), "{done}");
            let lines = json!([{"account": "credit", "amount": 5 * UNIT}, {"account": "adjustments", "amount": -5 * UNIT}]);
            assert_eq!((&entry["lines"], &done["balance"]["available"]), (&lines, &json!(5 * UNIT)), "{done}");
        }
        let other = [json!({"amount": 4 * UNIT, "reason": "charged twice"}), json!({"amount": 5 * UNIT, "reason": "no"})];
        for other in other {
            adjust(&root, &ada, Some("ticket-7"), other).await.problem(422, "idempotency-key-reused");
        }
        adjust(&root, &root, Some("ticket-7"), body()).await.problem(422, "idempotency-key-reused");
        assert_eq!((balance(&root, &ada).await, balance(&root, &root).await), (5 * UNIT, 0));
        // without a name, and under a long one, each is one of its own
        for name in [None, None, Some("x".repeat(255))] {
            adjust(&root, &ada, name.as_deref(), json!({"amount": -UNIT, "reason": "more"})).await.is(200);
        }
        assert_eq!(balance(&root, &ada).await, 2 * UNIT);
        let entries: Vec<Value> = root.pages(&of(&ada, "ledger"), 3).await;
        let amounts: Vec<i64> = entries.iter().map(|entry| entry["amount"].as_i64().unwrap()).collect();
        assert_eq!(amounts, [-UNIT, -UNIT, -UNIT, 5 * UNIT]);
        assert!(entries.iter().all(|entry| entry["by"] == root.session.user.id.as_str() && entry["reason"].is_string()));
    }

    async fn what_cannot_be_adjusted_changes_nothing(kind) {
        let (server, root, ada) = open(kind, Settings::default()).await;
        adjust(&root, &ada, None, json!({"amount": UNIT, "reason": "welcome"})).await.is(200);
        for (body, field) in [
            (json!({"amount": UNIT}), "reason"),
            (json!({"amount": UNIT, "reason": "  "}), "reason"),
            (json!({"amount": UNIT, "reason": "x".repeat(501)}), "reason"),
            (json!({"amount": 0, "reason": "why"}), "amount"),
            (json!({"amount": i64::MIN, "reason": "why"}), "amount"),
            (json!({"amount": 0.5, "reason": "why"}), "amount"),
            (json!({"amount": UNIT, "reason": "why", "by": "somebody else"}), "by"),
        ] {
            let problem = adjust(&root, &ada, None, body.clone()).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
        }
        let less = json!({"amount": -UNIT - 1, "reason": "why"});
        let problem = adjust(&root, &ada, None, less.clone()).await.problem(409, "insufficient-credit");
        assert_eq!((&problem["needed"], &problem["available"]), (&json!(UNIT + 1), &json!(UNIT)), "{problem}");
        // staff look at balances, and do not touch them
        server.user("sam").await;
        set_role(&server, "sam", AccountRole::Staff).await;
        let sam = server.anonymous().login("sam").await;
        assert_eq!(balance(&sam, &ada).await, UNIT);
        adjust(&sam, &ada, None, json!({"amount": UNIT, "reason": "a friend"})).await.problem(403, "denied");
        // who was an admin is none
        set_role(&server, "sam", AccountRole::Admin).await;
        adjust(&sam, &ada, Some("sam"), json!({"amount": UNIT, "reason": "a friend"})).await.is(200);
        set_role(&server, "sam", AccountRole::User).await;
        adjust(&sam, &ada, None, json!({"amount": UNIT, "reason": "a friend"})).await.problem(403, "denied");
        sam.get(&of(&ada, "balance")).await.problem(403, "denied");
        assert_eq!(balance(&root, &ada).await, 2 * UNIT);
        for what in ["balance", "ledger", "entitlement"] {
            for nobody in [format!("usr_{:032x}", 7), "garbage".to_owned()] {
                root.get(&format!("/admin/users/{nobody}/{what}")).await.problem(404, "not-found");
            }
        }
        let nobody = format!("/admin/users/usr_{:032x}/balance", 7);
        root.post(&nobody, json!({"amount": UNIT, "reason": "why"})).await.problem(404, "not-found");
    }

    async fn an_override_raises_a_limit_and_forgets_nothing(kind) {
        let (_server, root, ada) = open(kind, Settings::default()).await;
        let chat = ada.conversation().await.id;
        let said = async |times: usize| join_all((0..times).map(|_| says(&ada, &chat))).await;
        assert_eq!((said(1).await, said(1).await, said(1).await), (vec![201], vec![201], vec![429]));
        let entitle = async |body: Value| root.put(&of(&ada, "entitlement"), body).await;
        let rule = |limit: u64| json!([{"meter": "messages", "limit": limit}]);
        let changed: Value = entitle(json!({"overrides": rule(3)})).await.to(200);
        let expected = json!([
            {"meter": "messages", "window": "lifetime", "scope": "subject", "model": null, "limit": 3}
        ]);
        assert_eq!((&changed["overrides"], &changed["plan"]), (&expected, &Value::Null), "{changed}");
        assert_eq!((said(1).await, said(1).await), (vec![201], vec![429]), "two of the three were used before");
        let changed: Value = entitle(json!({"reason": "a week is over"})).await.to(200);
        let notes = changed["notes"].as_array().unwrap();
        assert_eq!((notes.len(), &notes[0]["reason"], &notes[0]["by"]), (2, &Value::Null, &json!(root.session.user.id)));
        assert_eq!((&notes[1]["reason"], &notes[1]["deeds"]), (&json!("a week is over"), &json!(["took_back", "overrides"])));
        assert_eq!(said(1).await, [429]);
        for (body, field) in [
            (json!({"plan": "none"}), "plan"),
            (json!({"until": "2100-01-01T00:00:00Z"}), "until"),
            (json!({"plan": "free", "until": "soon"}), "until"),
            (json!({"overrides": [{"meter": "smiles", "limit": 1}]}), "overrides"),
            (json!({"overrides": [{"meter": "concurrent_runs", "window": "day", "limit": 1}]}), "overrides"),
        ] {
            let problem = entitle(body.clone()).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
        }
    }

    async fn a_plan_holds_as_soon_as_it_is_put(kind) {
        let (server, root, ada) = open(kind, Settings::default()).await;
        let chat = ada.conversation().await.id;
        let put = async |plan: &str, body: Value| root.put(&format!("/admin/plans/{plan}"), body).await;
        assert_eq!((says(&ada, &chat).await, says(&ada, &chat).await, says(&ada, &chat).await), (201, 201, 429));
        let limits = |limit: u64| json!([{"meter": "messages", "limit": limit}]);
        let free: Value = root.get("/admin/plans/free").await.to(200);
        assert_eq!((&free["stored"], &free["limits"][0]["limit"]), (&json!(false), &json!(2)), "{free}");
        let free: Value = put("free", json!({"name": "Free", "limits": limits(3)})).await.to(200);
        assert_eq!((&free["stored"], &free["limits"][0]["limit"]), (&json!(true), &json!(3)), "{free}");
        assert_eq!((says(&ada, &chat).await, says(&ada, &chat).await), (201, 429));
        let price = json!({"reference": "price_1", "amount": 1900, "currency": "usd", "interval": "month"});
        let grants = json!([{"amount": 7}]);
        let team =
            || json!({"name": "Team", "price": price, "limits": limits(4), "grants": grants, "expected_version": 0});
        put("team", team()).await.is(200);
        put("team", team()).await.problem(409, "stale-version");
        let offers: Value = server.anonymous().get("/plans").await.to(200);
        let offered = offers["items"].as_array().unwrap().iter();
        let names: Vec<&str> = offered.map(|it| it["id"].as_str().unwrap()).collect();
        assert_eq!((names, &offers["items"][1]["price"]["amount"]), (vec!["free", "team"], &json!(1900)), "{offers}");
        let given: Value = root.put(&of(&ada, "entitlement"), json!({"plan": "team"})).await.to(200);
        assert_eq!((&given["plan"], &given["source"]), (&json!("team"), &json!("staff")), "{given}");
        assert_eq!((says(&ada, &chat).await, says(&ada, &chat).await), (201, 429));
        // who has a plan that is withdrawn has that of everybody, as the configuration has it
        for plan in ["team", "free"] {
            root.delete(&format!("/admin/plans/{plan}")).await.is(204);
            root.delete(&format!("/admin/plans/{plan}")).await.problem(404, "not-found");
        }
        root.get("/admin/plans/team").await.problem(404, "not-found");
        assert_eq!(root.get("/admin/plans/free").await.to::<Value>(200)["limits"], json!(
            [{"meter": "messages", "window": "lifetime", "scope": "subject", "model": null, "limit": 2}]
        ));
        for (plan, body, field) in [
            ("Team", json!({"name": "Team"}), "plan"),
            ("team", json!({}), "name"),
            ("team", json!({"name": "Team", "limits": [{"meter": "smiles", "limit": 1}]}), "limits"),
            ("team", json!({"name": "Team", "grants": [{"amount": 2_000_000_000_000_000_000_u64}]}), "plan"),
            ("free", json!({"name": "Free", "price": price}), "plan"),
        ] {
            let problem = put(plan, body.clone()).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
        }
    }

    async fn parked_payments_are_seen_and_tried_again(kind) {
        let payments = PaymentSettings {
            stripe_secret_key: Some("sk_test_office".to_owned().into()),
            stripe_webhook_secret: Some("whsec_office".to_owned().into()),
            // nobody is there
            stripe_api_base: Some("http://127.0.0.1:1".into()),
        };
        let (server, root, ada) = open(kind, Settings { payments, ..Settings::default() }).await;
        for number in [1, 2, 3] {
            deliver(&server, &format!("evt_{number}")).await;
        }
        let parked: Vec<Value> = root.pages("/admin/payments/parked", 2).await;
        let mut events: Vec<&str> = parked.iter().map(|it| it["event"].as_str().unwrap()).collect();
        events.sort_unstable();
        assert_eq!(events, ["evt_1", "evt_2", "evt_3"]);
        assert!(parked.iter().all(|it| it["state"] == "parked" && it["reason"].is_string()), "{parked:?}");
        let again: Value = root.post("/admin/payments/evt_2/replay", json!({})).await.to(200);
        assert_eq!((&again["state"], &again["tries"]), (&json!("parked"), &json!(2)), "{again}");
        ada.get("/admin/payments/parked").await.problem(403, "denied");
        ada.post("/admin/payments/evt_2/replay", json!({})).await.problem(403, "denied");
        root.post("/admin/payments/evt_9/replay", json!({})).await.problem(503, "unavailable");
        let page: Page<Value> = root.get("/admin/payments/parked?limit=1").await.to(200);
        let cursor = page.next_cursor.unwrap();
        root.get(&format!("{}?cursor={cursor}", of(&ada, "ledger"))).await.problem(422, "invalid");
    }
}
