//! The tables of `docs/compat`: every row is a request that is sent, and a line of the pages.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::acts::Kept;
use crate::client::{Answer, Client};
use crate::items::upload;
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
    /// What happens elsewhere before it; see `acts`.
    #[serde(default)]
    before: Vec<String>,
    authorization: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    /// What is sent in place of the body, which is what it looks like: something that somebody else made.
    sends: Option<String>,
    form: Option<String>,
    /// The text of a file that is sent in a form.
    file: Option<String>,
    status: u16,
    /// JSON that is in the answer: objects may have more, `"*"` is anything.
    says: Option<String>,
    /// A piece of the answer that is no JSON.
    holds: Option<String>,
    /// A piece of a stream that does not end by itself.
    hears: Option<String>,
    /// What later rows need: a name, and where it stands in the answer: `/pointer`, `header:name`, or `header:name?parameter`
    /// of the address in it.
    #[serde(default)]
    keeps: BTreeMap<String, String>,
}

/// What rows keep that is somebody's own.
const THINGS: [&str; 10] =
    ["chat", "other", "session", "message_id", "question", "answer", "second", "file", "subscription", "chat_id"];

/// Somebody at a mount who has nothing.
pub(crate) async fn stranger(client: &Client, system: &str) -> Client {
    match system {
        "ai-chat-system" => crate::ai_chat_system::registered(client, "mallory").await,
        "chat-platform" => crate::chat_platform::signed_in(client, 0x66).await,
        "chatbot" => crate::chatbot::registered(client, "mallory_bot").await,
        "django-chat" => crate::django_chat::registered(client, "mallory.django").await,
        "sentx" => crate::sentx::registered(client, "mallory.sentx").await,
        other => panic!("nobody can be a stranger at {other}"),
    }
}

/// Suspends everybody who does not run the service.
async fn suspend_all(world: &World) {
    let api = world.server.anonymous();
    let login = json!({"login": "root@example.com", "password": crate::world::PASSWORD});
    let session = api.post("/api/v1/auth/login", login).await.json(200);
    let root = api.showing(format!("Bearer {}", session["access_token"].as_str().unwrap()));
    let users = root.get("/api/v1/admin/users?limit=200").await.json(200);
    let (role, state) = (json!("user"), json!("active"));
    let active =
        users["items"].as_array().unwrap().iter().filter(|user| user["role"] == role && user["state"] == state);
    for user in active {
        let id = user["id"].as_str().unwrap();
        let reason = json!({"reason": "everybody is, for once"});
        assert_eq!(root.post(&format!("/api/v1/admin/users/{id}/suspend"), reason).await.status, 200);
    }
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
    /// Whether it is about something that is its caller's alone: what an earlier row kept is named in the path or the body,
    /// and it takes somebody who signed in.
    fn is_about_ones_own(&self) -> bool {
        let texts = [Some(&self.request), self.body.as_ref(), self.form.as_ref()];
        let names = |thing: &&str| texts.iter().flatten().any(|text| text.contains(&format!("{{{thing}}}")));
        self.shows_ones_own() && THINGS.iter().any(names)
    }

    /// Whether somebody else may say the same and it is another thing: names of sessions are their owners' choice.
    fn names_a_new_thing(&self) -> bool {
        self.request == "POST /api/v1/chat/"
    }

    fn shows_ones_own(&self) -> bool {
        self.authorization.as_ref().is_some_and(|shown| shown.contains("{access}") || shown.contains("{token}"))
    }

    /// The same request of somebody else; no answer where it is no plain one.
    async fn send_as(&self, client: &Client, kept: &Kept) -> Option<Answer> {
        if self.file.is_some() || self.sends.is_some() {
            return None;
        }
        let client =
            self.headers.iter().fold(client.clone(), |client, (name, value)| client.with(name, &kept.filled(value)));
        let (method, path) = self.request.split_once(' ').unwrap();
        let json = self.body.as_ref().map(|body| ("application/json", kept.filled(body)));
        let form = self.form.as_ref().map(|form| ("application/x-www-form-urlencoded", kept.filled(form)));
        let body = json.or(form);
        Some(client.send(method, &kept.filled(path), body.as_ref().map(|(kind, body)| (*kind, body.as_str()))).await)
    }

    async fn send(&self, world: &World, client: &Client, kept: &mut Kept) {
        for act in &self.before {
            kept.after(act, world, client).await;
        }
        let mut client = client.clone();
        if let Some(authorization) = &self.authorization {
            client = client.showing(kept.filled(authorization));
        }
        for (name, value) in &self.headers {
            client = client.with(name, &kept.filled(value));
        }
        let (method, path) = self.request.split_once(' ').unwrap();
        let path = kept.filled(path);
        if let Some(piece) = &self.hears {
            let heard = client.listening(&path, &kept.filled(piece)).await;
            return drop(heard.await.unwrap());
        }
        let answer = match &self.file {
            Some(text) => upload(&client, &path, text, None).await,
            None => {
                let json = self.sends.as_ref().or(self.body.as_ref()).map(|body| ("application/json", body));
                let form = self.form.as_ref().map(|form| ("application/x-www-form-urlencoded", form));
                let body = json.or(form).map(|(kind, body)| (kind, kept.filled(body)));
                client.send(method, &path, body.as_ref().map(|(kind, body)| (*kind, body.as_str()))).await
            }
        };
        self.expect(&answer, kept);
    }

    /// The answer is the one of the row, and what later rows need is kept.
    fn expect(&self, answer: &Answer, kept: &mut Kept) {
        assert_eq!(answer.status, self.status, "{}: {}", self.request, answer.body);
        if let Some(piece) = &self.holds {
            assert!(answer.body.contains(&kept.filled(piece)), "{}: {}", self.request, answer.body);
        }
        let said: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        if let Some(expected) = &self.says {
            let expected: Value = serde_json::from_str(&kept.filled(expected)).unwrap();
            assert!(holds(&said, &expected), "{}: {said} is not {expected}", self.request);
        }
        for (name, pointer) in &self.keeps {
            let found = match pointer.strip_prefix("header:") {
                Some(header) => Value::from(of_header(answer, header)),
                None => said.pointer(pointer).cloned().unwrap_or_default(),
            };
            let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
            assert!(!text.is_empty() && text != "null", "{}: no {pointer} in {said}", self.request);
            kept.keep(name, text);
        }
    }

    /// Method and path, without what stands behind the `?`.
    fn endpoint(&self) -> &str {
        self.request.split('?').next().unwrap_or_default()
    }
}

/// A header, up to its attributes; or a parameter of the address in it.
fn of_header(answer: &Answer, pointer: &str) -> Option<String> {
    let (name, parameter) = pointer.split_once('?').map_or((pointer, None), |(name, it)| (name, Some(it)));
    let header = answer.header(name).split(';').next()?;
    let Some(parameter) = parameter else { return Some(header.to_owned()) };
    let (_, query) = header.split_once('?')?;
    query.split('&').find_map(|pair| Some(pair.strip_prefix(parameter)?.strip_prefix('=')?.to_owned()))
}

each_store! {
    /// What the documents show works, in the order in which a client does it.
    async fn every_row_is_answered(kind) {
        let world = World::open(kind).await;
        for table in tables() {
            let client = world.server.anonymous().at(&table.system);
            let mut kept = Kept::of(&world);
            for row in &table.endpoint {
                row.send(&world, &client, &mut kept).await;
            }
        }
        world.server.end().await;
    }
}

each_store! {
    /// What is somebody's own is nothing to others, and nothing to its owner while they are suspended: at every mount, whatever
    /// the tables have.
    async fn every_row_is_refused_to_strangers_and_the_suspended(kind) {
        let world = World::open(kind).await;
        let mut asked = Vec::new();
        let mut owned = 0;
        for table in tables() {
            let client = world.server.anonymous().at(&table.system);
            let mallory = stranger(&client, &table.system).await;
            let mut kept = Kept::of(&world);
            for row in table.endpoint {
                if row.is_about_ones_own() && row.status < 400
                    && let Some(answer) = row.send_as(&mallory, &kept).await
                {
                    owned += 1;
                    let refused = matches!(answer.status, 400 | 403 | 404) || row.names_a_new_thing();
                    assert!(refused, "{} {}: {} {}", table.system, row.request, answer.status, answer.body);
                }
                row.send(&world, &client, &mut kept).await;
                if let Some(shown) = row.authorization.as_ref().filter(|_| row.shows_ones_own()) {
                    asked.push((client.clone(), kept.filled(shown), row, kept.clone()));
                }
            }
        }
        assert!(owned > 20, "only {owned} requests are about what is somebody's own");
        suspend_all(&world).await;
        for (client, shown, row, kept) in &asked {
            let Some(answer) = row.send_as(&client.showing(shown), kept).await else { continue };
            if !matches!(answer.status, 401 | 403) {
                // what takes no account tells them what it tells everybody
                let everybody = row.send_as(client, kept).await.map(|answer| answer.status);
                assert_eq!(Some(answer.status), everybody, "{}: {}", row.request, answer.body);
            }
        }
        world.server.end().await;
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

/// A refusal alone does not show that anything works.
#[test]
fn every_endpoint_succeeds_in_some_row() {
    for table in tables() {
        let works = |row: &Row| table.endpoint.iter().any(|it| it.endpoint() == row.endpoint() && it.status < 400);
        let refused: Vec<&str> = table.endpoint.iter().filter(|row| !works(row)).map(Row::endpoint).collect();
        let only_refused = refused.iter().filter(|endpoint| !endpoint.ends_with("/nothing/"));
        assert_eq!(only_refused.count(), 0, "{}: {refused:?}", table.system);
    }
}

#[test]
fn the_pages_say_what_the_tables_say() {
    let tables = tables();
    for table in &tables {
        keep_in_step(&docs().join(format!("{}.md", table.system)), &page(table));
    }
    keep_in_step(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md"), &overview(&tables));
}
