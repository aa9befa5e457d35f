//! Requests that Schemathesis makes up from the document, over each store. It takes minutes, and a Python with the package
//! `schemathesis` (`CHATCORE_PYTHON` names it); `CHATCORE_EXAMPLES` says how many requests each operation gets in a phase.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::binary::Binary;
use crate::server::{Kind, postgres};

/// Whether what the document allows is taken is not asked: it says less than the rules do.
const CHECKS: [&str; 2] = ["--exclude-checks", "positive_data_acceptance"];

const PHASES: [&str; 2] = ["--phases", "examples,coverage,fuzzing,stateful"];

fn store(kind: Kind, folder: &Path) -> String {
    match kind {
        Kind::Memory => "memory:".to_owned(),
        Kind::Sqlite => format!("sqlite:{}", folder.join("chat.db").display()),
        Kind::Sled => format!("sled:{}", folder.join("chat.sled").display()),
        Kind::Postgres => postgres().fresh(),
    }
}

/// Whether the server at that address keeps what its document says.
async fn holds(api: &str, folder: &Path) -> bool {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemathesis");
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let python = std::env::var("CHATCORE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let examples = std::env::var("CHATCORE_EXAMPLES").unwrap_or_else(|_| "50".to_owned());
    let status = Command::new(python)
        .args(["-m", "schemathesis.cli", "run", document, "--url", api, "--continue-on-failure"])
        .args(PHASES.iter().chain(&CHECKS))
        // a machine that is slow is no fault of the server's
        .args(["--suppress-health-check", "all", "--max-examples", &examples])
        .current_dir(folder)
        .env("CHATCORE_TEST_API", api)
        .env("PYTHONPATH", tests)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .stdin(Stdio::null())
        .status();
    status.await.expect("it needs a Python (CHATCORE_PYTHON names it)").success()
}

async fn drive(kind: Kind) {
    let folder = tempfile::tempdir().unwrap();
    let store = store(kind, folder.path());
    let environment = [
        ("CHATCORE_STORE", store.as_str()),
        ("CHATCORE_SECRET", crate::server::SECRET),
        ("CHATCORE_RATE_LIMITS", "off"),
        ("CHATCORE_VISITORS", "on"),
        ("CHATCORE_OFFLINE_DELAY_MS", "0"),
    ];
    let server = Binary::start(folder.path(), &environment).await;
    let held = holds(&format!("http://{}/api/v1", server.address), folder.path()).await;
    // the process that was started answers still, and ends when it is asked to
    server.anonymous().get("//readyz").await.is(200);
    server.ask_to_end().await;
    let (status, log) = server.ended().await;
    assert!(status.success(), "{status}: {log}");
    assert!(!log.contains(" ERROR "), "{log}");
    assert!(held, "the server is not what its document says: Schemathesis has told what it found");
}

#[tokio::test]
#[ignore = "minutes, and it needs Schemathesis"]
async fn the_document_holds_in_memory() {
    drive(Kind::Memory).await;
}

#[tokio::test]
#[ignore = "minutes, and it needs Schemathesis"]
async fn the_document_holds_on_sqlite() {
    drive(Kind::Sqlite).await;
}

#[tokio::test]
#[ignore = "minutes, and it needs Schemathesis"]
async fn the_document_holds_on_sled() {
    drive(Kind::Sled).await;
}

#[tokio::test]
#[ignore = "minutes, and it needs Schemathesis"]
async fn the_document_holds_on_postgres() {
    drive(Kind::Postgres).await;
}
