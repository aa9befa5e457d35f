//! What the server costs under load: the release binary, with SQLite in a file, beside nginx and a proxy that copies
//! bytes, all three before the same model, taking turns in the same run.
//!
//! `cargo bench -p chatcore-benches --bench load [-- [--quick] [filter ..]]`
//!
//! A filter is a part of a name: `rush/32`, `rush/256`, `paced/32`, `paced/256`, `rest`, `memory`, `paid/32`, `paid/256`, `start`,
//! `size`. `paid` is the server beside itself, with and without limits and credit.
//! Whoever is measured has a core of its own; model and client share another. CPU time is what the kernel counts for
//! the process, its own and the system's for it.
//!
//! A stream has 64 chunks, and the model writes every chunk by itself. *In a rush* they come as fast as they are taken:
//! on their way they pile up before whoever is slow, which then has less work with each. *Paced* one comes every 20 ms,
//! so everybody has the same work. nginx (Debian's `nginx-light`) passes on and knows nothing; what stands beside it is
//! the whole durable path: account, conversation, message, and answer on disk.
//!
//! Run by `cargo test` it is a quick run on the server's binary beside it, and ends at once if there is none.

#![expect(clippy::print_stdout, reason = "it is what a bench is for")]

mod alone;
mod client;
mod crowd;
mod embedded;
mod idle;
mod load;
mod machine;
mod paid;
mod program;
mod scale;
mod stamp;
mod start;
mod table;
mod target;
mod upstream;

use chatcore_benches::Failure;

use crate::machine::Cores;
use crate::paid::Pair;
use crate::program::{COPY, SERVE};
use crate::scale::Scale;
use crate::target::Targets;
use crate::upstream::Upstream;

/// What a run was asked for.
struct Choice {
    filters: Vec<String>,
    scale: Scale,
}

impl Choice {
    fn wants(&self, name: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter.as_str()))
    }

    fn wants_any(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.wants(name))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let said = |flag: &str| arguments.iter().any(|argument| argument == flag);
    match &arguments[..] {
        [flag, upstream] if flag == COPY => return program::copy(upstream).await,
        [flag, how, folder, upstream] if flag == SERVE => return embedded::serve(how, folder.as_ref(), upstream).await,
        _ if said("--list") => return Ok(()),
        _ => {}
    }
    // `cargo bench` says so; whoever else runs this only wants to know that it works
    let is_bench = said("--bench");
    let scale = if is_bench && !said("--quick") { Scale::full() } else { Scale::quick() };
    let filters = arguments.iter().filter(|argument| !argument.starts_with("--")).cloned().collect();
    let Some(binary) = program::server(is_bench)? else {
        println!("load: left out: there is no chatcore-server beside this program");
        return Ok(());
    };
    let cores = match Cores::take() {
        Ok(cores) => cores,
        Err(error) => {
            println!("load: left out: {error}");
            return Ok(());
        }
    };
    machine::allow_many_files()?;
    println!("load average before: {}", machine::load_average());
    table::print_head();
    let model = Upstream::start().await?;
    let choice = Choice { filters, scale };
    crowds(&choice, &binary, cores, &model).await?;
    paid(&choice, cores, &model).await?;
    if choice.wants("start") {
        start::cold(&binary, cores, model.address, &choice.scale).await?;
    }
    if choice.wants("size") {
        start::size(&binary)?;
    }
    println!("load average after: {}", machine::load_average());
    Ok(())
}

/// The server beside itself.
async fn paid(choice: &Choice, cores: Cores, model: &Upstream) -> Result<(), Failure> {
    let wanted = choice.scale.at_once.map(|at_once| (at_once, choice.wants(&format!("paid/{at_once}"))));
    if wanted.iter().all(|(_, is_wanted)| !is_wanted) {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let pair = Pair::start(cores, folder.path(), model).await?;
    for (at_once, _) in wanted.into_iter().filter(|(_, is_wanted)| *is_wanted) {
        pair.rush(model, &choice.scale, at_once).await?;
    }
    Ok(())
}

/// Everything that is asked of servers that run.
async fn crowds(choice: &Choice, binary: &std::path::Path, cores: Cores, model: &Upstream) -> Result<(), Failure> {
    let scale = &choice.scale;
    let [few, many] = scale.at_once;
    let [rush, paced] = ["rush", "paced"].map(|how| [few, many].map(|at_once| format!("{how}/{at_once}")));
    let others = ["rest".to_owned(), "memory".to_owned()];
    if !choice.wants_any(&rush) && !choice.wants_any(&paced) && !choice.wants_any(&others) {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let targets = Targets::start(binary, cores, folder.path(), model.address).await?;
    if targets.nginx.is_none() {
        println!("nginx: left out: it is not installed (Debian: nginx-light)");
    }
    if choice.wants("rest") {
        alone::at_rest(&targets, model, scale).await?;
    }
    for (name, is_many) in rush.iter().zip([false, true]) {
        if choice.wants(name) {
            crowd::rush(&targets, model, scale, is_many).await?;
        }
    }
    for (name, is_many) in paced.iter().zip([false, true]) {
        if choice.wants(name) {
            crowd::paced(&targets, model, scale, is_many).await?;
        }
    }
    if choice.wants("memory") {
        idle::memory(&targets, model, scale).await?;
    }
    Ok(())
}
