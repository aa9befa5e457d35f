//! What stays in files after an account is erased. Words that nobody else writes are put wherever somebody can write, the account
//! is deleted, and every byte of the files is looked through: SQLite's with its log, sled's folder, PostgreSQL's tables and its
//! log (`pg_wal`), attachments. Archives of that log, replicas and backups are not here.
//!
//! SQLite is looked at in each run. The rest takes long:
//! `cargo test -p chatcore-server --test canary -- --ignored`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail the test")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chatcore::account::{
    Caller, NewAccount, NewKey, PasswordHasher, PasswordPolicy, ProfileChange, Scope, SessionKind,
};
use chatcore::attachment::AttachmentRules;
use chatcore::conversation::{NewConversation, NewMessage, Parent, Part, Role};
use chatcore::feedback::{Opinion, Rating};
use chatcore::once::Once;
use chatcore::{Error, UserId};
use chatcore_llm::offline::Echo;
use chatcore_server::app::App;
use chatcore_server::config::{AttachmentSettings, Settings};
use chatcore_sqlx::testing::{Durability, Postgres};
use futures::stream;

const CANARIES: usize = 20;
const PASSWORD: &str = "a stapler among horses";

/// A word for each place. They begin differently: an index of words keeps only what a word does not share with the one before.
fn canary(at: usize) -> String {
    let first = char::from(b'a' + u8::try_from(at).unwrap());
    format!("{first}{at:02}zqcanary")
}

/// Passwords are no business of this test.
struct Plain;

#[async_trait]
impl PasswordHasher for Plain {
    async fn hash(&self, password: &str) -> Result<String, Error> {
        Ok(format!("$plain${}{password}", canary(0)))
    }

    async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Error> {
        Ok(hash == Some(&format!("$plain${}{password}", canary(0))))
    }
}

async fn app(store: String, files: &Path) -> Arc<App> {
    let settings = Settings {
        store: Some(store.into()),
        secret: Some("0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978".to_owned().into()),
        ollama: Some("off".into()),
        titles: Some("off".into()),
        attachments: AttachmentSettings { place: Some(format!("file:{}", files.display())), max_bytes: None },
        ..Settings::default()
    };
    App::with_hasher(&settings.resolve().unwrap(), Echo::new(), Arc::new(Plain)).await.unwrap()
}

fn said(text: String) -> NewMessage {
    let parts = vec![Part::text(text)];
    NewMessage { role: Role::User, parts, parent: Parent::Head, expected_head: None, client_ref: None, once: None }
}

/// Somebody who has written a canary wherever one can.
async fn plant(app: &App) -> UserId {
    let accounts = app.credentials.accounts();
    let (name, email) = (Some(canary(1)), Some(format!("{}@example.com", canary(2))));
    let new = NewAccount { username: name, email, password: PASSWORD.into(), policy: PasswordPolicy::default() };
    let user = accounts.register(new).await.unwrap().id;
    let me = Caller::user(user);
    accounts.login(&canary(1), PASSWORD, SessionKind::api(), Some(canary(3))).await.unwrap();
    let named = ProfileChange { display_name: Some(Some(canary(4))), locale: None };
    accounts.set_profile(&me, named).await.unwrap();
    let key = NewKey { name: canary(5), scopes: vec![Scope::Read], expires_at: None };
    accounts.create_key(&me, key).await.unwrap();

    let chats = app.chat.conversations();
    let new = NewConversation {
        external_id: Some(canary(6)),
        title: Some(canary(7)),
        system_prompt: Some(canary(8)),
        model: None,
        once: Some(Once::new(canary(9)).unwrap()),
    };
    let chat = chats.create(&me, new).await.unwrap().id;
    let named = NewMessage { client_ref: Some(canary(10)), ..said(canary(11)) };
    let first = chats.append(&me, chat, named).await.unwrap().message;
    chats.revise_text(&me, first.id, canary(12), None).await.unwrap();
    // what the model says again stands in the log of the run and in the answer
    let turn = app.chat.send(&me, chat, canary(13).as_str()).await.unwrap();
    let answer = turn.assistant_message.message.id;
    turn.driver.await;
    let opinion = Opinion { rating: Rating::Down, comment: Some(canary(14)) };
    chats.set_feedback(&me, answer, Some(opinion)).await.unwrap();
    let gone = chats.append(&me, chat, said(canary(15))).await.unwrap().message;
    app.chat.delete_message(&me, gone.id).await.unwrap();

    let files = app.chat.attachments().unwrap();
    for (at, is_named) in [(16, true), (18, false)] {
        let bytes = canary(at + 1).repeat(10_000).into_bytes();
        let file = files.upload(&me, &canary(at), stream::iter([Ok(bytes)])).await.unwrap();
        if is_named {
            let with = NewMessage { parts: vec![Part::text("look"), Part::naming(file.id)], ..said(String::new()) };
            chats.append(&me, chat, with).await.unwrap();
        }
    }
    // others write, too, before and behind
    for n in 0..50 {
        chats.append(&me, chat, said(format!("filler {n} {}", "of some length ".repeat(n)))).await.unwrap();
    }
    user
}

/// Deletes the account, as its owner does, and does what a server does until the stated time.
async fn erase(app: &App, user: UserId) {
    app.credentials.accounts().close_account(&Caller::user(user), PASSWORD).await.unwrap();
    assert_eq!(app.chat.erase().await.unwrap(), 0, "the account is looked at once more, later");
    let at_once = AttachmentRules { grace: Duration::ZERO, linger: Duration::ZERO, ..AttachmentRules::default() };
    app.chat.attachments().unwrap().with_rules(at_once).sweep().await.unwrap();
    app.tidy().await;
}

/// The canaries that stand in the files of a folder, whatever their case, each with the first file.
fn found(folder: &Path) -> Vec<(usize, PathBuf)> {
    let mut found: Vec<(usize, PathBuf)> = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            // one that goes while we look is gone
            let bytes = fs::read(&path).unwrap_or_default().to_ascii_lowercase();
            for at in 0..CANARIES {
                let word = canary(at).into_bytes();
                let is_new = found.iter().all(|(known, _)| *known != at);
                // the first byte finds most of what it is not
                let is_here = |(start, byte): (usize, &u8)| *byte == word[0] && bytes[start..].starts_with(&word);
                if is_new && bytes.iter().enumerate().any(is_here) {
                    found.push((at, path.clone()));
                }
            }
        }
    }
    found.sort();
    found
}

fn expect_planted(folder: &Path) {
    let all: Vec<usize> = found(folder).into_iter().map(|(at, _)| at).collect();
    let missing: Vec<usize> = (0..CANARIES).filter(|at| !all.contains(at)).collect();
    assert!(missing.is_empty(), "{missing:?} were not planted, so that they are not found says nothing");
}

fn compact(store: &str) {
    let done =
        Command::new(env!("CARGO_BIN_EXE_chatcore-server")).args(["store", "compact", "--store", store]).output();
    let done = done.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let check = Command::new(env!("CARGO_BIN_EXE_chatcore-server")).args(["store", "check", "--store", store]).output();
    let check = check.unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_forgets_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("chat.db").display());
    let app = app(store.clone(), &folder.path().join("files")).await;
    let user = plant(&app).await;
    expect_planted(folder.path());
    erase(&app, user).await;
    assert_eq!(found(folder.path()), [], "while it runs");
    app.close().await;
    assert_eq!(found(folder.path()), [], "when it is closed");
    compact(&store);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long"]
async fn sled_forgets_when_it_is_compacted() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sled:{}", folder.path().join("chat.sled").display());
    let app = app(store.clone(), &folder.path().join("files")).await;
    let user = plant(&app).await;
    expect_planted(folder.path());
    erase(&app, user).await;
    app.close().await;
    println!("sled, before it is compacted: {:?}", found(folder.path()));
    compact(&store);
    assert_eq!(found(folder.path()), []);
}

fn psql(server: &Postgres, script: &str) {
    let program = Postgres::programs().expect("a PostgreSQL").join("psql");
    let mut child = Command::new(program)
        .args(["-q", "-v", "ON_ERROR_STOP=1", "-U", "chatcore", "-d", "postgres", "-h"])
        .arg(server.folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

#[cfg_attr(no_postgres, ignore = "no PostgreSQL was installed when this was built")]
#[cfg_attr(not(no_postgres), ignore = "takes long")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_forgets_when_its_tables_are_written_anew() {
    let server = Postgres::shared(Durability::Off).unwrap_or_else(|missing| panic!("no PostgreSQL: {missing}"));
    let (url, folder) = (server.fresh(), tempfile::tempdir().unwrap());
    let schema = url.rsplit('=').next().unwrap().to_owned();
    let (tables, log) = (server.folder().join("data/base"), server.folder().join("data/pg_wal"));
    let files = folder.path().join("files");
    let app = app(url, &files).await;
    let user = plant(&app).await;
    psql(&server, "CHECKPOINT;");
    let planted: Vec<usize> = found(&tables).into_iter().chain(found(&files)).map(|(at, _)| at).collect();
    // old rows may be gone already: what was revised, and what was deleted
    assert!((0..CANARIES).all(|at| planted.contains(&at) || [11, 15].contains(&at)), "{planted:?}");
    erase(&app, user).await;
    app.close().await;
    let each = |what: &str| {
        format!(
            "SELECT format('{what} %I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = '{schema}' \\gexec\n"
        )
    };
    psql(&server, &format!("{}CHECKPOINT;", each("VACUUM")));
    println!("PostgreSQL, after VACUUM: {:?}", found(&tables));
    psql(&server, &format!("{}CHECKPOINT;", each("VACUUM FULL")));
    assert_eq!(found(&tables), []);
    // the log that was written so far is closed, and goes with the next checkpoint where its files are not used again
    assert_ne!(found(&log), [], "it is the log that is looked at");
    psql(&server, "ALTER SYSTEM SET wal_recycle = off;\nSELECT pg_reload_conf();");
    psql(&server, "SELECT pg_switch_wal();\nCHECKPOINT;\nSELECT pg_switch_wal();\nCHECKPOINT;");
    assert_eq!(found(&log), []);
    assert_eq!(found(&files), []);
}
