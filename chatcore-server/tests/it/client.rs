//! A small client of the API: somebody without an account, and a user.

use std::net::SocketAddr;
use std::ops::Deref;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::records::{Conversation, Message, NewKey, Node, Page, Run, Session, Turn};

mod events;

pub(crate) use events::{Event, Events, RawEvents, text_of, well_formed};

/// Far longer than anything here takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// What everybody here signs in with.
pub(crate) const PASSWORD: &str = "a horse that eats staples";

/// Somebody who asks; knows no more than headers to send.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    pub(crate) base: String,
    headers: HeaderMap,
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct User {
    client: Client,
    pub(crate) session: Session,
}

impl Deref for User {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// A header; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body of an answer of that status.
    #[track_caller]
    pub(crate) fn to<T: DeserializeOwned>(&self, status: u16) -> T {
        assert_eq!(self.status, status, "{}", self.body);
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    /// An answer of that status, whatever it says.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.body);
    }

    /// The problem that this answer is: of that status in both places, with a sentence for people.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, slug: &str) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem: Value = self.to(status);
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("/problems/{slug}"), "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() >= 10), "{problem}");
        problem
    }
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, base: format!("http://{address}"), headers: HeaderMap::new() }
    }

    /// The same with one more header.
    pub(crate) fn with(&self, name: &'static str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        other
    }

    /// The same with an access token.
    pub(crate) fn bearer(&self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// A request to a path of the API, or to any path that begins with two slashes.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = match path.strip_prefix("//") {
            Some(path) => format!("/{path}"),
            None => format!("/api/v1{path}"),
        };
        self.http.request(method, format!("{}{path}", self.base)).headers(self.headers.clone())
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn ask(&self, request: RequestBuilder) -> Answer {
        let answer = async {
            let response = request.send().await.unwrap();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Answer { status, headers, body: response.text().await.unwrap() }
        };
        tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask(self.request(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.ask(self.request(Method::PATCH, path).json(&body)).await
    }

    /// Makes an account and signs in.
    pub(crate) async fn register(&self, name: &str) -> User {
        let answer = self.post("/auth/register", json!({"username": name, "password": PASSWORD})).await;
        self.signed_in(answer.to(201))
    }

    /// Signs in.
    pub(crate) async fn login(&self, name: &str) -> User {
        self.signed_in(self.post("/auth/login", json!({"login": name, "password": PASSWORD})).await.to(200))
    }

    pub(crate) fn signed_in(&self, session: Session) -> User {
        User { client: self.bearer(&session.access_token), session }
    }
}

/// What a user does all the time.
impl Client {
    /// Makes a key for a program.
    pub(crate) async fn key(&self, name: &str, scopes: &[&str]) -> NewKey {
        self.post("/me/api-keys", json!({"name": name, "scopes": scopes})).await.to(201)
    }

    pub(crate) async fn conversation(&self) -> Conversation {
        self.post("/conversations", json!({})).await.to(201)
    }

    pub(crate) async fn read(&self, conversation: &str) -> Conversation {
        self.get(&format!("/conversations/{conversation}")).await.to(200)
    }

    pub(crate) async fn message(&self, id: &str) -> Message {
        self.get(&format!("/messages/{id}")).await.to(200)
    }

    pub(crate) async fn run(&self, id: &str) -> Run {
        self.get(&format!("/runs/{id}")).await.to(200)
    }

    /// Sends a message; the body says how.
    pub(crate) async fn send(&self, conversation: &str, body: Value) -> Answer {
        self.post(&format!("/conversations/{conversation}/messages"), body).await
    }

    /// Says something and waits for the whole answer.
    pub(crate) async fn say(&self, conversation: &str, text: &str) -> Turn {
        self.send(conversation, json!({"text": text})).await.to(201)
    }

    /// Says something and waits for nothing.
    pub(crate) async fn begin(&self, conversation: &str, text: &str) -> Turn {
        self.send(conversation, json!({"text": text, "detach": true})).await.to(202)
    }

    /// Posts something that is answered with a stream of events.
    pub(crate) async fn stream(&self, path: &str, body: Value) -> Events {
        Events::of(self.request(Method::POST, path).json(&body)).await
    }

    /// The events of a run from its beginning.
    pub(crate) async fn events(&self, run: &str) -> Events {
        Events::of(self.request(Method::GET, &format!("/runs/{run}/events"))).await
    }

    /// The active branch, or the one that ends at `leaf`; at most 200 messages.
    pub(crate) async fn branch(&self, conversation: &str, leaf: Option<&str>) -> Vec<Message> {
        let leaf = leaf.map(|leaf| format!("&leaf={leaf}")).unwrap_or_default();
        let path = format!("/conversations/{conversation}/messages?limit=200{leaf}");
        let page: Page<Message> = self.get(&path).await.to(200);
        assert_eq!(page.next_cursor, None);
        page.items
    }

    /// All messages, from as many pages as it takes.
    pub(crate) async fn tree(&self, conversation: &str) -> Vec<Node> {
        self.pages(&format!("/conversations/{conversation}/tree"), 100).await
    }

    /// A whole list, read in pages of that size.
    pub(crate) async fn pages<T: DeserializeOwned>(&self, path: &str, size: usize) -> Vec<T> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        let join = if path.contains('?') { '&' } else { '?' };
        loop {
            let page: Page<T> = self.get(&format!("{path}{join}limit={size}{cursor}")).await.to(200);
            assert!(page.items.len() <= size);
            all.extend(page.items);
            let Some(next) = page.next_cursor else { return all };
            cursor = format!("&cursor={next}");
        }
    }

    /// Waits until a run is no longer running.
    pub(crate) async fn ended(&self, run: &str) -> Run {
        eventually("the run ends", async || {
            Some(self.run(run).await).filter(|run| !matches!(&*run.state, "running" | "queued"))
        })
        .await
    }
}

/// A text as it stands in an address.
pub(crate) fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// Asks again and again until there is something.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("{what}: not in time"))
}
