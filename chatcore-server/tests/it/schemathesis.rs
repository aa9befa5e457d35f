//! Requests that Schemathesis makes up from the document, over each store. It takes minutes, and a Python with the package
//! `schemathesis` (`CHATCORE_PYTHON` names it); `CHATCORE_EXAMPLES` says how many requests each operation gets in a phase.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use chatcore_llm::SystemClock;
use serde_json::json;
use stripe_stand_in::{Options, StandIn};
use tokio::process::Command;

use crate::binary::Binary;
use crate::client::PASSWORD;
use crate::server::Kind;

/// Whether what the document allows is taken is not asked: it says less than the rules do.
const CHECKS: [&str; 2] = ["--exclude-checks", "positive_data_acceptance"];

const PHASES: [&str; 2] = ["--phases", "examples,coverage,fuzzing,stateful"];

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

/// What can be bought.
const PLANS: &str = "
[[plans]]
id = 'plus'
name = 'Plus'
price = { reference = 'price_plus', amount = 900, currency = 'usd', interval = 'month' }
limits = [{ meter = 'messages', window = 'hour', limit = 60 }]
";

async fn drive(kind: Kind) {
    let folder = tempfile::tempdir().unwrap();
    let store = kind.url(folder.path());
    // everybody may buy a plan and is charged, and the admin, whom the hooks know, may do everything
    let stripe = StandIn::start(Options { key: "sk_test_fuzz".into(), ..Options::new(Arc::new(SystemClock)) });
    let stripe = stripe.await.unwrap();
    stripe.price("price_plus", 900, "usd", "month");
    std::fs::write(folder.path().join("chatcore.toml"), PLANS).unwrap();
    let stripe = stripe.url();
    let environment = [
        ("CHATCORE_STORE", store.as_str()),
        ("CHATCORE_SECRET", crate::server::SECRET),
        ("CHATCORE_RATE_LIMITS", "off"),
        ("CHATCORE_VISITORS", "on"),
        ("CHATCORE_OFFLINE_DELAY_MS", "0"),
        ("CHATCORE_LIMITS", "messages=40/hour,tokens=1000000/rolling_5h"),
        ("CHATCORE_CHARGE", "per_request"),
        ("CHATCORE_CHARGE_AMOUNT", "100"),
        ("CHATCORE_START_BALANCE", "3000"),
        ("STRIPE_SECRET_KEY", "sk_test_fuzz"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_fuzz"),
        ("STRIPE_API_BASE", &stripe),
    ];
    let server = Binary::start(folder.path(), &environment).await;
    let root = json!({"code": server.set_up_code().await, "username": "root", "password": PASSWORD});
    server.anonymous().post("/auth/set-up", root).await.is(201);
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
