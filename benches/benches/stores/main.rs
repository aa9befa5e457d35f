//! What every store costs, a table for each.
//!
//! `cargo bench -p chatcore-benches --bench stores [-- [--million] [filter ..]]`
//!
//! A filter is a part of a name: `sqlite`, `append`, `sled/depth`. With `--million` the big store holds a million
//! messages, and a hundred thousand without. Everything goes through the service, with every index there is, and what is
//! written is on disk before it counts. A ratio is that of two medians from the same run, which took turns. What the
//! reference is, the line says: "by hand" is the same engine with the same rows (see `Raw`).
//!
//! PostgreSQL needs its programs on this machine; without them it is left out, and its name is printed.

#![expect(clippy::print_stdout, reason = "it is what a bench is for")]

mod appends;
mod reads;
mod scale;
mod sizes;
mod writers;

use chatcore_benches::{Failure, Report, StoreKind, count_groups};
use scale::Scale;

/// What a run was asked for.
struct Choice {
    filters: Vec<String>,
}

impl Choice {
    fn wants(&self, store: StoreKind, what: &str) -> bool {
        let name = format!("{}/{what}", store.name());
        self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter.as_str()))
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let said = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if said("--list") {
        return Ok(());
    }
    // `cargo bench` says so; whoever else runs this only wants to know that it works
    let scale = if said("--bench") { Scale::full(said("--million")) } else { Scale::tiny() };
    let filters = arguments.iter().filter(|argument| !argument.starts_with("--")).cloned().collect();
    let choice = Choice { filters };
    count_groups()?;
    for kind in StoreKind::ALL.into_iter().filter(|kind| scale.servers || *kind != StoreKind::Postgres) {
        match kind.missing() {
            Some(why) => println!("{}: left out: {why}\n", kind.name()),
            None => {
                let report = measure(kind, &scale, &choice).await?;
                if !report.is_empty() {
                    println!("{}", report.table(kind.name()));
                }
            }
        }
    }
    Ok(())
}

async fn measure(kind: StoreKind, scale: &Scale, choice: &Choice) -> Result<Report, Failure> {
    let mut report = Report::default();
    let wants = |what| choice.wants(kind, what);
    if wants("append") {
        appends::one_writer(kind, scale, &mut report).await?;
        appends::one_batch(kind, scale, &mut report).await?;
    }
    if wants("writers") {
        writers::many(kind, scale, &mut report).await?;
    }
    if wants("depth") {
        appends::deep(kind, scale, &mut report).await?;
    }
    if wants("window") {
        reads::windows(kind, scale, &mut report).await?;
    }
    if wants("branch") {
        reads::whole_branch(kind, scale, &mut report).await?;
    }
    if wants("million") {
        sizes::big_and_small(kind, scale, &mut report).await?;
    }
    if wants("list") {
        reads::list(kind, scale, &mut report).await?;
    }
    if wants("disk") {
        sizes::on_disk(kind, scale, &mut report).await?;
    }
    Ok(report)
}
