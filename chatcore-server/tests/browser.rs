//! The chat page in a real Chromium: starts the server and drives `tests/browser/run.mjs` against it.
//!
//! It needs Chromium, Node.js and `npm ci` in `tests/browser`. Where one is missing the test is skipped and says so;
//! with `CHATCORE_REQUIRE_SERVICES=1` missing means failed. `CHATCORE_BROWSER_CHECKS` names the checks to run, if not all.
//! `docs/images/make` makes the pictures of the documentation anew by one of them.

#![expect(clippy::print_stderr, clippy::print_stdout, reason = "what is skipped is said")]

#[expect(dead_code, clippy::unwrap_used, reason = "shared with the tests of sign-ins")]
#[path = "oauth/mock.rs"]
mod mock;
#[expect(dead_code, clippy::unwrap_used, reason = "shared with the tests of sign-ins")]
#[path = "oauth/signing.rs"]
mod signing;
#[expect(dead_code, clippy::unwrap_used, clippy::panic, reason = "shared with the tests over HTTP")]
#[path = "common/smtp.rs"]
mod smtp;
#[path = "browser/stage.rs"]
mod stage;
#[expect(clippy::unwrap_used, reason = "shared with the tests over HTTP")]
#[path = "common/wallet.rs"]
mod wallet;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};
use stage::Stage;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

/// What is not there.
fn missing() -> Option<&'static str> {
    let chromium = std::env::var_os("CHATCORE_CHROMIUM").map_or_else(|| "/usr/bin/chromium".into(), PathBuf::from);
    let node = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    match (chromium.exists(), node, folder().join("node_modules/playwright-core").exists()) {
        (false, ..) => Some("Chromium (CHATCORE_CHROMIUM names it)"),
        (_, false, _) => Some("Node.js"),
        (.., false) => Some("the packages of tests/browser (npm ci)"),
        _ => None,
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let required = std::env::var("CHATCORE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    let missing = missing();
    if let Some(what) = missing {
        eprintln!("the_page_in_chromium is skipped: it needs {what}");
    }
    let skip = missing.is_some() && !required;
    let trial = Trial::test("the_page_in_chromium", move || match missing {
        Some(what) => Err(format!("it needs {what}").into()),
        None => drive(),
    });
    libtest_mimic::run(&arguments, vec![trial.with_ignored_flag(skip)]).exit();
}

/// Lets the browser at a server, and does with that what the checks ask for: a line `do <what>` is answered when done.
fn drive() -> Result<(), Failed> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut stage = runtime.block_on(Stage::set())?;
    let mut node = Command::new("node")
        .args(["run.mjs", &stage.url()])
        .args(std::env::var("CHATCORE_BROWSER_CHECKS").unwrap_or_default().split_whitespace())
        .env("CHATCORE_STAGE", "1")
        .current_dir(folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (mut answers, output) = (node.stdin.take().ok_or("no input")?, node.stdout.take().ok_or("no output")?);
    let (mut failed, mut passed) = (Vec::new(), 0);
    for line in BufReader::new(output).lines() {
        let line = line?;
        if let Some(what) = line.strip_prefix("do ") {
            writeln!(answers, "{}", runtime.block_on(stage.act(what))?)?;
            continue;
        }
        println!("{line}");
        passed += usize::from(line.starts_with("ok "));
        if line.starts_with("not ok") || line.starts_with("skipped") {
            failed.push(line);
        }
    }
    let status = node.wait()?;
    if !failed.is_empty() {
        return Err(failed.join("\n").into());
    }
    if !status.success() || passed == 0 {
        return Err(format!("run.mjs ended with {status} after {passed} checks").into());
    }
    Ok(())
}
