//! What a front end is kept from by mistake: typos, models that are not there, a tab that is behind, an end that it missed.

use std::time::Duration;

use serde_json::json;

use crate::records::Turn;
use crate::server::{TestServer, echo};

each_store! {
    async fn a_field_that_nobody_knows_is_refused(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        ada.post("/conversations", json!({"titel": "x"})).await.is(422);
        ada.send(&id, json!({"text": "hello", "expected_haed": null})).await.is(422);
        let said = ada.say(&id, "hello").await;
        let path = format!("/messages/{}/edit", said.said().id);
        for wrong in [json!({"text": "x", "run": false}), json!({"text": "x", "parent_id": null})] {
            ada.post(&path, wrong).await.problem(422, "invalid");
        }
        assert_eq!(ada.read(&id).await.message_count, 2);
    }

    async fn combinations_that_mean_nothing_are_refused(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        for (field, wrong) in [
            ("detach", json!({"text": "x", "stream": true, "detach": true})),
            ("stream", json!({"text": "x", "run": false, "stream": true})),
            ("detach", json!({"text": "x", "run": false, "detach": true})),
            ("policy", json!({"text": "x", "run": false, "policy": "enqueue"})),
            ("model", json!({"text": "x", "run": false, "model": "echo"})),
            ("temperature", json!({"text": "x", "run": false, "temperature": 1.0})),
        ] {
            let refused = ada.send(&id, wrong).await.problem(422, "invalid");
            assert_eq!(refused["errors"][0]["field"], field);
        }
        assert_eq!(ada.read(&id).await.message_count, 0);
    }

    async fn a_conversation_takes_no_model_that_is_not_there(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let before = ada.conversation().await;
        ada.post("/conversations", json!({"model": "nobody"})).await.is(422);
        ada.patch(&format!("/conversations/{}", before.id), json!({"model": "nobody"})).await.is(422);
        assert_eq!(ada.read(&before.id).await, before);
    }

    async fn two_tabs_cannot_both_say_the_first_word(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let first = json!({"text": "hello", "expected_head": null});
        ada.send(&id, first.clone()).await.is(201);
        ada.send(&id, first).await.problem(409, "stale-head");
        assert_eq!(ada.read(&id).await.message_count, 2);
    }

    async fn nothing_is_stored_below_an_answer_that_is_being_written(kind) {
        let server = TestServer::with(kind, echo(Duration::from_millis(200))).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        ada.begin(&id, "one two three four five six seven eight nine ten").await;
        ada.send(&id, json!({"text": "wait", "run": false})).await.problem(409, "busy");
    }

    async fn the_end_of_a_stopped_run_is_told_again(kind) {
        let server = TestServer::with(kind, echo(Duration::from_millis(200))).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let turn: Turn = ada.begin(&id, "one two three four five six seven eight nine ten").await;
        let run = turn.run().id.clone();
        ada.post(&format!("/runs/{run}/stop"), json!({})).await.is(202);
        let last = ada.ended(&run).await.last_seq;
        let again = ada.get(&format!("/runs/{run}/events?after={last}")).await;
        assert_eq!(again.body.matches("event: stopped").count(), 1, "{}", again.body);
    }

    async fn a_listener_without_a_run_does_not_hold_the_server(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let listening = tokio::spawn(async move { ada.get("/me/events").await });
        // a listener that is not there yet by then is refused, and the test says so
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.ask_to_end().await.unwrap().unwrap();
        let heard = listening.await.unwrap();
        assert_eq!((heard.status, heard.body.contains("event:")), (200, false));
    }
}
