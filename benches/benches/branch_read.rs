//! What it costs to open a chat: the last 50 messages of a branch, each with "version i of n", at several depths.
//!
//! `cargo bench -p chatcore-benches --bench branch_read`
//!
//! Beside it, in the same run and on the same file: one hand-written statement that finds and reads the same messages.
//! It does less, and the ratio says what the rest costs: it does not check whose conversation it is, does not count the
//! versions of each message, and leaves ids as bytes and texts as JSON.

#![expect(clippy::print_stdout, reason = "it is what a bench is for")]

use chatcore_benches::{DEPTHS, Data, Failure, Raw, Report, Shape, side_by_side};

const PAGE: u32 = 50;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    // `cargo bench` says so; whoever else runs this only wants to know that it works
    let full = std::env::args().any(|argument| argument == "--bench");
    let rounds = if full { 500 } else { 5 };
    let mut cases = Vec::new();
    for depth in DEPTHS.into_iter().filter(|depth| full || *depth <= 100) {
        cases.push((format!("depth {depth}"), depth, Shape::Plain));
        cases.push((format!("depth {depth}, answers regenerated"), depth, Shape::Regenerated));
    }
    cases.push(("depth 10, the last of 1000 siblings".to_owned(), 10, Shape::Siblings(1_000)));
    let mut report = Report::default();
    for (what, depth, shape) in cases {
        let data = Data::open().await?;
        let id = data.conversation(&data.me, depth, shape).await?;
        let mut raw = Raw::open(&data).await?;
        let (theirs, own) = (raw.branch(id, PAGE).await?, data.branch(id, 50).await?);
        if theirs != own || own.len() != usize::try_from(depth.min(PAGE))? {
            return Err(format!("{what}: both ways must read the same page").into());
        }
        let ours = async || data.branch(id, 50).await.map(drop);
        let theirs = async || raw.branch(id, PAGE).await.map(drop);
        report.add(what, side_by_side(rounds, ours, theirs).await?);
        data.close().await;
    }
    println!("{}", report.table("branch_read: the last 50 messages of a branch"));
    Ok(())
}
