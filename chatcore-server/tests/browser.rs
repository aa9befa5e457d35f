//! The chat page in a real Chromium: starts the server and drives `tests/browser/run.mjs` against it.
//!
//! It needs Chromium, Node.js and `npm ci` in `tests/browser`. Where one is missing the test is skipped and says so;
//! with `CHATCORE_REQUIRE_SERVICES=1` missing means failed.

#![expect(clippy::print_stderr, clippy::print_stdout, reason = "what is skipped is said")]

use std::path::{Path, PathBuf};
use std::process::Command;

use chatcore_server::Server;
use chatcore_server::config::Settings;
use libtest_mimic::{Arguments, Failed, Trial};

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

/// Starts a server on a free port and lets the browser at it.
fn drive() -> Result<(), Failed> {
    let runtime = tokio::runtime::Runtime::new()?;
    let data = tempfile::tempdir()?;
    let settings = Settings {
        listen: Some("127.0.0.1:0".into()),
        store: Some(format!("sqlite:{}", data.path().join("chat.db").display()).into()),
        // slow enough to see the text come, and to stop it
        offline_delay_ms: Some(60),
        ..Settings::default()
    };
    let server = runtime.block_on(async { Server::bind(&settings.resolve()?).await.map_err(Failed::from) })?;
    let url = format!("http://{}", server.address()?);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = runtime.spawn(server.run(async {
        let _ = stopped.await;
    }));
    let output = Command::new("node").arg("run.mjs").arg(&url).current_dir(folder()).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    drop(stop);
    runtime.block_on(running)??;
    let failed: Vec<&str> = said.lines().filter(|line| line.starts_with("not ok")).collect();
    if !failed.is_empty() {
        return Err(failed.join("\n").into());
    }
    let passed = said.lines().filter(|line| line.starts_with("ok ")).count();
    if !output.status.success() || passed == 0 {
        return Err(format!("run.mjs ended with {} after {passed} checks", output.status).into());
    }
    Ok(())
}
