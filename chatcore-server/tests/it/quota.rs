//! What somebody may use and spend: exactly so much, whoever comes at once, and said so that a program can act on it.

use std::time::Duration;

use chatcore_server::config::{ChargingSettings, LimitSettings, Settings};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::client::{Answer, Client, PASSWORD, User};
use crate::records::Turn;
use crate::server::{Kind, TestServer, echo};
use crate::visitors;

const AT_ONCE: usize = 64;

fn limits(users: &str, visitors: &str) -> Settings {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let limits = LimitSettings { users: text(users), visitors: text(visitors) };
    Settings { limits, ..visitors::open() }
}

/// An answer costs 100, and users begin with so much.
fn charged(start: u64) -> Settings {
    let charging = ChargingSettings {
        charge: Some("per_request".into()),
        charge_amount: Some(100),
        start_balance: Some(start),
        visitor_start_balance: Some(200),
        ..ChargingSettings::default()
    };
    Settings { charging, ..visitors::open() }
}

async fn start(kind: Kind, settings: Settings) -> TestServer {
    TestServer::set_up(kind, settings, Some(echo(Duration::ZERO))).await
}

/// Many programs of one user say something at the same time; the answers that are no refusals have come to their end.
async fn rush(server: &TestServer, user: &User) -> (usize, Vec<Answer>) {
    let id = user.conversation().await.id;
    let say = |at: usize| {
        let (program, id) = (server.anonymous().bearer(&user.session.access_token), &id);
        async move { program.send(id, json!({"text": format!("number {at}"), "parent_id": null, "detach": true})).await }
    };
    let answers = join_all((0..AT_ONCE).map(say)).await;
    let (taken, refused): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 202);
    for answer in &taken {
        assert_eq!(user.ended(&answer.to::<Turn>(202).run().id).await.state, "completed");
    }
    (taken.len(), refused)
}

async fn usage(client: &Client) -> Value {
    client.get("/me/usage").await.to(200)
}

async fn say(client: &Client, id: &str) -> Answer {
    client.send(id, json!({"text": "hello", "parent_id": null})).await
}

each_store! {
    async fn of_many_at_once_as_many_pass_as_the_limit_covers(kind) {
        let server = start(kind, limits("messages=10/day,tokens=9000000/rolling_5h", "")).await;
        let ada = server.user("ada").await;
        let (taken, refused) = rush(&server, &ada).await;
        assert_eq!((taken, refused.len()), (10, AT_ONCE - 10));
        for answer in &refused {
            let problem = answer.problem(429, "limit-reached");
            let limit = &problem["limit"];
            assert_eq!((&limit["meter"], &limit["window"], &limit["limit"]), (&json!("messages"), &json!("day"), &json!(10)));
            assert_eq!((&limit["remaining"], &problem["resets_at"]), (&json!(0), &limit["resets_at"]));
            assert_eq!((problem["limits"].as_array().unwrap().len(), &problem["plan"]), (2, &json!("standard")));
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert!((1..=86_400).contains(&wait), "{wait}");
            assert_eq!(answer.header("ratelimit"), format!("\"messages-day\";r=0;t={wait}"));
            assert_eq!(answer.header("ratelimit-policy"), "\"messages-day\";q=10;w=86400");
        }
        let now = usage(&ada).await;
        assert_eq!((&now["plan"], &now["balance"]), (&json!("standard"), &Value::Null));
        let messages = &now["limits"][0];
        let counts = ["used", "held", "remaining"].map(|count| messages[count].as_u64().unwrap());
        assert_eq!((counts, &messages["scope"]), ([10, 0, 0], &json!("subject")));
        let tokens = &now["limits"][1];
        assert!(tokens["used"].as_u64().unwrap() >= 20 && tokens["held"] == 0, "{tokens}");
        // what is only looked at hears the same
        let id = ada.conversation().await.id;
        let plan: Value = ada.post(&format!("/conversations/{id}/plan"), json!({"text": "hello"})).await.to(200);
        assert_eq!((&plan["verdict"]["allowed"], &plan["verdict"]["limit"]["meter"]), (&json!(false), &json!("messages")));
        // deleting gives nothing back, and others have limits of their own
        ada.delete(&format!("/conversations/{id}")).await.is(204);
        let bob = server.user("bob").await;
        say(&bob, &bob.conversation().await.id).await.is(201);
        assert_eq!(usage(&ada).await["limits"][0]["used"], 10);
    }

    async fn of_many_at_once_as_many_pass_as_the_credit_covers(kind) {
        let server = start(kind, charged(1000)).await;
        let ada = server.user("ada").await;
        assert_eq!(usage(&ada).await["balance"], 1000, "before anything is booked");
        let (taken, refused) = rush(&server, &ada).await;
        assert_eq!((taken, refused.len()), (10, AT_ONCE - 10));
        for answer in &refused {
            let problem = answer.problem(402, "insufficient-credit");
            assert_eq!(problem["needed"], 100);
            assert!(problem["available"].as_i64().unwrap() < 100, "{problem}");
        }
        let now = usage(&ada).await;
        assert_eq!(["balance", "available", "spent"].map(|name| now[name].as_i64().unwrap()), [0, 0, 1000]);
        let entries: Vec<Value> = ada.pages("/me/ledger", 4).await;
        let numbers: Vec<u64> = entries.iter().map(|entry| entry["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=11).rev().collect::<Vec<_>>());
        for entry in &entries {
            let sum: i64 = entry["lines"].as_array().unwrap().iter().map(|line| line["amount"].as_i64().unwrap()).sum();
            assert_eq!(sum, 0, "{entry}");
        }
        let (start, charges) = entries.split_last().unwrap();
        assert_eq!((&start["kind"], &start["amount"]), (&json!("start"), &json!(1000)));
        for charge in charges {
            assert_eq!((&charge["kind"], &charge["amount"]), (&json!("charge"), &json!(-100)));
            ada.run(charge["charge"]["run_id"].as_str().unwrap()).await;
            assert_eq!(charge["charge"]["models"][0]["model"], "echo");
        }
        let id = ada.conversation().await.id;
        let plan: Value = ada.post(&format!("/conversations/{id}/plan"), json!({"text": "hello"})).await.to(200);
        assert_eq!((&plan["covered"], &plan["verdict"]["allowed"]), (&json!(false), &json!(true)));
        let bob = server.user("bob").await;
        assert_eq!(bob.pages::<Value>("/me/ledger", 4).await, Vec::<Value>::new(), "nobody sees what is another's");
    }

    async fn a_cap_and_a_time_zone_are_ones_own(kind) {
        let server = start(kind, charged(1000)).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        ada.put("/me/cap", json!({"cap": 250})).await.problem(403, "not-confirmed");
        ada.put("/me/cap", json!({"cap": 250, "current_password": "a guess"})).await.problem(403, "not-confirmed");
        ada.put("/me/cap", json!({"cap": 250, "current_password": PASSWORD})).await.is(204);
        ada.put("/me/time-zone", json!({"time_zone": "Europe/Berlin"})).await.is(204);
        ada.put("/me/time-zone", json!({"time_zone": "Europe/Nowhere"})).await.problem(422, "invalid");
        ada.put("/me/cap", json!({"cap": -1})).await.problem(422, "invalid");
        say(&ada, &id).await.is(201);
        say(&ada, &id).await.is(201);
        let problem = say(&ada, &id).await.problem(402, "cap-reached");
        let amounts = ["needed", "available", "cap", "spent"].map(|name| problem[name].as_i64().unwrap());
        assert_eq!(amounts, [100, 50, 250, 200]);
        let now = usage(&ada).await;
        assert_eq!((&now["cap"], &now["balance"], &now["time_zone"]), (&json!(250), &json!(800), &json!("Europe/Berlin")));
        ada.put("/me/cap", json!({"cap": null, "current_password": PASSWORD})).await.is(204);
        say(&ada, &id).await.is(201);
        let program = ada.key("program", &["read", "write"]).await.secret;
        server.anonymous().bearer(&program).put("/me/cap", json!({"cap": null})).await.problem(403, "denied");
    }

    async fn what_a_visitor_used_counts_for_the_user_they_become(kind) {
        let server = start(kind, limits("messages=4/day", "messages=3/day,network:messages=4/day")).await;
        let ((ann, token), (bob, _)) = (visitors::visit(&server).await, visitors::visit(&server).await);
        let (hers, his) = (ann.conversation().await.id, bob.conversation().await.id);
        for _ in 0..3 {
            say(&ann, &hers).await.is(201);
        }
        let own = say(&ann, &hers).await.problem(429, "limit-reached");
        assert_eq!((&own["plan"], &own["next_plan"]), (&json!("visitor"), &json!("standard")), "who signs up goes on");
        say(&bob, &his).await.is(201);
        let network = say(&bob, &his).await.problem(429, "limit-reached");
        assert_eq!((&network["limit"]["scope"], &network["limit"]["used"]), (&json!("network"), &json!(4)));
        assert_eq!(usage(&bob).await["limits"][1]["remaining"], 0);
        let body = json!({"username": "ann", "password": PASSWORD, "visitor_token": token});
        let session: Value = server.anonymous().post("/auth/register", body).await.to(201);
        let ann = server.anonymous().bearer(session["access_token"].as_str().unwrap());
        assert_eq!(usage(&ann).await["limits"][0]["used"], 3);
        say(&ann, &hers).await.is(201);
        say(&ann, &hers).await.problem(429, "limit-reached");
    }

    async fn without_settings_nothing_is_limited_or_charged(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        say(&ada, &ada.conversation().await.id).await.is(201);
        let now = usage(&ada).await;
        assert_eq!((&now["plan"], &now["balance"], &now["limits"]), (&Value::Null, &Value::Null, &json!([])));
        assert_eq!(ada.pages::<Value>("/me/ledger", 10).await, Vec::<Value>::new());
    }
}
