//! A client that comes back.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chatcore_llm::sse;
use futures::StreamExt;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::server::{PATIENCE, Server};

/// Somebody with an account.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    pub(crate) token: String,
}

/// An event, and when it came.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: Value,
    pub(crate) at: Instant,
}

impl Event {
    fn read(event: sse::Event) -> Self {
        let data = serde_json::from_str(&event.data).unwrap();
        Self { id: event.id, name: event.event, data, at: Instant::now() }
    }

    pub(crate) fn seq(&self) -> u64 {
        self.id.split_once(':').expect("an id").1.parse().unwrap()
    }

    pub(crate) fn is_last(&self) -> bool {
        matches!(self.name.as_str(), "completed" | "stopped" | "failed" | "interrupted")
    }
}

impl Client {
    pub(crate) async fn register(server: &Server) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let client = Self { http, address: server.address, token: String::new() };
        let account = json!({"username": "ada", "password": "a horse that eats staples"});
        let session = client.post("/auth/register", &account).await;
        Self { token: session["access_token"].as_str().unwrap().to_owned(), ..client }
    }

    /// The same at another address.
    pub(crate) fn at(&self, server: &Server) -> Self {
        Self { address: server.address, http: reqwest::Client::builder().no_proxy().build().unwrap(), ..self.clone() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/api/v1{path}", self.address)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.url(path));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    async fn json(request: RequestBuilder) -> Value {
        let answer: Response = tokio::time::timeout(PATIENCE, request.send()).await.expect("in time").unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
        answer.json().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        Self::json(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        Self::json(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn conversation(&self) -> String {
        self.post("/conversations", &json!({})).await["id"].as_str().unwrap().to_owned()
    }

    /// Begins an answer; the id of its run.
    pub(crate) async fn begin(&self, conversation: &str, text: &str) -> String {
        let body = json!({"text": text, "detach": true});
        let turn = self.post(&format!("/conversations/{conversation}/messages"), &body).await;
        turn["run"]["id"].as_str().unwrap().to_owned()
    }

    /// Reads behind the last of these events, at most so many more; a connection that breaks is an end like another.
    pub(crate) async fn read(&self, run: &str, events: &mut Vec<Event>, most: usize) {
        let mut request = self.request(Method::GET, &format!("/runs/{run}/events"));
        if let Some(last) = events.last() {
            request = request.header("Last-Event-ID", &last.id);
        }
        let Ok(response) = request.send().await else { return };
        assert_eq!(response.status(), 200);
        let decoder = sse::Decoder::with_limit(64 << 20);
        let mut stream = sse::Events::with(decoder, response.bytes_stream().boxed());
        for _ in 0..most {
            let next = tokio::time::timeout(PATIENCE, stream.next()).await.expect("an event in time");
            let Some(Ok(event)) = next else { return };
            events.push(Event::read(event));
            if events.last().is_some_and(Event::is_last) {
                return;
            }
        }
    }

    /// What is stored of an answer that is still being written, when that is at least this much.
    pub(crate) async fn stored(&self, run: &str, heard: &str) -> String {
        let message = self.get(&format!("/runs/{run}")).await["message_id"].as_str().unwrap().to_owned();
        let stored = async {
            loop {
                // an open message is read from the log in the store
                let found = self.get(&format!("/messages/{message}")).await;
                assert_eq!(found["state"], "open");
                match found["text"].as_str() {
                    Some(text) if text.len() >= heard.len() => return text.to_owned(),
                    _ => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        let stored = tokio::time::timeout(PATIENCE, stored).await.expect("what was heard is stored during the answer");
        assert!(stored.starts_with(heard), "what is stored is not what was heard");
        stored
    }

    /// The run, when it does not go on any more.
    pub(crate) async fn ended(&self, run: &str) -> Value {
        let ended = async {
            loop {
                let run = self.get(&format!("/runs/{run}")).await;
                if run["state"] != "running" {
                    return run;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ended).await.expect("the run ends")
    }
}

/// What the pieces say.
pub(crate) fn text_of(events: &[Event]) -> String {
    events.iter().filter(|event| event.name == "delta").filter_map(|event| event.data["text"].as_str()).collect()
}

/// Checks that the events are numbered from 1 without a gap or a repetition, up to one last event.
#[track_caller]
pub(crate) fn assert_whole(events: &[Event]) {
    let numbers: Vec<u64> = events.iter().map(Event::seq).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert_eq!(events.iter().filter(|event| event.is_last()).count(), 1);
    assert!(events.last().is_some_and(Event::is_last));
}
