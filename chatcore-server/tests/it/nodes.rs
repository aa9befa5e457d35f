//! Two servers on one PostgreSQL: what one drives, the other tells, stops, and ends when the first is gone.

use std::time::Duration;

use chatcore_llm::offline::{Scripted, Step};
use chatcore_server::config::{HttpSettings, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::binary::Binary;
use crate::client::{Answer, Client, Event, Events, eventually, text_of, well_formed};
use crate::records::Turn;
use crate::server::{Kind, SECRET, TestServer, echo, postgres};

/// A server on a schema that another may use too.
async fn node(url: &str, models: impl Into<chatcore::turn::Models>) -> TestServer {
    let settings = Settings { store: Some(url.to_owned().into()), ..Settings::default() };
    TestServer::set_up(Kind::Postgres, settings, Some(models.into())).await
}

fn resumed(client: &Client, path: &str, id: &str) -> reqwest::RequestBuilder {
    client.request(Method::GET, path).header("Last-Event-ID", id)
}

#[cfg_attr(no_postgres, ignore = "no PostgreSQL was installed when this was built")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_goes_on_at_another_node() {
    let url = postgres().fresh();
    let (one, two) = (node(&url, echo(Duration::from_millis(20))).await, node(&url, echo(Duration::ZERO)).await);
    let ada = one.user("ada").await;
    let there = two.anonymous().bearer(&ada.session.access_token);
    let id = ada.conversation().await.id;
    // somebody who listens at the other node hears all of it, too
    let mut beside = Events::of(there.request(Method::GET, &format!("/conversations/{id}/events"))).await;
    let text: String = (0..60).map(|word| format!("word{word} ")).collect();
    let path = format!("/conversations/{id}/messages");
    let mut live = ada.stream(&path, json!({"text": text, "stream": true})).await;
    let mut events = vec![live.next().await.unwrap(), live.delta().await];
    drop(live);
    // from node to node, a few events at each
    let (run, mut at) = (events[0].run.clone(), 0);
    while !events.last().unwrap().is_last() {
        let client: &Client = if at % 2 == 0 { &there } else { &ada };
        let last = events.last().unwrap().id();
        let mut read = Events::of(resumed(client, &format!("/runs/{run}/events"), &last)).await;
        for _ in 0..7 {
            events.extend(read.next().await);
            if events.last().unwrap().is_last() {
                break;
            }
        }
        at += 1;
    }
    assert_eq!((well_formed(&events).name.as_str(), text_of(&events)), ("completed", text));
    let mut heard: Vec<Event> = Vec::new();
    while heard.last().is_none_or(|last| !last.is_last()) {
        heard.push(beside.next().await.unwrap());
    }
    assert_eq!(heard, events, "the other node tells the same");
    let grace = two.user("grace").await;
    grace.get(&format!("/runs/{run}/events")).await.problem(404, "not-found");
    grace.get(&format!("/conversations/{id}/events")).await.problem(404, "not-found");
}

#[cfg_attr(no_postgres, ignore = "no PostgreSQL was installed when this was built")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_ins_are_counted_together() {
    let url = postgres().fresh();
    let limited = async || {
        let http =
            HttpSettings { rate_limits: Some("sign-in=4/3600,account=3/3600".into()), ..HttpSettings::default() };
        let settings = Settings { store: Some(url.clone().into()), http, ..Settings::default() };
        TestServer::set_up(Kind::Postgres, settings, Some(echo(Duration::ZERO))).await
    };
    let (one, two) = (limited().await, limited().await);
    let guess = async |node: &TestServer, name: &str| {
        node.anonymous().post("/auth/login", json!({"login": name, "password": "guess"})).await
    };
    let left = |answer: &Answer| answer.header("ratelimit").to_owned();
    let first = guess(&one, "ann").await;
    first.problem(401, "wrong-credentials");
    assert!(left(&first).starts_with("\"sign-in\";r=3;") && left(&first).contains("\"account\";r=2;"), "{first:?}");
    let second = guess(&two, "Ann").await;
    second.problem(401, "wrong-credentials");
    assert!(left(&second).starts_with("\"sign-in\";r=2;") && left(&second).contains("\"account\";r=1;"), "{second:?}");
    guess(&one, "ann").await.problem(401, "wrong-credentials");
    let refused = guess(&two, "ann").await.problem(429, "rate-limited");
    assert_eq!(refused["violated-policies"], json!(["account"]));
    // four from this address, whoever was asked for; what is cheap is not worth a journey
    for (node, name) in [(&one, "bob"), (&two, "eve")] {
        let refused = guess(node, name).await.problem(429, "rate-limited");
        assert_eq!(refused["violated-policies"], json!(["sign-in"]));
        node.anonymous().get("/me").await.problem(401, "unauthenticated");
    }
    // a server that comes later knows it, too
    guess(&limited().await, "joe").await.problem(429, "rate-limited");
}

#[cfg_attr(no_postgres, ignore = "no PostgreSQL was installed when this was built")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_stopped_from_another_node() {
    let url = postgres().fresh();
    let model = Scripted::new([Step::text("one "), Step::Hang]);
    let (one, two) = (node(&url, model.clone()).await, node(&url, echo(Duration::ZERO)).await);
    let ada = one.user("ada").await;
    let there = two.anonymous().bearer(&ada.session.access_token);
    let id = ada.conversation().await.id;
    let run = ada.begin(&id, "hello").await.run().id.clone();
    let mut read = there.events(&run).await;
    let mut events = vec![read.next().await.unwrap(), read.delta().await];
    there.post(&format!("/runs/{run}/stop"), json!({})).await.is(202);
    events.extend(read.rest().await);
    let last = well_formed(&events);
    assert_eq!((last.name.as_str(), last.message().text.as_str()), ("stopped", "one "));
    eventually("the model is let go", async || (model.open_streams() == 0).then_some(())).await;
    assert_eq!(ada.read(&id).await.head, Some(last.message().id));
}

/// What both binaries are started with.
fn environment(url: &str) -> [(&str, &str); 5] {
    [
        ("CHATCORE_STORE", url),
        ("CHATCORE_SECRET", SECRET),
        ("CHATCORE_OFFLINE_DELAY_MS", "30"),
        ("CHATCORE_LAPSE_SECONDS", "2"),
        ("CHATCORE_DRAIN_SECONDS", "1"),
    ]
}

/// Begins a long answer at one of two servers, ends that server in some way, and goes on at the other.
async fn outlived(end: impl AsyncFnOnce(Binary)) {
    let (folder, url) = (tempfile::tempdir().unwrap(), postgres().fresh());
    let one = Binary::start(folder.path(), &environment(&url)).await;
    let two = Binary::start(folder.path(), &environment(&url)).await;
    let ada = one.anonymous().register("ada").await;
    let there = two.anonymous().bearer(&ada.session.access_token);
    let id = ada.conversation().await.id;
    let text: String = (0..5000).map(|word| format!("word{word} ")).collect();
    let turn: Turn = ada.send(&id, json!({"text": text, "model": "echo", "detach": true})).await.to(202);
    let run = &turn.run().id;
    let mut read = there.events(run).await;
    let mut events = vec![read.next().await.unwrap()];
    for _ in 0..20 {
        events.push(read.delta().await);
    }
    end(one).await;
    // the same connection, at the node that lives
    events.extend(read.rest().await);
    let last = well_formed(&events);
    assert_eq!(last.name, "interrupted");
    let message = last.message();
    assert!(text.starts_with(&message.text) && message.text.len() < text.len(), "{}", message.text);
    let head = there.read(&id).await.head;
    assert_eq!(head, Some(message.id.clone()));
    let running: Value = there.get(&format!("/runs/{run}")).await.to(200);
    assert_eq!(running["state"], "interrupted");
    let again = json!({"text": "go on", "model": "echo"});
    there.send(&id, again).await.is(201);
    two.end().await;
}

#[cfg_attr(no_postgres, ignore = "no PostgreSQL was installed when this was built")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_node_leaves_another_ends() {
    outlived(async |one: Binary| one.kill().await).await;
}

#[cfg_attr(no_postgres, ignore = "no PostgreSQL was installed when this was built")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_asked_to_end_leaves_its_readers_to_another() {
    outlived(async |one: Binary| one.end().await).await;
}
