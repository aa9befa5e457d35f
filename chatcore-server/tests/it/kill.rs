//! Processes that end while an answer is being written: killed, or asked to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chatcore_llm::offline::{Scripted, Step};
use reqwest::Method;
use serde_json::json;

use crate::binary::Binary;
use crate::client::{Client, eventually, text_of, well_formed};
use crate::records::{Message, Turn};
use crate::server::{Kind, TestServer};

/// So many words, no two the same.
fn long_text(words: usize) -> String {
    (0..words).map(|at| format!("word{at} ")).collect()
}

/// Begins an answer with the model `echo` and waits until some of it is stored.
async fn begin(client: &Client, conversation: &str, text: &str) -> (Turn, Message) {
    let body = json!({"text": text, "model": "echo", "detach": true});
    let turn: Turn = client.send(conversation, body).await.to(202);
    let some = async || Some(client.message(&turn.answer().id).await).filter(|message| message.text.len() > 20);
    let stored = eventually("some of the answer is stored", some).await;
    assert_eq!(stored.state, "open");
    (turn, stored)
}

#[tokio::test]
async fn what_was_stored_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let slow = [("CHATCORE_OFFLINE_DELAY_MS", "30")];
    let server = Binary::start(folder.path(), &slow).await;
    let ada = server.anonymous().register("ada").await;
    let id = ada.conversation().await.id;
    let before = ada.send(&id, json!({"text": "first", "model": "echo"})).await.to::<Turn>(201);
    let text = long_text(5000);
    let (turn, stored) = begin(&ada, &id, &text).await;
    server.kill().await;

    let server = Binary::start(folder.path(), &slow).await;
    // the session outlives the process
    let ada = server.anonymous().bearer(&ada.session.access_token);
    let branch = ada.branch(&id, None).await;
    assert_eq!(branch.len(), 4);
    assert_eq!((&branch[0], &branch[1]), (before.said(), before.answer()));
    assert_eq!(&branch[2], turn.said());
    let answer = &branch[3];
    assert_eq!((answer.id.as_str(), answer.state.as_str()), (turn.answer().id.as_str(), "interrupted"));
    assert!(answer.text.starts_with(&stored.text), "what was stored is there: {}", answer.text);
    assert!(text.starts_with(&answer.text) && answer.text.len() < text.len(), "and nothing else: {}", answer.text);
    let conversation = ada.read(&id).await;
    assert_eq!((conversation.head.as_ref(), conversation.message_count), (Some(&answer.id), 4));
    let run = ada.run(&turn.run().id).await;
    assert_eq!((run.state.as_str(), run.ended_at.is_some()), ("interrupted", true));
    let events = ada.events(&run.id).await.rest().await;
    assert_eq!(well_formed(&events).name, "interrupted");
    assert_eq!(text_of(&events), answer.text);

    let again: Turn = ada.post(&format!("/messages/{}/regenerate", answer.id), json!({"model": "eliza"})).await.to(201);
    assert_eq!((again.answer().state.as_str(), again.answer().versions), ("complete", 2));
    let below = json!({"text": "go on", "parent_id": answer.id, "model": "echo"});
    ada.send(&id, below).await.is(201);
    server.end().await;
}

#[tokio::test]
async fn a_kill_between_many_leaves_every_conversation_whole() {
    let folder = tempfile::tempdir().unwrap();
    let slow = [("CHATCORE_OFFLINE_DELAY_MS", "5")];
    let mut token: Option<String> = None;
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for _ in 0..3 {
        let server = Binary::start(folder.path(), &slow).await;
        let ada = match &token {
            Some(token) => server.anonymous().bearer(token),
            None => {
                let ada = server.anonymous().register("ada").await;
                token = Some(ada.session.access_token.clone());
                server.anonymous().bearer(&ada.session.access_token)
            }
        };
        for (conversation, messages) in &told {
            let tree: Vec<String> = ada.tree(conversation).await.into_iter().map(|node| node.id).collect();
            let lost: Vec<&String> = messages.iter().filter(|id| !tree.contains(id)).collect();
            assert!(lost.is_empty(), "what was told to be stored is not there: {lost:?}");
            for message in ada.branch(conversation, None).await {
                assert_ne!(message.state, "open", "{message:?}");
            }
        }
        let told_now = Arc::new(AtomicUsize::new(0));
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let id = ada.conversation().await.id;
            let path = format!("/conversations/{id}/messages");
            let (ada, told_now) = (ada.clone(), told_now.clone());
            writers.spawn(async move {
                let mut stored = Vec::new();
                let body = json!({"text": long_text(20), "model": "echo", "parent_id": null});
                // until the server is gone
                while let Ok(answer) = ada.request(Method::POST, &path).json(&body).send().await {
                    let Ok(turn) = answer.json::<Turn>().await else { break };
                    stored.extend([turn.said().id.clone(), turn.answer().id.clone()]);
                    told_now.fetch_add(1, Ordering::Relaxed);
                }
                (id, stored)
            });
        }
        eventually("some turns", async || (told_now.load(Ordering::Relaxed) >= 9).then_some(())).await;
        server.kill().await;
        told.extend(writers.join_all().await);
    }
    assert_eq!(told.len(), 18);
}

#[tokio::test]
async fn a_server_that_is_asked_to_end_says_so_to_readers() {
    let folder = tempfile::tempdir().unwrap();
    let slow = [("CHATCORE_OFFLINE_DELAY_MS", "30"), ("CHATCORE_DRAIN_SECONDS", "8")];
    let server = Binary::start(folder.path(), &slow).await;
    let ada = server.anonymous().register("ada").await;
    let id = ada.conversation().await.id;
    let text = long_text(5000);
    let body = json!({"text": text, "model": "echo", "stream": true});
    let mut live = ada.stream(&format!("/conversations/{id}/messages"), body).await;
    let mut events = vec![live.next().await.unwrap(), live.delta().await];
    server.ask_to_end().await;
    events.extend(live.rest().await);
    let last = well_formed(&events);
    assert_eq!(last.name, "interrupted");
    assert!(!last.message().text.is_empty() && text.starts_with(&last.message().text));
    let (status, log) = server.ended().await;
    assert!(status.success(), "{status}: {log}");

    let server = Binary::start(folder.path(), &slow).await;
    let ada = server.anonymous().bearer(&ada.session.access_token);
    assert_eq!(ada.branch(&id, None).await.last(), Some(&last.message()));
    assert_eq!(ada.events(&last.run).await.rest().await, events);
    server.end().await;
}

#[tokio::test]
async fn a_server_that_is_asked_to_end_lets_short_answers_finish() {
    let folder = tempfile::tempdir().unwrap();
    let slow = [("CHATCORE_OFFLINE_DELAY_MS", "20"), ("CHATCORE_DRAIN_SECONDS", "60")];
    let server = Binary::start(folder.path(), &slow).await;
    let ada = server.anonymous().register("ada").await;
    let id = ada.conversation().await.id;
    let text = long_text(40);
    let body = json!({"text": text, "model": "echo", "stream": true});
    let mut live = ada.stream(&format!("/conversations/{id}/messages"), body).await;
    let mut events = vec![live.next().await.unwrap(), live.delta().await];
    server.ask_to_end().await;
    events.extend(live.rest().await);
    assert_eq!((well_formed(&events).name.as_str(), text_of(&events)), ("completed", text));
    assert!(server.ended().await.0.success());
}

#[tokio::test]
async fn answers_that_nobody_reads_are_ended_too() {
    let folder = tempfile::tempdir().unwrap();
    let slow = [("CHATCORE_OFFLINE_DELAY_MS", "30"), ("CHATCORE_DRAIN_SECONDS", "1")];
    let server = Binary::start(folder.path(), &slow).await;
    let ada = server.anonymous().register("ada").await;
    let id = ada.conversation().await.id;
    let (turn, stored) = begin(&ada, &id, &long_text(5000)).await;
    server.end().await;
    let server = Binary::start(folder.path(), &slow).await;
    let ada = server.anonymous().bearer(&ada.session.access_token);
    let message = ada.message(&turn.answer().id).await;
    assert_eq!(message.state, "interrupted");
    assert!(message.text.starts_with(&stored.text));
    server.end().await;
}

/// In this process, where the model can be one that never ends by itself.
async fn ends_with_a_silent_model(kind: Kind) {
    let server = TestServer::with(kind, Scripted::new([Step::text("well "), Step::Hang])).await;
    let ada = server.user("ada").await;
    let id = ada.conversation().await.id;
    let body = json!({"text": "hello", "stream": true});
    let mut live = ada.stream(&format!("/conversations/{id}/messages"), body).await;
    let mut events = vec![live.next().await.unwrap(), live.delta().await];
    let ended = server.ask_to_end();
    events.extend(live.rest().await);
    let last = well_formed(&events);
    assert_eq!((last.name.as_str(), last.message().text.as_str()), ("interrupted", "well "));
    ended.await.unwrap().unwrap();
}

each_store! {
    async fn a_model_that_is_silent_holds_nobody_up(kind) {
        ends_with_a_silent_model(kind).await;
    }
}
