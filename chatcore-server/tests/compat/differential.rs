//! The libraries themselves beside the mounts: the same requests to both, the answers compared.
//!
//! ```text
//! python3 -m venv /some/folder
//! /some/folder/bin/pip install django==5.1.15 djangorestframework==3.17.2 djangorestframework_simplejwt==5.5.1 \
//!     djoser==2.3.5 fastapi==0.165.0 uvicorn==0.54.0
//! CHATCORE_REFERENCE_PYTHON=/some/folder/bin/python \
//!     cargo nextest run -p chatcore-server --test compat --run-ignored only differential::
//! ```
//!
//! Status, names and types are compared; where a request is refused the words, too. What differs on purpose stands in
//! `reference/requests.toml`. Where the libraries are missing it is skipped and says so; with
//! `CHATCORE_REQUIRE_SERVICES=1` missing means failed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::client::{Answer, Client};
use crate::server::{Kind, TestServer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requests {
    request: Vec<Row>,
}

/// A request, and what is known to be answered differently.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    system: String,
    send: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    authorization: Option<String>,
    body: Option<String>,
    /// What later rows need: a name, and where it stands in the answer.
    #[serde(default)]
    keeps: BTreeMap<String, String>,
    #[serde(default)]
    differs: Vec<String>,
    why: Option<String>,
}

/// A site of the libraries; ended when dropped.
struct Site {
    child: Child,
    url: String,
}

impl Drop for Site {
    fn drop(&mut self) {
        // it may have ended by itself
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn reference() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat/reference")
}

impl Site {
    async fn start(python: &str, system: &str, folder: &Path) -> Self {
        let port = folder.join(format!("{system}.port"));
        let mut command = Command::new(python);
        match system {
            "chat-platform" => command.arg(reference().join("fastapi_app.py")).arg(&port),
            _ => {
                let database = folder.join(format!("{system}.db"));
                command.arg(reference().join("django_app.py")).arg(system).arg(database).arg(&port)
            }
        };
        command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        loop {
            if let Some(port) = std::fs::read_to_string(&port).ok().and_then(|text| text.parse::<u16>().ok()) {
                return Self { child, url: format!("http://127.0.0.1:{port}") };
            }
            assert!(child.try_wait().unwrap().is_none(), "the site of {system} does not start");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// What is different below a place; `exact` compares texts and numbers as well.
fn compare(at: &str, theirs: &Value, ours: &Value, exact: bool, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            for (name, value) in theirs {
                match ours.get(name) {
                    Some(own) => compare(&format!("{at}/{name}"), value, own, exact, found),
                    None => found.push(format!("{at}/{name} is missing")),
                }
            }
            let more = ours.keys().filter(|name| !theirs.contains_key(*name));
            found.extend(more.map(|name| format!("{at}/{name} is more")));
        }
        (Value::Array(theirs), Value::Array(ours)) if theirs.len() == ours.len() => {
            for (n, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
                compare(&format!("{at}/{n}"), theirs, ours, exact, found);
            }
        }
        _ if theirs == ours || (!exact && kind(theirs) == kind(ours)) => {}
        _ if exact => found.push(format!("{at} is {ours}, not {theirs}")),
        _ => found.push(format!("{at} is {}, not {}", kind(ours), kind(theirs))),
    }
}

/// What is different between two answers to one request.
fn differences(theirs: &Answer, ours: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    if theirs.status != ours.status {
        found.push(format!("status {}, not {}", ours.status, theirs.status));
    }
    let type_of = |answer: &Answer| answer.header("content-type").split(';').next().unwrap_or_default().to_owned();
    if type_of(theirs) != type_of(ours) {
        found.push(format!("{}, not {}", type_of(ours), type_of(theirs)));
    }
    for name in ["www-authenticate", "allow"] {
        let sorted = |answer: &Answer| {
            let mut parts: Vec<String> = answer.header(name).split(", ").map(str::to_owned).collect();
            parts.sort();
            parts.join(", ")
        };
        if sorted(theirs) != sorted(ours) {
            found.push(format!("{name} is `{}`, not `{}`", sorted(ours), sorted(theirs)));
        }
    }
    let parsed = |answer: &Answer| serde_json::from_str::<Value>(&answer.body).ok();
    if let (Some(theirs_said), Some(ours_said)) = (parsed(theirs), parsed(ours)) {
        compare("", &theirs_said, &ours_said, theirs.status >= 400, &mut found);
    }
    found
}

fn filled(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

impl Row {
    async fn ask(&self, client: &Client, kept: &mut BTreeMap<String, String>) -> Answer {
        let (method, path) = self.send.split_once(' ').unwrap();
        let client = match &self.authorization {
            Some(text) => client.showing(filled(text, kept)),
            None => client.clone(),
        };
        let body = self.body.as_ref().map(|body| filled(body, kept));
        let kind = self.kind.as_deref().unwrap_or("application/json");
        let answer = client.send(method, path, body.as_ref().map(|body| (kind, body.as_str()))).await;
        let said: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        for (name, pointer) in &self.keeps {
            kept.insert(name.clone(), said.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned());
        }
        answer
    }
}

/// The interpreter with the libraries.
#[expect(clippy::print_stderr, reason = "what is skipped is said")]
fn python() -> Option<String> {
    let python = std::env::var("CHATCORE_REFERENCE_PYTHON").ok();
    let required = std::env::var("CHATCORE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    assert!(python.is_some() || !required, "it needs CHATCORE_REFERENCE_PYTHON");
    if python.is_none() {
        eprintln!("skipped: CHATCORE_REFERENCE_PYTHON names no Python with the libraries");
    }
    python
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs libraries of Python; the head of this file has the commands"]
async fn mounts_answer_as_the_libraries_do() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(reference().join("requests.toml")).unwrap();
    let requests: Requests = toml::from_str(&text).unwrap();
    let server = TestServer::start(Kind::Memory).await;
    let mut sites = BTreeMap::new();
    let mut kept: BTreeMap<(bool, &str), BTreeMap<String, String>> = BTreeMap::new();
    let mut wrong = String::new();
    for row in &requests.request {
        if !sites.contains_key(&row.system) {
            sites.insert(row.system.clone(), Site::start(&python, &row.system, folder.path()).await);
        }
        let client = server.anonymous();
        let theirs = client.elsewhere(&sites[&row.system].url);
        let theirs = row.ask(&theirs, kept.entry((true, row.system.as_str())).or_default()).await;
        let ours = client.at(&row.system);
        let ours = row.ask(&ours, kept.entry((false, row.system.as_str())).or_default()).await;
        let found = differences(&theirs, &ours);
        assert_eq!(row.differs.is_empty(), row.why.is_none(), "{}: what differs has a reason", row.send);
        if found != row.differs {
            let body = row.body.as_deref().unwrap_or_default();
            writeln!(wrong, "{} {} {body}\n  found {found:#?}\n  listed {:#?}", row.system, row.send, row.differs)
                .unwrap();
        }
    }
    drop(sites);
    server.end().await;
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_is_different_is_told() {
    let differ = |theirs: &str, ours: &str, exact| {
        let mut found = Vec::new();
        compare("", &serde_json::from_str(theirs).unwrap(), &serde_json::from_str(ours).unwrap(), exact, &mut found);
        found
    };
    let none: [&str; 0] = [];
    assert_eq!(differ(r#"{"a": "x", "b": 1}"#, r#"{"a": "y", "b": 2}"#, false), none);
    assert_eq!(differ(r#"{"a": "x"}"#, r#"{"a": "y"}"#, true), [r#"/a is "y", not "x""#]);
    assert_eq!(
        differ(r#"{"a": [1]}"#, r#"{"a": ["x"], "c": 1}"#, false),
        ["/a/0 is a text, not a number", "/c is more"]
    );
    assert_eq!(differ(r#"{"a": [1]}"#, r#"{}"#, false), ["/a is missing"]);
    assert_eq!(differ("[1]", "[]", false), none);
    assert_eq!(differ("[1]", "[]", true), ["".to_owned() + " is [], not [1]"]);
}
