//! The tables of `docs/compat`: every row is a request that is sent, and a line of the pages.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::client::Client;
use crate::items::upload;
use crate::wallet::Wallet;
use crate::world::World;

/// One system.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    system: String,
    title: String,
    endpoint: Vec<Row>,
}

/// A request that the system's clients send, and what they get.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// Method and path. `{name}` stands for what an earlier row kept under that name.
    request: String,
    /// What it is for.
    does: String,
    /// What differs on purpose; nothing, and it works the same.
    differs: Option<String>,
    /// Whether it is another case of the row before, so that the page does not name it again.
    #[serde(default)]
    again: bool,
    authorization: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    form: Option<String>,
    /// The text of a file that is sent in a form.
    file: Option<String>,
    status: u16,
    /// JSON that is in the answer: objects may have more, `"*"` is anything.
    says: Option<String>,
    /// A piece of the answer that is no JSON.
    holds: Option<String>,
    /// What later rows need: a name, and where it stands in the answer.
    #[serde(default)]
    keeps: BTreeMap<String, String>,
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/compat")
}

fn tables() -> Vec<Table> {
    let files = fs::read_dir(docs()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    files.sort();
    files.iter().map(|path| toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()).collect()
}

/// Puts in what was kept.
fn filled(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// Whether an answer holds what is expected of it.
fn holds(said: &Value, expected: &Value) -> bool {
    match (said, expected) {
        (_, Value::String(any)) if any == "*" => !said.is_null(),
        (Value::Object(said), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| said.get(name).is_some_and(|said| holds(said, value)))
        }
        (Value::Array(said), Value::Array(expected)) => {
            said.len() == expected.len() && said.iter().zip(expected).all(|(said, expected)| holds(said, expected))
        }
        _ => said == expected,
    }
}

impl Row {
    async fn send(&self, client: &Client, kept: &mut BTreeMap<String, String>) {
        let (method, path) = self.request.split_once(' ').unwrap();
        let (path, _) = path.split_once(' ').unwrap_or((path, ""));
        let mut client = client.clone();
        if let Some(authorization) = &self.authorization {
            client = client.showing(filled(authorization, kept));
        }
        for (name, value) in &self.headers {
            client = client.with(name, &filled(value, kept));
        }
        let json = self.body.as_ref().map(|body| ("application/json", filled(body, kept)));
        let form = self.form.as_ref().map(|form| ("application/x-www-form-urlencoded", filled(form, kept)));
        let body = json.or(form);
        let body = body.as_ref().map(|(kind, body)| (*kind, body.as_str()));
        let path = filled(path, kept);
        let answer = match &self.file {
            Some(text) => upload(&client, &path, text, None).await,
            None => client.send(method, &path, body).await,
        };
        assert_eq!(answer.status, self.status, "{}: {}", self.request, answer.body);
        if let Some(piece) = &self.holds {
            assert!(answer.body.contains(&filled(piece, kept)), "{}: {}", self.request, answer.body);
        }
        let said: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        if let Some(expected) = &self.says {
            let expected: Value = serde_json::from_str(&filled(expected, kept)).unwrap();
            assert!(holds(&said, &expected), "{}: {said} is not {expected}", self.request);
        }
        for (name, pointer) in &self.keeps {
            let found = match pointer.strip_prefix("header:") {
                Some(header) => Value::String(answer.header(header).to_owned()),
                None => said.pointer(pointer).cloned().unwrap_or_default(),
            };
            let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
            assert!(!text.is_empty() && text != "null", "{}: no {pointer} in {said}", self.request);
            if name == "message" {
                // whoever reads a text to sign signs it
                kept.insert("signature of message".to_owned(), Wallet::new(0x46).sign(&text));
            }
            kept.insert(name.clone(), text);
        }
    }
}

each_store! {
    /// What the documents show works, in the order in which a client does it.
    async fn every_row_is_answered(kind) {
        let World { server, mock: _mock, stripe: _stripe } = World::open(kind).await;
        for table in tables() {
            let client = server.anonymous().at(&table.system);
            let mut kept = BTreeMap::new();
            for row in &table.endpoint {
                row.send(&client, &mut kept).await;
            }
        }
        server.end().await;
    }
}

/// The lines of a table, for people.
fn page(table: &Table) -> String {
    let mut text = String::from("| request | does | differs on purpose |\n| --- | --- | --- |\n");
    for row in table.endpoint.iter().filter(|row| !row.again) {
        let differs = row.differs.as_deref().unwrap_or("");
        writeln!(text, "| `{}` | {} | {differs} |", row.request.replace('|', "\\|"), row.does).unwrap();
    }
    text
}

/// The lines of all systems, for the first page.
fn overview(tables: &[Table]) -> String {
    let mut text = String::from(
        "| clients of | base URL | requests that work | of them, with a difference on purpose |\n| --- | --- | --- | --- |\n",
    );
    for table in tables {
        let rows: Vec<&Row> = table.endpoint.iter().filter(|row| !row.again).collect();
        let differ = rows.iter().filter(|row| row.differs.is_some()).count();
        let (name, title) = (&table.system, &table.title);
        let link = format!("[{title}](chatcore-server/docs/compat/{name}.md)");
        writeln!(text, "| {link} | `/compat/{name}` | {} | {differ} |", rows.len()).unwrap();
    }
    text
}

/// What stands between two marks of a page is this; with `CHATCORE_WRITE_PAGES` it is written there.
fn keep_in_step(path: &Path, lines: &str) {
    let (begin, end) = ("<!-- compat: begin -->\n", "<!-- compat: end -->");
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (before, rest) = text.split_once(begin).unwrap_or_else(|| panic!("no marks in {}", path.display()));
    let (lies, after) = rest.split_once(end).unwrap();
    if std::env::var_os("CHATCORE_WRITE_PAGES").is_some() {
        return fs::write(path, format!("{before}{begin}{lines}{end}{after}")).unwrap();
    }
    assert_eq!(lies, lines, "{}: run this test with CHATCORE_WRITE_PAGES=1", path.display());
}

#[test]
fn the_pages_say_what_the_tables_say() {
    let tables = tables();
    for table in &tables {
        keep_in_step(&docs().join(format!("{}.md", table.system)), &page(table));
    }
    keep_in_step(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md"), &overview(&tables));
}
