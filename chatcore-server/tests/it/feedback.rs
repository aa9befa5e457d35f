//! What people think of answers: said once, changed, taken back, read by those who run the service.

use chatcore::account::AccountRole;
use serde_json::{Value, json};

use crate::client::{Client, User};
use crate::records::Page;
use crate::server::{Kind, TestServer};

async fn rated(user: &Client, answer: &str, body: Value) -> Value {
    user.put(&format!("/messages/{answer}/feedback"), body).await.to(200)
}

async fn open(kind: Kind) -> (TestServer, User, User) {
    let server = TestServer::start(kind).await;
    let (root, ada) = (server.user("root").await, server.user("ada").await);
    let account = server.accounts().account_of(None, "root").await.unwrap();
    server.accounts().set_role(None, account.id, AccountRole::Admin).await.unwrap();
    (server, root, ada)
}

each_store! {
    async fn an_answer_shows_what_its_reader_thinks(kind) {
        let (_server, _, ada) = open(kind).await;
        let id = ada.conversation().await.id;
        let turn = ada.say(&id, "hello").await;
        let (said, answer) = (turn.said().id.clone(), turn.answer().id.clone());
        let message = rated(&ada, &answer, json!({"rating": 1})).await;
        assert_eq!((&message["feedback"]["rating"], &message["feedback"]["comment"]), (&json!(1), &Value::Null));
        let body = json!({"rating": -1, "comment": " wrong year "});
        assert_eq!(rated(&ada, &answer, body).await["feedback"]["comment"], "wrong year");
        let branch: Page<Value> = ada.get(&format!("/conversations/{id}/messages")).await.to(200);
        assert_eq!((&branch.items[0]["feedback"], &branch.items[1]["feedback"]["rating"]), (&Value::Null, &json!(-1)));
        for _ in 0..2 {
            assert_eq!(rated(&ada, &answer, json!({"rating": null})).await["feedback"], Value::Null);
        }
        let path = format!("/messages/{answer}/feedback");
        for (wrong, field) in [
            (json!({}), "rating"),
            (json!({"rating": 0}), "rating"),
            (json!({"rating": 2}), "rating"),
            (json!({"rating": "1"}), "rating"),
            (json!({"rating": null, "comment": "why"}), "comment"),
            (json!({"rating": 1, "comment": "x".repeat(2001)}), "comment"),
            (json!({"rating": 1, "stars": 5}), "stars"),
        ] {
            let problem = ada.put(&path, wrong.clone()).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field, "{wrong}: {problem}");
        }
        ada.put(&format!("/messages/{said}/feedback"), json!({"rating": 1})).await.problem(422, "invalid");
    }

    async fn who_runs_the_service_reads_what_people_think(kind) {
        let (server, root, ada) = open(kind).await;
        let mut answers = Vec::new();
        for (n, rating) in [1, -1, 1, -1, 1].into_iter().enumerate() {
            let id = ada.conversation().await.id;
            answers.push(ada.say(&id, "hello").await.answer().id.clone());
            rated(&ada, &answers[n], json!({"rating": rating, "comment": format!("{n}")})).await;
        }
        let comments = async |query: &str| {
            let all: Vec<Value> = root.pages(&format!("/admin/feedback{query}"), 2).await;
            all.iter().map(|it| it["comment"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join("")
        };
        assert_eq!(comments("").await, "43210");
        // the newest word counts
        rated(&ada, &answers[1], json!({"rating": 1, "comment": "1"})).await;
        let all: Vec<Value> = root.pages("/admin/feedback", 200).await;
        let first = &all[0];
        assert_eq!((&first["message_id"], &first["rating"]), (&json!(answers[1]), &json!(1)));
        assert_eq!((first["subject"].as_str(), &first["model"]), (Some(ada.session.user.id.as_str()), &json!("echo")));
        let since = all[2]["updated_at"].as_str().unwrap();
        let found: Page<Value> = root.get(&format!("/admin/feedback?since={since}&rating=1")).await.to(200);
        let found: Vec<&str> = found.items.iter().map(|it| it["comment"].as_str().unwrap()).collect();
        assert_eq!(found, ["1", "4"]);
        for query in ["?since=yesterday", "?rating=3", "?cursor=1c00"] {
            root.get(&format!("/admin/feedback{query}")).await.problem(422, "invalid");
        }
        // staff do not see it, and what an answer says is nobody's business
        let account = server.accounts().account_of(None, "ada").await.unwrap();
        server.accounts().set_role(None, account.id, AccountRole::Staff).await.unwrap();
        ada.get("/admin/feedback").await.problem(403, "denied");
        root.get(&format!("/messages/{}", answers[0])).await.problem(404, "not-found");
    }
}
