//! The unmodified `openai` client of Python against the mock, where there is one: `CHATCORE_PYTHON` names an
//! interpreter that has it, `python3` is tried otherwise.

use std::process::Stdio;

use chatcore_llm::testing::{Answer, MockOpenAi, MockSettings};
use tokio::process::Command;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/openai_client.py");

async fn interpreter() -> Option<String> {
    let python = std::env::var("CHATCORE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_it = Command::new(&python)
        .args(["-c", "import openai"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await
        .is_ok_and(|status| status.success());
    has_it.then_some(python)
}

async fn run(python: &str, mock: &MockOpenAi, more: &[&str]) {
    let output = Command::new(python)
        .args([SCRIPT, &mock.base_url(), "sk-mock"])
        .args(more)
        .env("NO_PROXY", "127.0.0.1")
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn the_python_client_takes_the_mock_for_the_real_thing() {
    let Some(python) = interpreter().await else {
        assert!(
            std::env::var_os("CHATCORE_REQUIRE_SERVICES").is_none_or(|value| value != "1"),
            "no python with openai"
        );
        eprintln!("skipped: no python with the openai package (set CHATCORE_PYTHON)");
        return;
    };
    let settings = MockSettings { require_key: Some("sk-mock".into()), only_listed: true, ..MockSettings::default() };
    let mock = MockOpenAi::start_with(settings).await.unwrap();
    run(&python, &mock, &[]).await;
    for _ in 0..2 {
        let limit = Answer::error(429, "rate_limit_exceeded", "slow down");
        mock.push(limit.header("retry-after-ms", "10"));
    }
    run(&python, &mock, &["limited"]).await;
}
