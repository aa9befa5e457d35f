//! Requests that are made again: nothing is done twice, whoever lost the answer gets it.

use std::collections::HashSet;

use chatcore_llm::offline::{Scripted, Step};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, User, eventually, text_of, well_formed};
use crate::records::{Conversation, Turn};
use crate::server::TestServer;

const KEY: &str = "idempotency-key";
const POSTS: usize = 100;

/// That many programs of one user, each with connections of its own.
fn programs(server: &TestServer, user: &User) -> Vec<Client> {
    (0..POSTS).map(|_| server.anonymous().bearer(&user.session.access_token).with(KEY, "the-one")).collect()
}

/// The one body that all of them got.
#[track_caller]
fn same(answers: &[Answer], status: u16) -> &Answer {
    let bodies: HashSet<(u16, &String)> = answers.iter().map(|answer| (answer.status, &answer.body)).collect();
    assert_eq!(bodies.len(), 1, "several answers to one request: {bodies:#?}");
    answers[0].is(status);
    &answers[0]
}

each_store! {
    async fn a_hundred_equal_posts_are_one(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let programs = programs(&server, &ada);
        let id = ada.conversation().await.id;
        let body = json!({"text": "hello"});
        let answers = join_all(programs.iter().map(|it| it.send(&id, body.clone()))).await;
        let turn: Turn = same(&answers, 201).to(201);
        assert_eq!((turn.answer().text.as_str(), turn.run().state.as_str()), ("hello", "completed"));
        assert_eq!(ada.branch(&id, None).await, [turn.said().clone(), turn.answer().clone()]);
        // a replay after the end, however the body is written
        let spaced = "{ \"stream\" : false, \"text\":\"hello\" }";
        let request = programs[0].request(Method::POST, &format!("/conversations/{id}/messages"));
        let again = ada.ask(request.header("content-type", "application/json").body(spaced)).await;
        assert_eq!(again.to::<Turn>(201), turn);
        // something else under that name, there or anywhere
        for (path, body) in [
            (format!("/conversations/{id}/messages"), json!({"text": "hello!"})),
            (format!("/conversations/{id}/messages"), json!({"text": "hello", "parent_id": null})),
            (format!("/messages/{}/edit", turn.said().id), body.clone()),
            (format!("/messages/{}/regenerate", turn.answer().id), json!({})),
            ("/conversations".to_owned(), json!({})),
            (format!("/conversations/{id}/fork"), json!({"message_id": turn.answer().id})),
        ] {
            let refused = programs[0].post(&path, body).await.problem(422, "idempotency-key-reused");
            assert_eq!(refused["errors"][0]["field"], "Idempotency-Key", "{path}");
        }
        assert_eq!(ada.read(&id).await.message_count, 2);
        // names of one user mean nothing to another
        let grace = server.user("grace").await;
        let theirs = grace.conversation().await.id;
        grace.with(KEY, "the-one").send(&theirs, body).await.is(201);
    }

    async fn every_post_that_makes_something_makes_it_once(kind) {
        let server = TestServer::with(kind, Scripted::new([Step::text("half"), Step::Hang]).then([Step::text("!"), Step::stop()])).await;
        let ada = server.user("ada").await;
        let named = |name: &str| (0..8).map(|_| ada.with(KEY, name)).collect::<Vec<_>>();
        let post = async |name: &str, path: String, body: Value, status: u16| {
            let programs = named(name);
            let answers = join_all(programs.iter().map(|it| it.post(&path, body.clone()))).await;
            same(&answers, status).clone()
        };
        let made: Conversation = post("create", "/conversations".into(), json!({"title": "one"}), 201).await.to(201);
        let id = made.id;
        let messages = format!("/conversations/{id}/messages");
        let stored: Turn = post("append", messages.clone(), json!({"text": "stored", "run": false}), 201).await.to(201);
        let said = stored.said().id.clone();
        let detached = post("answer", format!("/messages/{said}/answer"), json!({"detach": true}), 202);
        let answered: Turn = detached.await.to(202);
        let answer = answered.answer().id.clone();
        eventually("it is said", async || (ada.message(&answer).await.text == "half").then_some(())).await;
        ada.post(&format!("/runs/{}/stop", answered.run().id), json!({})).await.is(202);
        ada.ended(&answered.run().id).await;
        let whole: Turn = post("continue", format!("/messages/{answer}/continue"), json!({}), 201).await.to(201);
        assert_eq!(whole.answer().text, "half!");
        post("regenerate", format!("/messages/{answer}/regenerate"), json!({}), 201).await;
        post("edit", format!("/messages/{said}/edit"), json!({"text": "better"}), 201).await;
        post("fork", format!("/conversations/{id}/fork"), json!({"message_id": said}), 201).await;
        assert_eq!(ada.read(&id).await.message_count, 6);
        assert_eq!(ada.pages::<Value>("/conversations", 10).await.len(), 2);
    }

    /// Whoever has a link may copy what it shows, under a name of their own.
    async fn a_copy_by_a_link_is_made_once(kind) {
        let server = TestServer::start(kind).await;
        let (ada, grace) = (server.user("ada").await, server.user("grace").await);
        let links: Vec<String> = join_all((0..2).map(|_| async {
            let id = ada.conversation().await.id;
            ada.say(&id, "look").await;
            let made: Value = ada.post(&format!("/conversations/{id}/shares"), json!({})).await.to(201);
            let token = made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            format!("/shares/{token}/fork")
        })).await;
        let programs: Vec<Client> = (0..8).map(|_| grace.with(KEY, "the-copy")).collect();
        let answers = join_all(programs.iter().map(|it| it.post(&links[0], json!({})))).await;
        let copy: Conversation = same(&answers, 201).to(201);
        assert_eq!(copy.message_count, 2);
        assert_eq!(grace.pages::<Value>("/conversations", 10).await.len(), 1);
        programs[0].post(&links[1], json!({})).await.problem(422, "idempotency-key-reused");
        // names of one user mean nothing to another
        let own: Conversation = ada.with(KEY, "the-copy").post(&links[0], json!({})).await.to(201);
        assert_ne!(own.id, copy.id);
    }

    async fn a_stream_that_was_lost_is_found_again(kind) {
        let model = Scripted::new([Step::text("one "), Step::delay_ms(400), Step::text("two"), Step::stop()]);
        let server = TestServer::with(kind, model.clone()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let (path, body) = (format!("/conversations/{id}/messages"), json!({"text": "count", "stream": true}));
        let named = ada.with(KEY, "stream-1");
        let mut first = named.stream(&path, body.clone()).await;
        let started = first.next().await.unwrap();
        drop(first);
        // while it goes on, and when it has ended
        let live = named.stream(&path, body.clone()).await.rest().await;
        assert_eq!((well_formed(&live).name.as_str(), text_of(&live).as_str()), ("completed", "one two"));
        assert_eq!(live[0], started);
        let later = named.stream(&path, body).await.rest().await;
        assert_eq!(later, live);
        // how the answer is waited for is no part of what is asked
        let whole: Turn = named.post(&path, json!({"text": "count"})).await.to(201);
        assert_eq!(whole.answer().text, "one two");
        let at_once: Turn = named.post(&path, json!({"text": "count", "detach": true})).await.to(202);
        assert_eq!(at_once.run().id, whole.run().id);
        assert_eq!(model.requests().len(), 1);
        assert_eq!(ada.read(&id).await.message_count, 2);
    }

    async fn what_a_name_made_may_be_gone(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let old = ada.say(&id, "old").await;
        let (path, body) = (format!("/messages/{}/edit", old.said().id), json!({"text": "new"}));
        let named = ada.with(KEY, "edit-1");
        let new: Turn = named.post(&path, body.clone()).await.to(201);
        ada.delete(&format!("/messages/{}", old.said().id)).await.is(200);
        let again: Turn = named.post(&path, body.clone()).await.to(201);
        assert_eq!((&again.said().id, &again.run().id), (&new.said().id, &new.run().id));
        ada.delete(&format!("/messages/{}", new.said().id)).await.is(200);
        named.post(&path, body).await.problem(410, "gone");
        assert_eq!(ada.read(&id).await.message_count, 0);
    }

    async fn a_client_ref_is_for_one_message(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let (id, other) = (ada.conversation().await.id, ada.conversation().await.id);
        let programs = (0..32).map(|_| server.anonymous().bearer(&ada.session.access_token)).collect::<Vec<_>>();
        let body = json!({"text": "hello", "client_ref": "draft-7"});
        let answers = join_all(programs.iter().map(|it| it.send(&id, body.clone()))).await;
        let turn: Turn = same(&answers, 201).to(201);
        assert_eq!(turn.said().client_ref.as_deref(), Some("draft-7"));
        let refused = ada.send(&id, json!({"text": "other", "client_ref": "draft-7"})).await;
        assert_eq!(refused.problem(422, "client-ref-reused")["errors"][0]["field"], "client_ref");
        assert_eq!(ada.read(&id).await.message_count, 2);
        let elsewhere: Turn = ada.send(&other, body.clone()).await.to(201);
        assert_ne!(elsewhere.said().id, turn.said().id);
        // the name goes with its message
        ada.delete(&format!("/messages/{}", turn.said().id)).await.is(200);
        let again: Turn = ada.send(&id, json!({"text": "other", "client_ref": "draft-7"})).await.to(201);
        assert_ne!(again.said().id, turn.said().id);
    }

    async fn a_name_that_cannot_be_is_refused(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let path = format!("/conversations/{id}/messages");
        let post = || ada.request(Method::POST, &path).json(&json!({"text": "hello"}));
        let long = "k".repeat(256);
        for wrong in ["", "two words", "\u{e4}", long.as_str()] {
            let refused = ada.ask(post().header(KEY, wrong)).await.problem(422, "invalid");
            assert_eq!(refused["errors"][0]["field"], "Idempotency-Key", "{wrong:?}");
        }
        ada.ask(post().header(KEY, "one").header(KEY, "two")).await.problem(422, "invalid");
        ada.ask(post().header(KEY, &*vec![0xff_u8, 0xfe].leak())).await.problem(422, "invalid");
        assert_eq!(ada.read(&id).await.message_count, 0);
        // a request that is refused leaves its name free
        let named = ada.with(KEY, &"k".repeat(255));
        named.send(&id, json!({"text": " "})).await.problem(422, "invalid");
        named.send(&id, json!({"text": "hello"})).await.is(201);
    }
}
