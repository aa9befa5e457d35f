//! The unmodified Python clients of OpenAI and of Anthropic against the mock, where there are any: `CHATCORE_PYTHON` names
//! an interpreter that has them, `python3` is tried otherwise. A test without its client is skipped and says so; with
//! `CHATCORE_REQUIRE_SERVICES=1` missing means failed.

#![expect(clippy::print_stderr, reason = "what is skipped is said")]

use std::process::{Command, Stdio};

use chatcore_llm::testing::{Answer, MockProvider, MockSettings};
use libtest_mimic::{Arguments, Failed, Trial};

/// A client: its package, the name of its test, where its base URL leads, and how its provider says that it is too much.
struct Client {
    package: &'static str,
    test: &'static str,
    address: fn(&MockProvider) -> String,
    limit: fn() -> Answer,
}

const CLIENTS: [Client; 2] = [
    Client {
        package: "openai",
        test: "the_client_of_openai_takes_the_mock_for_the_real_thing",
        address: MockProvider::base_url,
        limit: || Answer::error(429, "rate_limit_exceeded", "slow down"),
    },
    Client {
        package: "anthropic",
        test: "the_client_of_anthropic_takes_the_mock_for_the_real_thing",
        address: MockProvider::root_url,
        limit: || Answer::anthropic_error(429, "slow down"),
    },
];

fn python() -> String {
    std::env::var("CHATCORE_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

impl Client {
    fn is_there(&self) -> bool {
        let mut import = Command::new(python());
        import.args(["-c", &format!("import {}", self.package)]).stdout(Stdio::null()).stderr(Stdio::null());
        import.status().is_ok_and(|status| status.success())
    }

    fn trial(self, required: bool) -> Trial {
        let is_there = self.is_there();
        if !is_there {
            eprintln!("{} is skipped: it needs a Python with `{}`", self.test, self.package);
        }
        let trial = Trial::test(self.test, move || match is_there {
            true => self.drive(),
            false => Err(format!("it needs a Python with `{}` (CHATCORE_PYTHON names it)", self.package).into()),
        });
        trial.with_ignored_flag(!is_there && !required)
    }

    fn drive(&self) -> Result<(), Failed> {
        let runtime = tokio::runtime::Runtime::new()?;
        let key = Some("sk-mock".into());
        let settings = MockSettings { require_key: key, only_listed: true, ..MockSettings::default() };
        let mock = runtime.block_on(MockProvider::start_with(settings))?;
        self.run(&mock, &[])?;
        for _ in 0..2 {
            mock.push((self.limit)().header("retry-after-ms", "10"));
        }
        self.run(&mock, &["limited"])
    }

    fn run(&self, mock: &MockProvider, more: &[&str]) -> Result<(), Failed> {
        let script = format!("{}/tests/python/{}_client.py", env!("CARGO_MANIFEST_DIR"), self.package);
        let mut command = Command::new(python());
        command.args([&script, &(self.address)(mock), "sk-mock"]).args(more).env("NO_PROXY", "127.0.0.1");
        let output = command.output()?;
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
        }
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let required = std::env::var("CHATCORE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    let trials = CLIENTS.into_iter().map(|client| client.trial(required)).collect();
    libtest_mimic::run(&arguments, trials).exit();
}
