//! Streams that are cut: by the client, by the network, by a server that ends or is killed. Whoever comes back has every
//! byte once.
//!
//! `CHATCORE_STREAM_CUTS` says how often (12 times otherwise); the long run is `CHATCORE_STREAM_CUTS=200`.
//!
//! With `CHATCORE_BULLIES=1` there are as many of them as a server meets on a bad day.
//!
//! With `CHATCORE_EVENTSOURCE` naming a folder whose `node_modules` have `eventsource`, a client that is not ours reads
//! too. Without it that test says that it is skipped; with `CHATCORE_REQUIRE_SERVICES=1` missing means failed.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that fails panics, and what is skipped or measured is said"
)]

mod bullies;
mod client;
mod cuts;
mod eventsource;
mod kills;
mod server;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// How often something is cut.
fn cuts() -> usize {
    std::env::var("CHATCORE_STREAM_CUTS").ok().and_then(|cuts| cuts.parse().ok()).unwrap_or(12)
}

fn trial<F: Future<Output = ()>>(name: &str, check: impl FnOnce() -> F + Send + 'static) -> Trial {
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(check());
        Ok(())
    })
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(2);
    let trials = vec![
        trial("a_stream_that_is_cut_anywhere_has_every_byte_once", cuts::anywhere),
        trial("a_client_that_goes_at_any_chunk_stops_nothing", cuts::at_every_chunk),
        trial("a_stream_goes_on_after_an_orderly_restart", cuts::restarts),
        trial("a_kill_leaves_a_beginning_and_nothing_running", kills::at_any_moment),
        trial("bullies_harm_nobody", bullies::all_at_once),
        eventsource::trial(),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}
