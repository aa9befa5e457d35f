//! What it costs to say something: one message appended at the head of a conversation, at several depths, each waited
//! for until it is on disk.
//!
//! `cargo bench -p chatcore-benches --bench append`
//!
//! Beside it, in the same run and in the same file: one hand-written transaction that writes the same three rows (the
//! message, its conversation, the counter of its owner) and also waits for the disk. It reads nothing: it does not look
//! whose conversation it is or where its head is, and does not answer with the message that was made.

#![expect(clippy::print_stdout, reason = "it is what a bench is for")]

use std::iter::repeat_n;

use chatcore_benches::{DEPTHS, Data, Failure, Raw, Report, Shape, side_by_side};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    // `cargo bench` says so; whoever else runs this only wants to know that it works
    let full = std::env::args().any(|argument| argument == "--bench");
    let rounds: u32 = if full { 300 } else { 5 };
    let mut report = Report::default();
    for depth in DEPTHS.into_iter().filter(|depth| full || *depth <= 100) {
        let data = Data::open().await?;
        let mut raw = Raw::open(&data).await?;
        // a conversation grows by a tenth at most; then it is the turn of the next
        let each = (depth / 10).max(1);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..(rounds + 10).div_ceil(each) {
            let id = data.conversation(&data.me, depth, Shape::Plain).await?;
            ours.extend(repeat_n(id, each.try_into()?));
            theirs.push(raw.tail(data.conversation(&data.other, depth, Shape::Plain).await?).await?);
        }
        let mut ours = ours.into_iter();
        let mut turns = 0..;
        let own = async || {
            let id = ours.next().ok_or("no conversation left")?;
            data.append(id).await.map(drop)
        };
        let by_hand = async || {
            let turn: u32 = turns.next().ok_or("no turn left")?;
            let tail = theirs.get_mut(usize::try_from(turn / each)?).ok_or("no conversation left")?;
            raw.append(&data.other, tail).await
        };
        report.add(format!("depth {depth}"), side_by_side(rounds.try_into()?, own, by_hand).await?);
        data.close().await;
    }
    println!("{}", report.table("append: one message at the head, on disk"));
    Ok(())
}
