//! What stays in files after an account is erased. Words that nobody else writes are put wherever somebody can write, the account
//! is deleted, and every byte of the files is looked through: SQLite's with its log, sled's folder, PostgreSQL's tables and its
//! log (`pg_wal`), attachments. Archives of that log, replicas and backups are not here.
//!
//! SQLite is looked at in each run. The rest takes long:
//! `cargo test -p chatcore-server --test canary -- --ignored`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail the test")]

#[path = "common/canaries.rs"]
mod canaries;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use chatcore::UserId;
use chatcore::account::Caller;
use chatcore::attachment::AttachmentRules;
use chatcore_server::app::App;
use chatcore_sqlx::testing::{Durability, Postgres};

use canaries::{CANARIES, PASSWORD, app, found, plant};

/// Deletes the account, as its owner does, and does what a server does until the stated time.
async fn erase(app: &App, user: UserId) {
    app.credentials.accounts().close_account(&Caller::user(user), PASSWORD).await.unwrap();
    assert_eq!(app.chat.erase().await.unwrap(), 0, "the account is looked at once more, later");
    let at_once = AttachmentRules { grace: Duration::ZERO, linger: Duration::ZERO, ..AttachmentRules::default() };
    app.chat.attachments().unwrap().with_rules(at_once).sweep().await.unwrap();
    app.tidy().await;
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
