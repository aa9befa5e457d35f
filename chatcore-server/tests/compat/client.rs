//! A client that sends what it is told, and reads the whole answer.

use std::net::SocketAddr;
use std::ops::Deref;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// Far longer than anything here takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody who asks below some path.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    pub(crate) base: String,
    authorization: Option<String>,
    headers: Vec<(String, String)>,
}

/// Somebody with an account of the native API.
pub(crate) struct User(Client);

impl Deref for User {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.0
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
    pub(crate) fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    /// An answer of that status that says exactly this.
    #[track_caller]
    pub(crate) fn says(&self, status: u16, body: Value) {
        assert_eq!((self.status, self.json(status)), (status, body));
    }
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let policy = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().no_proxy().redirect(policy).build().unwrap();
        Self { http, base: format!("http://{address}"), authorization: None, headers: Vec::new() }
    }

    /// The same at a mount.
    pub(crate) fn at(&self, mount: &str) -> Self {
        Self { base: format!("{}/compat/{mount}", self.base), ..self.clone() }
    }

    /// The same for another address.
    pub(crate) fn elsewhere(&self, url: &str) -> Self {
        Self { base: url.to_owned(), ..self.clone() }
    }

    /// The same below another path of the server.
    pub(crate) fn moved_to(&self, other: &Self) -> Self {
        Self { base: other.base.clone(), ..self.clone() }
    }

    /// The same with this `Authorization`.
    pub(crate) fn showing(&self, authorization: impl Into<String>) -> Self {
        Self { authorization: Some(authorization.into()), ..self.clone() }
    }

    /// What it shows to get in.
    pub(crate) fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    /// The same with one more header.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    /// Sends a request with a body of some kind, if there is one.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<(&str, &str)>) -> Answer {
        let mut request = self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), self.base.clone() + path);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body.to_owned());
        }
        let answer = async {
            let response = request.send().await.unwrap();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Answer { status, headers, body: response.text().await.unwrap() }
        };
        tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time")
    }

    /// Opens a stream, and reads it meanwhile until a piece of text is in it. When this returns it is open: its first
    /// bytes came.
    pub(crate) async fn listening(&self, path: &str, piece: &str) -> JoinHandle<String> {
        let mut request = self.http.get(self.base.clone() + path);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let open = async {
            let mut response = request.send().await.unwrap();
            assert_eq!(response.status(), 200);
            let first = response.chunk().await.unwrap().expect("the stream begins");
            (response, first)
        };
        let (mut response, first) = tokio::time::timeout(PATIENCE, open).await.expect("the stream in time");
        let piece = piece.to_owned();
        tokio::spawn(async move {
            let read = async {
                let mut text = String::from_utf8(first.to_vec()).unwrap();
                // the line behind the piece belongs to it
                while !text.split_once(&piece).is_some_and(|(_, rest)| rest.contains("\n\n")) {
                    let chunk = response.chunk().await.unwrap().expect("the stream goes on");
                    text.push_str(std::str::from_utf8(&chunk).unwrap());
                }
                text
            };
            tokio::time::timeout(PATIENCE, read).await.expect("the piece in time")
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(("application/json", &body.to_string()))).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(("application/json", &body.to_string()))).await
    }

    /// Makes an account of the native API.
    pub(crate) async fn register(&self, name: &str) -> User {
        let body = json!({"username": name, "password": "a horse that eats staples"});
        let session = self.post("/api/v1/auth/register", body).await.json(201);
        User(self.showing(format!("Bearer {}", session["access_token"].as_str().unwrap())))
    }
}
