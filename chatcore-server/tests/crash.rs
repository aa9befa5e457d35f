//! Kills, failing disks and full ones: nothing that was acknowledged is ever lost or torn, on any store.
//!
//! A writer, this program again in a process of its own, does random work and says what was acknowledged; then it is
//! killed, or its disk fails, and what is in the store is compared with what it said.
//!
//! `cargo test` does a few rounds. 200 kills a store and everything that takes long:
//!
//! ```sh
//! CHATCORE_CRASH_KILLS=200 cargo test --release -p chatcore-server --test crash -- --nocapture
//! ```
//!
//! The seed is random and printed; `CHATCORE_CRASH_SEED` sets it. It repeats what is done and when the kill comes, as far
//! as the machine does: where exactly a kill hits is never the same.
//!
//! PostgreSQL, strace and the right to mount a file system are needed by some tests, which are ignored by name without.
//! With `CHATCORE_REQUIRE_SERVICES=1` what could be installed must be there. A right that the machine withholds (in a
//! container: CAP_SYS_ADMIN, ptrace) is named, and those tests are ignored even so.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a writer that cannot go on ends, and what was found or skipped is said"
)]

#[path = "common/canaries.rs"]
mod canaries;
#[path = "crash/mod.rs"]
mod crash;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use crash::machine::Plan;
use crash::{Check, order, report, writer};

fn main() -> ExitCode {
    if let Ok(order) = std::env::var(order::VARIABLE) {
        return writer::run(serde_json::from_str(&order).expect("an order"));
    }
    let arguments = Arguments::from_args();
    let plan = match Plan::from_environment() {
        Ok(plan) => plan,
        Err(why) => {
            eprintln!("failed: {}", why.message().unwrap_or_default());
            return ExitCode::FAILURE;
        }
    };
    if !arguments.list {
        println!("CHATCORE_CRASH_SEED={}", plan.seed);
    }
    let trials = crash::all(plan).into_iter().map(|check| trial(&arguments, check)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(table) = report::table() {
        println!("{table}");
    }
    conclusion.exit_code()
}

fn trial(arguments: &Arguments, check: Check) -> Trial {
    let Check { name, needs, run } = check;
    // looking costs time, and a list needs nothing
    let wanted = arguments.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()));
    let missing = if arguments.list || !wanted { None } else { needs.missing() };
    let Some(missing) = missing else { return Trial::test(name, run) };
    let required = std::env::var_os("CHATCORE_REQUIRE_SERVICES").is_some_and(|value| value == "1");
    let ignored = missing.excused || !required;
    eprintln!("{}: {name}: {}", if ignored { "skipped" } else { "failed" }, missing.what);
    Trial::test(name, move || Err(missing.what.into())).with_ignored_flag(ignored)
}
