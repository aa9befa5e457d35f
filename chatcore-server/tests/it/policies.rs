//! What a turn does about others on its branch: each policy with each kind of turn. Stopping where the reader is, and
//! going on from there.

use chatcore_llm::offline::{Scripted, Step};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, User, eventually, text_of};
use crate::records::Turn;
use crate::server::{Kind, TestServer};

/// The first answer says `half` and hangs, the others end at once.
async fn half_way(kind: Kind) -> (TestServer, User, Scripted, String, Turn) {
    let model = Scripted::new([Step::text("half"), Step::Hang]).then([Step::text("whole"), Step::stop()]);
    let server = TestServer::with(kind, model.clone()).await;
    let ada = server.user("ada").await;
    let id = ada.conversation().await.id;
    let turn = ada.begin(&id, "question").await;
    let answer = &turn.answer().id;
    eventually("it is said", async || (ada.message(answer).await.text == "half").then_some(())).await;
    (server, ada, model, id, turn)
}

/// One of the three kinds of turn, with a policy.
async fn ask(ada: &User, id: &str, open: &Turn, what: &str, more: Value) -> Answer {
    let (path, mut body) = match what {
        "send" => (format!("/conversations/{id}/messages"), json!({"text": "next"})),
        "edit" => (format!("/messages/{}/edit", open.said().id), json!({"text": "better"})),
        "regenerate" => (format!("/messages/{}/regenerate", open.answer().id), json!({})),
        other => panic!("{other}"),
    };
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    ada.post(&path, body).await
}

const ALL: [&str; 3] = ["send", "edit", "regenerate"];

each_store! {
    async fn siblings_are_written_side_by_side(kind) {
        let (_server, ada, _, id, open) = half_way(kind).await;
        for what in ALL {
            let answer = ask(&ada, &id, &open, what, json!({"policy": "sibling"})).await;
            match what {
                "send" => drop(answer.problem(409, "busy")),
                _ => assert_eq!(answer.to::<Turn>(201).answer().text, "whole", "{what}"),
            }
            assert_eq!(ada.run(&open.run().id).await.state, "running", "{what}");
            let head = json!({"message_id": open.answer().id});
            ada.put(&format!("/conversations/{id}/head"), head).await.is(200);
        }
    }

    async fn who_does_not_want_to_be_late_is_told(kind) {
        let (_server, ada, _, id, open) = half_way(kind).await;
        let policy = || json!({"policy": "reject_stale"});
        for what in ALL {
            ask(&ada, &id, &open, what, policy()).await.problem(409, "busy");
        }
        ada.post(&format!("/runs/{}/stop", open.run().id), json!({})).await.is(202);
        ada.ended(&open.run().id).await;
        for what in ALL {
            let stale = json!({"policy": "reject_stale", "expected_head": open.said().id});
            let refused = ask(&ada, &id, &open, what, stale).await.problem(409, "stale-head");
            assert_eq!(refused["head"], open.answer().id.as_str(), "{what}");
        }
        let named = json!({"text": "late", "policy": "reject_stale", "parent_id": open.said().id});
        ada.send(&id, named).await.problem(409, "stale-head");
        assert_eq!(ada.read(&id).await.message_count, 2);
        for what in ALL {
            ask(&ada, &id, &open, what, policy()).await.is(201);
        }
        // of many that come at once one goes on
        let head = ada.read(&id).await.head.unwrap();
        let body = || json!({"policy": "reject_stale", "detach": true});
        let path = format!("/messages/{head}/regenerate");
        let answers = join_all((0..16).map(|_| ada.post(&path, body()))).await;
        let mut runs: Vec<String> = Vec::new();
        for answer in answers {
            match answer.status {
                202 => runs.push(answer.to::<Turn>(202).run().id.clone()),
                _ => drop(answer.problem(409, "busy")),
            }
        }
        assert!(!runs.is_empty());
        for run in runs {
            ada.ended(&run).await;
        }
    }

    async fn who_waits_is_answered_later(kind) {
        for what in ALL {
            let (_server, ada, model, id, open) = half_way(kind).await;
            let turn: Turn = ask(&ada, &id, &open, what, json!({"policy": "enqueue", "detach": true})).await.to(202);
            assert_eq!((turn.run().state.as_str(), turn.answer().state.as_str()), ("queued", "open"), "{what}");
            assert_eq!(ada.read(&id).await.head.as_ref(), Some(&turn.answer().id), "{what}");
            if what == "send" {
                assert_eq!(turn.said().parent_id.as_ref(), Some(&open.answer().id));
            }
            assert_eq!(ada.run(&turn.run().id).await.state, "queued", "{what}");
            assert_eq!(model.requests().len(), 1, "{what} did not wait");
            let events = ada.events(&turn.run().id).await;
            ada.post(&format!("/runs/{}/stop", open.run().id), json!({})).await.is(202);
            let events = events.rest().await;
            assert_eq!((events[0].name.as_str(), text_of(&events).as_str()), ("started", "whole"), "{what}");
            assert_eq!(ada.ended(&turn.run().id).await.state, "completed", "{what}");
            assert_eq!(ada.message(&open.answer().id).await.text, "half", "{what}");
        }
    }

    async fn who_interrupts_goes_first(kind) {
        for what in ALL {
            let (_server, ada, _, id, open) = half_way(kind).await;
            let turn: Turn = ask(&ada, &id, &open, what, json!({"policy": "interrupt"})).await.to(201);
            assert_eq!((turn.run().state.as_str(), turn.answer().text.as_str()), ("completed", "whole"), "{what}");
            let stopped = ada.message(&open.answer().id).await;
            assert_eq!((stopped.state.as_str(), stopped.text.as_str()), ("stopped", "half"), "{what}");
        }
    }

    async fn questions_in_a_row_are_answered_in_that_order(kind) {
        let (_server, ada, model, id, open) = half_way(kind).await;
        let body = |at: usize| json!({"text": format!("{at}"), "policy": "enqueue", "detach": true});
        let turns = join_all((0..8).map(|at| ada.send(&id, body(at)))).await;
        let turns: Vec<Turn> = turns.iter().map(|answer| answer.to(202)).collect();
        assert!(turns.iter().all(|turn| turn.run().state == "queued"));
        // one of them does not want to wait any more
        let impatient = turns.iter().find(|turn| Some(&turn.answer().id) != ada_head(&turns)).unwrap();
        ada.post(&format!("/runs/{}/stop", impatient.run().id), json!({})).await.is(202);
        assert_eq!(ada.ended(&impatient.run().id).await.state, "stopped");
        ada.post(&format!("/runs/{}/stop", open.run().id), json!({})).await.is(202);
        for turn in &turns {
            ada.ended(&turn.run().id).await;
        }
        let branch = ada.branch(&id, None).await;
        assert_eq!(branch.len(), 2 + 2 * 8, "one line of questions and answers");
        assert_eq!(model.requests().len(), 8);
        let said = model.requests().pop().unwrap().messages.len();
        assert_eq!(said, 2 + 2 * 8 - 2, "the last one sees all before it but the silent one and its own");
    }

    async fn a_stop_keeps_what_was_seen(kind) {
        let model = Scripted::new([Step::text("na\u{ef}ve "), Step::text("\u{1F600} answer"), Step::Hang]);
        let server = TestServer::with(kind, model).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        for (body, kept) in [
            (json!({"seen_len": 7}), "na\u{ef}ve \u{1F600}"),
            (json!({"seen_len": 0}), ""),
            (json!({"seen_len": 1_000_000}), "na\u{ef}ve \u{1F600} answer"),
            (json!({"seen_len": null}), "na\u{ef}ve \u{1F600} answer"),
        ] {
            let path = format!("/conversations/{id}/messages");
            let mut live = ada.stream(&path, json!({"text": "go", "stream": true})).await;
            let run = live.delta().await.run;
            live.delta().await;
            ada.post(&format!("/runs/{run}/stop"), body.clone()).await.is(202);
            let events = live.rest().await;
            let last = events.last().unwrap();
            assert_eq!((last.name.as_str(), last.message().text.as_str()), ("stopped", kept), "{body}");
            ada.post(&format!("/runs/{run}/stop"), json!({"seen_len": 1})).await.is(202);
            assert_eq!(ada.message(&last.message().id).await, last.message(), "the second request changes nothing");
            assert_eq!(ada.events(&run).await.rest().await.last(), Some(last));
        }
        let run = ada.begin(&id, "go").await.run().id.clone();
        for wrong in [json!({"seen_len": -1}), json!({"seen_len": "1"}), json!({"seen": 1}), json!([])] {
            let refused = ada.post(&format!("/runs/{run}/stop"), wrong.clone()).await;
            assert!(matches!(refused.status, 400 | 422), "{wrong}: {refused:?}");
        }
        assert_eq!(ada.run(&run).await.state, "running");
        // without a body
        ada.ask(ada.request(Method::POST, &format!("/runs/{run}/stop"))).await.is(202);
        assert_eq!(ada.ended(&run).await.state, "stopped");
    }

    async fn going_on_says_nothing_twice(kind) {
        let model = Scripted::new([Step::text("one "), Step::text("two and more"), Step::Hang])
            .then([Step::text("three "), Step::text("four"), Step::stop()]);
        let server = TestServer::with(kind, model.clone()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let mut live = ada.stream(&format!("/conversations/{id}/messages"), json!({"text": "count", "stream": true})).await;
        let run = live.delta().await.run;
        live.delta().await;
        let old = ada.run(&run).await.message_id;
        ada.post(&format!("/messages/{old}/continue"), json!({})).await.problem(409, "busy");
        ada.post(&format!("/runs/{run}/stop"), json!({"seen_len": 8})).await.is(202);
        live.rest().await;
        let before = ada.message(&old).await;
        let path = format!("/messages/{old}/continue");
        let events = ada.stream(&path, json!({"stream": true})).await.rest().await;
        let last = crate::client::well_formed(&events);
        let whole = last.message();
        assert_eq!((last.name.as_str(), whole.text.as_str()), ("completed", "one two three four"));
        assert_eq!((whole.version, whole.versions, &whole.parent_id), (2, 2, &before.parent_id));
        let prompt = model.requests().pop().unwrap().messages;
        let shown: Vec<String> = prompt.iter().map(|it| chatcore::conversation::text_of(&it.parts)).collect();
        assert_eq!(shown, ["count", "one two "]);
        let after = ada.message(&old).await;
        assert_eq!((after.text, after.state, after.usage), (before.text, before.state, before.usage));
        let complete = ada.post(&format!("/messages/{}/continue", whole.id), json!({})).await;
        assert_eq!(complete.problem(422, "invalid")["errors"][0]["field"], "message_id");
        let said = before.parent_id.unwrap();
        ada.post(&format!("/messages/{said}/continue"), json!({})).await.problem(422, "invalid");
    }
}

/// The answer at the end of the line.
fn ada_head(turns: &[Turn]) -> Option<&String> {
    let parents: Vec<&String> = turns.iter().filter_map(|turn| turn.said().parent_id.as_ref()).collect();
    turns.iter().map(|turn| &turn.answer().id).find(|answer| !parents.contains(answer))
}
