//! Runs: their events, live and again; stopping them.

use std::time::Duration;

use chatcore_llm::offline::{Scripted, Step};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Event, Events, RawEvents, eventually, text_of, well_formed};
use crate::server::{TestServer, echo};

const TEXT: &str = "the quick brown fox jumps over the lazy dog";

each_store! {
    async fn a_stream_tells_the_answer_as_it_comes(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let path = format!("/conversations/{id}/messages");
        let events = ada.stream(&path, json!({"text": TEXT, "stream": true})).await.rest().await;
        let last = well_formed(&events);
        assert_eq!((last.name.as_str(), text_of(&events).as_str()), ("completed", TEXT));
        assert!(events.iter().any(|event| event.name == "usage"));
        let branch = ada.branch(&id, None).await;
        assert_eq!(branch[1], last.message());
        assert_eq!((branch[0].text.as_str(), branch[1].parent_id.as_ref()), (TEXT, Some(&branch[0].id)));
        assert_eq!(ada.run(&last.run).await, last.ended());
        for (path, body) in [("regenerate", json!({"stream": true})), ("edit", json!({"text": "x", "stream": true}))] {
            let of = if path == "edit" { &branch[0].id } else { &branch[1].id };
            let events = ada.stream(&format!("/messages/{of}/{path}"), body).await.rest().await;
            assert_eq!(well_formed(&events).name, "completed", "{path}");
        }
    }

    async fn what_is_read_later_equals_what_was_read_live(kind) {
        let server = TestServer::with(kind, echo(Duration::from_millis(5))).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let path = format!("/conversations/{id}/messages");
        let mut live = ada.stream(&path, json!({"text": TEXT, "stream": true})).await;
        let started = live.next().await.unwrap();
        let beside = ada.events(&started.run).await;
        let mut first = vec![started];
        first.extend(live.rest().await);
        well_formed(&first);
        assert_eq!(beside.rest().await, first, "a second reader");
        assert_eq!(ada.events(&first[0].run).await.rest().await, first, "a reader after the end");
    }

    async fn a_reader_goes_on_where_it_left_off(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let run = ada.say(&id, TEXT).await.run().id.clone();
        let path = format!("/runs/{run}/events");
        let all = ada.events(&run).await.rest().await;
        let ask = |path: &str| ada.request(Method::GET, path);
        for (at, event) in all.iter().enumerate() {
            let rest = &all[at + 1..];
            for id in [event.id(), event.seq.to_string()] {
                let resumed = Events::of(ask(&path).header("Last-Event-ID", id)).await.rest().await;
                assert_eq!(resumed, rest, "behind {}", event.seq);
            }
            let after = Events::of(ask(&format!("{path}?after={}", event.seq))).await.rest().await;
            assert_eq!(after, rest, "after {}", event.seq);
        }
        // an `EventSource` comes back to the address that it was opened with
        let both = ask(&format!("{path}?after=0")).header("Last-Event-ID", all[2].id());
        assert_eq!(Events::of(both).await.rest().await, all[3..], "where the reader was counts");
        for wrong in ["run_00000000000000000000000000000000:1", "x", "-1", &format!("{run}:x")] {
            let refused = ada.ask(ask(&path).header("Last-Event-ID", wrong)).await;
            assert_eq!(refused.problem(422, "invalid")["errors"][0]["field"], "Last-Event-ID", "{wrong}");
        }
        ada.get(&format!("{path}?after=-1")).await.problem(400, "bad-request");
    }

    async fn a_run_that_is_stopped_keeps_what_it_said(kind) {
        let model = Scripted::new([Step::text("one "), Step::text("two "), Step::Hang]);
        let server = TestServer::with(kind, model.clone()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let path = format!("/conversations/{id}/messages");
        let mut live = ada.stream(&path, json!({"text": TEXT, "stream": true})).await;
        let mut events = vec![live.next().await.unwrap(), live.delta().await, live.delta().await];
        let run = events[0].run.clone();
        let asked: Value = ada.post(&format!("/runs/{run}/stop"), json!({})).await.to(202);
        assert_eq!(asked["id"], run.as_str());
        events.extend(live.rest().await);
        let last = well_formed(&events);
        assert_eq!((last.name.as_str(), last.message().text.as_str()), ("stopped", "one two "));
        eventually("the model is let go", async || (model.open_streams() == 0).then_some(())).await;
        // too late: nothing changes
        let before = (ada.run(&run).await, ada.branch(&id, None).await);
        ada.post(&format!("/runs/{run}/stop"), json!({})).await.is(202);
        assert_eq!((ada.run(&run).await, ada.branch(&id, None).await), before);
        assert_eq!(ada.events(&run).await.rest().await, events);
        assert_eq!(before.1[1].state, "stopped");
    }

    async fn deleting_a_conversation_stops_its_runs(kind) {
        let model = Scripted::new([Step::text("one "), Step::Hang]);
        let server = TestServer::with(kind, model.clone()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        ada.begin(&id, TEXT).await;
        eventually("the model is asked", async || (model.open_streams() == 1).then_some(())).await;
        ada.delete(&format!("/conversations/{id}")).await.is(204);
        eventually("the model is let go", async || (model.open_streams() == 0).then_some(())).await;
    }

    async fn an_open_answer_shows_what_is_stored_of_it(kind) {
        let model = Scripted::new([Step::text("one "), Step::Hang]);
        let server = TestServer::with(kind, model).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let turn = ada.begin(&id, TEXT).await;
        let shown = async || Some(ada.message(&turn.answer().id).await).filter(|message| !message.text.is_empty());
        let message = eventually("the text is stored", shown).await;
        assert_eq!((message.text.as_str(), message.state.as_str()), ("one ", "open"));
        assert_eq!(ada.branch(&id, None).await[1].text, "one ");
    }

    async fn all_runs_of_a_conversation_or_a_user_in_one_stream(kind) {
        let server = TestServer::start(kind).await;
        let (ada, grace) = (server.user("ada").await, server.user("grace").await);
        let (one, two) = (ada.conversation().await.id, ada.conversation().await.id);
        let mut of_one = Events::of(ada.request(Method::GET, &format!("/conversations/{one}/events"))).await;
        let mut of_ada = Events::of(ada.request(Method::GET, "/me/events")).await;
        grace.say(&grace.conversation().await.id, "not for ada").await;
        let mut expected = Vec::new();
        for id in [&two, &one] {
            expected.push(ada.say(id, "hello").await.run().id.clone());
        }
        // the events of each run are in order; those of two runs may alternate
        let mut read = [Vec::new(), Vec::new()];
        while read.iter().any(|of| of.last().is_none_or(|last: &Event| !last.is_last())) {
            let event = of_ada.next().await.unwrap();
            let at = expected.iter().position(|run| *run == event.run).expect("a run of ada's");
            read[at].push(event);
        }
        let [first, second] = read;
        well_formed(&first);
        well_formed(&second);
        for event in &second {
            assert_eq!(of_one.next().await.as_ref(), Some(event), "only the runs of that conversation");
        }
    }

    async fn a_stream_of_all_runs_goes_on_where_it_broke_off(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let (one, two) = (ada.conversation().await.id, ada.conversation().await.id);
        for path in [format!("/conversations/{one}/events"), "/me/events".to_owned()] {
            let mut live = RawEvents::of(ada.request(Method::GET, &path)).await;
            let mut runs = vec![ada.say(&one, "first").await.run().id.clone()];
            let mut heard = vec![live.next().await];
            runs.push(ada.say(&one, "second").await.run().id.clone());
            drop(live);
            runs.push(ada.say(if path.starts_with("/me") { &two } else { &one }, "third").await.run().id.clone());
            // a new connection for every event
            while heard.iter().filter(|(event, _)| event.is_last()).count() < runs.len() {
                let last = heard.last().unwrap().1.clone();
                let back = match heard.len() % 2 {
                    0 => ada.request(Method::GET, &format!("{path}?after={last}")),
                    _ => ada.request(Method::GET, &path).header("Last-Event-ID", last),
                };
                heard.push(RawEvents::of(back).await.next().await);
            }
            for run in &runs {
                let own: Vec<Event> = heard.iter().filter(|(event, _)| event.run == *run).map(|(event, _)| event.clone()).collect();
                assert_eq!(own, ada.events(run).await.rest().await, "{path}");
            }
            assert!(heard.iter().all(|(event, _)| runs.contains(&event.run)), "{path}");
        }
        let wrong = ada.request(Method::GET, "/me/events").header("Last-Event-ID", "x");
        assert_eq!(ada.ask(wrong).await.problem(422, "invalid")["errors"][0]["field"], "Last-Event-ID");
    }
}
