//! Who is asked, and how to put a request to them.

use std::net::SocketAddr;
use std::path::Path;

use chatcore_benches::Failure;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::program::Program;

/// Accounts of the server; every one has its share of the streams.
const USERS: usize = 8;
/// Conversations that are made at the same time.
const AT_ONCE: usize = 16;

/// Somebody who answers with a stream.
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// What is measured; the model itself is not.
    pub(crate) process: Option<u32>,
    users: Option<Users>,
    _program: Option<Program>,
}

/// People with an account.
struct Users {
    http: Client,
    tokens: Vec<String>,
}

impl Target {
    /// The model itself.
    pub(crate) fn model(address: SocketAddr) -> Self {
        Self { address, process: None, users: None, _program: None }
    }

    /// A proxy before the model, which is asked as the model is.
    pub(crate) fn proxy(program: Program) -> Self {
        Self { address: program.address, process: Some(program.process), users: None, _program: Some(program) }
    }

    /// Our server, with so many accounts.
    pub(crate) async fn chatcore(program: Program, users: usize) -> Result<Self, Failure> {
        let http = Client::builder().no_proxy().build()?;
        let mut tokens = Vec::new();
        for user in 0..users {
            let account = json!({ "username": format!("user{user}"), "password": "a horse that eats staples" });
            let path = format!("http://{}/api/v1/auth/register", program.address);
            let session = answer(http.post(path).json(&account)).await?;
            tokens.push(session["access_token"].as_str().ok_or("no access token")?.to_owned());
        }
        Ok(Self { users: Some(Users { http, tokens }), ..Self::proxy(program) })
    }

    /// So many requests, each answered with a stream. For our server each is the first of a conversation of its own, which
    /// has a title: no model is asked for one besides.
    pub(crate) async fn requests(&self, count: usize) -> Result<Vec<Vec<u8>>, Failure> {
        let Some(users) = &self.users else {
            let messages = json!([{ "role": "user", "content": WORDS }]);
            let body = json!({ "model": "load", "stream": true, "messages": messages });
            return Ok(vec![self.post("/v1/chat/completions", "none", &body); count]);
        };
        let url = format!("http://{}/api/v1/conversations", self.address);
        let make = |(_, token): (usize, &String)| {
            let (make, token) =
                (users.http.post(&url).bearer_auth(token).json(&json!({ "title": "load" })), token.clone());
            async move {
                let made = answer(make).await?;
                let path = format!("/api/v1/conversations/{}/messages", made["id"].as_str().ok_or("no id")?);
                Ok(self.post(&path, &token, &json!({ "text": WORDS, "stream": true })))
            }
        };
        stream::iter((0..count).zip(users.tokens.iter().cycle())).map(make).buffered(AT_ONCE).try_collect().await
    }

    fn post(&self, path: &str, token: &str, body: &Value) -> Vec<u8> {
        let (address, body) = (self.address, body.to_string());
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

/// What everybody asks.
const WORDS: &str = "What would a good answer to this question say in sixty-four pieces?";

async fn answer(request: RequestBuilder) -> Result<Value, Failure> {
    Ok(request.send().await?.error_for_status()?.json().await?)
}

/// All that are compared, over the same model.
pub(crate) struct Targets {
    pub(crate) chatcore: Target,
    /// `None` when it is not installed.
    pub(crate) nginx: Option<Target>,
    pub(crate) copy: Target,
    pub(crate) model: Target,
}

impl Targets {
    /// Starts them.
    pub(crate) async fn start(
        binary: &Path,
        cores: crate::machine::Cores,
        folder: &Path,
        model: SocketAddr,
    ) -> Result<Self, Failure> {
        Ok(Self {
            chatcore: Target::chatcore(Program::chatcore(binary, cores, folder, model).await?, USERS).await?,
            nginx: Program::nginx(cores, folder, model).await?.map(Target::proxy),
            copy: Target::proxy(Program::copy(cores, model).await?),
            model: Target::model(model),
        })
    }
}
