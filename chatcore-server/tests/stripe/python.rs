//! The stand-in beside Stripe's own client for Python, which is not ours: what it sends is understood, what it signs is
//! taken, and it takes what the stand-in signs.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use chatcore::Clock;
use chatcore::billing::gateway::{GatewayError, PaymentGateway, Signed};
use chatcore_llm::SystemClock;
use chatcore_server::payments::stripe::Stripe;
use libtest_mimic::Trial;
use serde::Deserialize;
use serde_json::{Value, json};
use stripe_stand_in::{Options, StandIn};

use crate::scene::{KEY, PRICE, SECRET, config};

const NAME: &str = "stripes_own_client_agrees";
const MISSING: &str = "it needs a Python with the package `stripe` (CHATCORE_PYTHON names it)";

fn python() -> Command {
    Command::new(std::env::var("CHATCORE_PYTHON").unwrap_or_else(|_| "python3".to_owned()))
}

pub(crate) fn trial() -> Trial {
    let required = std::env::var("CHATCORE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    let import = python().args(["-c", "import stripe"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let missing = !import.is_ok_and(|status| status.success());
    if missing {
        eprintln!("{NAME} is skipped: {MISSING}");
    }
    let trial = Trial::test(NAME, move || {
        if missing {
            return Err(MISSING.into());
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(agrees());
        Ok(())
    });
    trial.with_ignored_flag(missing && !required)
}

/// A body and the header that proves it, or is to.
#[derive(Deserialize)]
struct Message {
    what: String,
    body: String,
    header: String,
    good: bool,
}

async fn agrees() {
    let clock = Arc::new(SystemClock);
    let webhook_secrets = vec![SECRET.to_owned(), "whsec_of_last_year".to_owned()];
    let options = Options { key: KEY.to_owned(), webhook_secrets, ..Options::new(clock.clone()) };
    let stand_in = StandIn::start(options).await.unwrap();
    stand_in.price(PRICE, 900, "usd", "month");
    let said = run(&stand_in, "calls", &json!({})).await;
    assert_eq!(said["done"], true, "{said}");

    let ids = stand_in.events().into_iter().map(|event| event["id"].as_str().unwrap().to_owned());
    let signed: Vec<(String, String)> = ids.map(|id| stand_in.signed(&id).unwrap()).collect();
    assert!(signed.len() > 10);
    let said = run(&stand_in, "signatures", &json!(signed)).await;
    assert_eq!(said["proven"], signed.len(), "{said}");

    let stripe = Stripe::new(&config(&stand_in.url())).unwrap();
    let messages: Vec<Message> = serde_json::from_value(said["messages"].clone()).unwrap();
    assert!(messages.iter().filter(|it| it.good).count() > 10 && messages.iter().filter(|it| !it.good).count() > 4);
    for Message { what, body, header, good } in messages {
        let read = stripe.read(&Signed { body: body.as_bytes(), signature: &header }, clock.now());
        match read {
            Ok(_) => assert!(good, "{what} is taken"),
            Err(GatewayError::NotProven) => assert!(!good, "{what} is refused"),
            Err(other) => unreachable!("{what}: {other:?}"),
        }
    }
}

/// Runs a part of the script, with something to read. What it says.
async fn run(stand_in: &StandIn, part: &str, input: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stripe/client.py");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("input.json");
    std::fs::write(&file, input.to_string()).unwrap();
    let mut python = python();
    python.arg(script).args([part, &stand_in.url(), KEY, SECRET, PRICE]).arg(&file).env("NO_PROXY", "*");
    // the stand-in answers meanwhile
    let output = tokio::task::spawn_blocking(move || python.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
