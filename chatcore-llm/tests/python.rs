//! The unmodified `openai` client of Python against the mock, where there is one: `CHATCORE_PYTHON` names an
//! interpreter that has it, `python3` is tried otherwise. Without one the test is skipped and says so; with
//! `CHATCORE_REQUIRE_SERVICES=1` missing means failed.

#![expect(clippy::print_stderr, reason = "what is skipped is said")]

use std::process::{Command, Stdio};

use chatcore_llm::testing::{Answer, MockOpenAi, MockSettings};
use libtest_mimic::{Arguments, Failed, Trial};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/openai_client.py");

fn interpreter() -> Option<String> {
    let python = std::env::var("CHATCORE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut import = Command::new(&python);
    import.args(["-c", "import openai"]).stdout(Stdio::null()).stderr(Stdio::null());
    import.status().is_ok_and(|status| status.success()).then_some(python)
}

fn main() {
    let arguments = Arguments::from_args();
    let required = std::env::var("CHATCORE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    let python = interpreter();
    if python.is_none() {
        eprintln!("the_python_client_takes_the_mock_for_the_real_thing is skipped: it needs a Python with `openai`");
    }
    let skip = python.is_none() && !required;
    let trial = Trial::test("the_python_client_takes_the_mock_for_the_real_thing", move || match python {
        Some(python) => drive(&python),
        None => Err("it needs a Python with `openai` (CHATCORE_PYTHON names it)".into()),
    });
    libtest_mimic::run(&arguments, vec![trial.with_ignored_flag(skip)]).exit();
}

fn drive(python: &str) -> Result<(), Failed> {
    let runtime = tokio::runtime::Runtime::new()?;
    let settings = MockSettings { require_key: Some("sk-mock".into()), only_listed: true, ..MockSettings::default() };
    let mock = runtime.block_on(MockOpenAi::start_with(settings))?;
    run(python, &mock, &[])?;
    for _ in 0..2 {
        let limit = Answer::error(429, "rate_limit_exceeded", "slow down");
        mock.push(limit.header("retry-after-ms", "10"));
    }
    run(python, &mock, &["limited"])
}

fn run(python: &str, mock: &MockOpenAi, more: &[&str]) -> Result<(), Failed> {
    let mut script = Command::new(python);
    script.args([SCRIPT, &mock.base_url(), "sk-mock"]).args(more).env("NO_PROXY", "127.0.0.1");
    let output = script.output()?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned().into()) }
}
