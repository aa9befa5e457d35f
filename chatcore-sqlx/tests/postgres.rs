//! The suite that every store passes, on PostgreSQL, and what PostgreSQL alone has to show.
//!
//! The tests start a server of their own from the binaries of the machine. Where there are none they are counted as
//! ignored, by name; with `CHATCORE_REQUIRE_SERVICES=1` they fail.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that fails panics, and what is skipped is said"
)]

#[path = "postgres/mod.rs"]
mod checks;
mod support;

use std::process::ExitCode;
use std::sync::Arc;

use chatcore_sqlx::testing::{Durability, Missing, Postgres};
use libtest_mimic::{Arguments, Failed, Trial};

type Server = Arc<Result<Postgres, Missing>>;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // most of the time a test waits for the server
    arguments.test_threads.get_or_insert(4);
    let required = std::env::var_os("CHATCORE_REQUIRE_SERVICES").is_some_and(|value| value == "1");
    // a list needs no server
    let server: Server =
        Arc::new(if arguments.list { Err(Missing::Binaries) } else { Postgres::shared(Durability::Off) });
    let missing = server.is_err() && !arguments.list;
    if let (Err(why), true) = (server.as_ref(), missing) {
        eprintln!("{}: tests/postgres.rs: {why}", if required { "failed" } else { "skipped" });
    }
    let usual = checks::all().into_iter().map(|check| (check, false));
    let long = checks::long().into_iter().map(|check| (check, true));
    let trials = usual.chain(long).map(|((name, check), long)| {
        let server = server.clone();
        let run = move || match server.as_ref() {
            Ok(server) => {
                check(server);
                Ok(())
            }
            Err(why) => Err(Failed::from(why.to_string())),
        };
        Trial::test(name, run).with_ignored_flag(long || (missing && !required))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
