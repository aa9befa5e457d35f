//! What clients of other systems send, with an address in the place of each text.
//!
//! The mounts have no schemas; what they are sent is in the tables of `docs/compat`. Each row is sent as it stands as well, so
//! that those behind it find what they need.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Client, PATIENCE};
use crate::wallet::Wallet;

/// Names of texts that are addresses or lead to some, which are told every one.
const TEMPTING: [&str; 6] = ["redirect_uri", "success_url", "cancel_url", "return_url", "credentials", "credential"];

/// How many addresses each other place is told.
const SOME: usize = 3;

#[derive(Deserialize)]
struct Table {
    system: String,
    endpoint: Vec<Row>,
}

/// A request that clients send. What else a row says is for other tests.
#[derive(Deserialize, Default)]
struct Row {
    request: String,
    authorization: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    form: Option<String>,
    status: u16,
    #[serde(default)]
    keeps: BTreeMap<String, String>,
}

/// What the tables leave out of a request on purpose: a code, a state, a token of a provider, and where the browser was sent.
const UNSAID: [(&str, &str, &str); 6] = [
    ("sentx", "POST /api/auth/o/google-oauth2/", r#"{"code": "x", "state": "x", "redirect_uri": "https://app.test/"}"#),
    (
        "sentx",
        "POST /api/auth/users/social/google-oauth2/",
        r#"{"code": "x", "redirect_uri": "https://app.test/", "code_verifier": "x"}"#,
    ),
    (
        "sentx",
        "POST /api/auth/custom/twitter-oauth2/callback/",
        r#"{"code": "x", "redirect_uri": "https://app.test/", "code_verifier": "x"}"#,
    ),
    ("sentx", "POST /api/auth/custom/google-one-tap/", r#"{"credentials": "x", "credential": "x"}"#),
    ("sentx", "GET /api/auth/users/social/google-oauth2/?code=x&state=x&redirect_uri=https://app.test/", "{}"),
    ("django-chat", "POST /auth/google/callback/", r#"{"code": "x", "redirect_uri": "https://app.test/"}"#),
];

fn unsaid(system: &str) -> impl Iterator<Item = Row> {
    let own = UNSAID.iter().filter(move |(known, ..)| *known == system);
    own.map(|(_, request, body)| Row {
        request: (*request).to_owned(),
        body: Some((*body).to_owned()),
        ..Row::default()
    })
}

/// What was sent.
#[derive(Default)]
pub(super) struct Told {
    /// Places for a text, in all rows.
    pub(super) places: usize,
    /// Requests with an address in one of them.
    pub(super) requests: usize,
    /// Rows.
    pub(super) rows: usize,
    /// Those that were not answered as the tables say: what is behind them may not have been reached.
    pub(super) missed: Vec<String>,
    /// The names of the places.
    pub(super) names: Vec<String>,
}

fn tables() -> Vec<Table> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/compat");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    files.sort();
    files.iter().map(|path| toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).collect()
}

fn filled(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// A request in its parts.
#[derive(Clone)]
struct Sent {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<Value>,
    form: Option<Vec<(String, String)>>,
}

impl Sent {
    fn of(row: &Row, system: &str, kept: &BTreeMap<String, String>) -> Self {
        let mut words = row.request.split(' ');
        let (method, address) = (words.next().unwrap(), filled(words.next().unwrap(), kept));
        let (path, query) = address.split_once('?').unwrap_or((&address, ""));
        let pairs = |text: &str| serde_urlencoded::from_str(text).unwrap();
        let shown = row.authorization.iter().map(|text| ("authorization".to_owned(), filled(text, kept)));
        let said = row.headers.iter().map(|(name, value)| (name.clone(), filled(value, kept)));
        Self {
            method: method.parse().unwrap(),
            path: format!("//compat/{system}{path}"),
            query: pairs(query),
            headers: shown.chain(said).collect(),
            // a few rows say on purpose what is no JSON
            body: row.body.as_ref().and_then(|body| serde_json::from_str(&filled(body, kept)).ok()),
            form: row.form.as_ref().map(|form| pairs(&filled(form, kept))),
        }
    }

    fn request(&self, client: &Client) -> RequestBuilder {
        let query = serde_urlencoded::to_string(&self.query).unwrap();
        let mark = if query.is_empty() { "" } else { "?" };
        let mut request = client.request(self.method.clone(), &format!("{}{mark}{query}", self.path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        match (&self.body, &self.form) {
            (Some(body), _) => request.json(body),
            (None, Some(form)) => request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(serde_urlencoded::to_string(form).unwrap()),
            (None, None) => request,
        }
    }

    /// Where a text stands, by its name, and how it is put there.
    fn places(&self) -> Vec<(String, Place)> {
        let named = |pairs: &[(String, String)], place: fn(usize) -> Place| {
            pairs.iter().enumerate().map(|(at, (name, _))| (name.clone(), place(at))).collect::<Vec<_>>()
        };
        let mut all = named(&self.query, Place::Query);
        all.extend(named(self.form.as_deref().unwrap_or_default(), Place::Form));
        if let Some(body) = &self.body {
            texts(body, "", &mut all);
        }
        all
    }

    fn with(&self, place: &Place, text: &str) -> Self {
        let mut other = self.clone();
        match place {
            Place::Query(at) => text.clone_into(&mut other.query[*at].1),
            Place::Form(at) => text.clone_into(&mut other.form.as_mut().unwrap()[*at].1),
            Place::Body(pointer) => *other.body.as_mut().unwrap().pointer_mut(pointer).unwrap() = text.into(),
        }
        other
    }
}

enum Place {
    Query(usize),
    Form(usize),
    Body(String),
}

fn texts(value: &Value, pointer: &str, all: &mut Vec<(String, Place)>) {
    match value {
        Value::String(_) => {
            let name = pointer.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
            all.push((name.to_owned(), Place::Body(pointer.to_owned())));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| texts(item, &format!("{pointer}/{at}"), all));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, item)| texts(item, &format!("{pointer}/{name}"), all));
        }
        _ => {}
    }
}

/// A token that names an address wherever the key or the issuer might be asked for.
fn token_of(address: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = json!({"alg": "RS256", "typ": "JWT", "kid": address, "jku": address, "x5u": address});
    let claims = json!({"iss": address, "aud": "chat", "sub": "1", "email": "ann@example.com", "picture": address});
    format!("{}.{}.{}", part(&head), part(&claims), URL_SAFE_NO_PAD.encode("signed"))
}

/// How long somebody listens to a stream.
const GLANCE: Duration = Duration::from_millis(200);

/// Who sends, and goes nowhere else: a browser would follow where it is sent.
struct Sender<'a> {
    client: &'a Client,
    http: reqwest::Client,
}

impl Sender<'_> {
    async fn send(&self, sent: &Sent) -> (u16, String) {
        let request = sent.request(self.client).build().unwrap();
        let answer = async {
            let answer = self.http.execute(request).await.unwrap();
            let status = answer.status().as_u16();
            let is_stream = answer
                .headers()
                .get("content-type")
                .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
            // some streams have no end: who listened for a while goes
            let body = match tokio::time::timeout(if is_stream { GLANCE } else { PATIENCE }, answer.text()).await {
                Ok(body) => body.unwrap(),
                Err(_) if is_stream => String::new(),
                Err(_) => panic!("an answer in time"),
            };
            (status, body)
        };
        tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time")
    }
}

/// The one who runs the service, as the tables know them.
pub(super) async fn hire(admin: &Client) {
    let (email, password) = ("root@example.com", "testpass123");
    let account = json!({"email": email, "password": password, "re_password": password, "name": "Root"});
    admin.post("//compat/sentx/api/auth/users/", account).await.is(201);
    let found: Value = admin.get(&format!("/admin/users?q={email}")).await.to(200);
    let id = found["items"][0]["id"].as_str().unwrap().to_owned();
    admin.put(&format!("/admin/users/{id}/role"), json!({"role": "admin"})).await.is(200);
}

/// Sends all rows, and what they might be misused for.
pub(super) async fn tell_mounts(client: &Client, addresses: &[String]) -> Told {
    let policy = reqwest::redirect::Policy::none();
    let http = reqwest::Client::builder().no_proxy().redirect(policy).build().unwrap();
    let (sender, mut told) = (Sender { client, http }, Told::default());
    for table in tables() {
        let mut kept = BTreeMap::new();
        for row in &table.endpoint {
            let sent = Sent::of(row, &table.system, &kept);
            let (status, body) = sender.send(&sent).await;
            let said: Value = serde_json::from_str(&body).unwrap_or_default();
            for (name, pointer) in row.keeps.iter().filter(|(_, pointer)| pointer.starts_with('/')) {
                let found = said.pointer(pointer).cloned().unwrap_or_default();
                let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
                if name == "message" {
                    // whoever reads a text to sign signs it
                    kept.insert("signature of message".to_owned(), Wallet::new(0x46).sign(&text));
                }
                kept.insert(name.clone(), text);
            }
            told.rows += 1;
            if status != row.status {
                told.missed.push(format!("{} {}: {status} {body:.200}", table.system, row.request));
            }
            told.tell(&sender, &sent, addresses).await;
        }
        for row in unsaid(&table.system) {
            told.tell(&sender, &Sent::of(&row, &table.system, &kept), addresses).await;
        }
    }
    told
}

impl Told {
    /// Puts addresses, and tokens that name them, into each place of a request.
    async fn tell(&mut self, sender: &Sender<'_>, sent: &Sent, addresses: &[String]) {
        for (name, place) in sent.places() {
            let (some, tokens) = if TEMPTING.contains(&&*name) { (addresses.len(), SOME) } else { (SOME, 0) };
            let mine: Vec<&String> = addresses.iter().cycle().skip(self.places * SOME).take(some).collect();
            let tokens = mine.iter().take(tokens).map(|address| token_of(address));
            for text in mine.iter().map(|address| (*address).clone()).chain(tokens) {
                let (status, _) = sender.send(&sent.with(&place, &text)).await;
                assert_ne!(status, 500, "{} {} {text}", sent.method, sent.path);
                self.requests += 1;
            }
            self.places += 1;
            self.names.push(name);
        }
    }
}
