//! A disk that fills up while a store is written to, and then gets room again.

use libtest_mimic::Failed;

use super::audit::audit;
use super::journal::News;
use super::ledger::Ledger;
use super::machine::{Plan, SmallDisk};
use super::order::Order;
use super::process::Writer;
use super::report::Tally;
use super::stores::Kind;

const SMALL: &str = "12m";
const LARGE: &str = "96m";

/// The store refuses in words, reads go on; when there is room it goes on by itself, and has all that it acknowledged.
pub(crate) fn refuses_and_goes_on(kind: Kind, plan: Plan) -> Result<(), Failed> {
    let disk = SmallDisk::new(SMALL)?;
    let url = format!("{}:{}", kind.name(), kind.path(&disk.path()).display());
    let order = Order { text: 8_000, ..Order::new(&url, 0, plan.seed).batches(4) };
    let mut writer = Writer::start(&order, &[])?;
    writer.hear(1, |news| matches!(news, News::Done(_)))?;
    writer.hear(20, is_refusal)?;
    let full = writer.heard.len();
    disk.resize(LARGE)?;
    writer.hear(100, |news| matches!(news, News::Done(_)))?;
    let ended = writer.kill()?;

    let mut ledger = Ledger::default();
    ledger.take_all(&ended.lines);
    let reads = ended.lines[..full].iter().filter(|line| matches!(line.news, News::Read(None))).count();
    let (refused, unsure) = (count(&ended.lines, true), count(&ended.lines, false));
    println!("{}: a full disk refused {refused} times, {unsure} times unsure; {reads} reads meanwhile", kind.name());
    if let Some(first) = ledger.refusals.first() {
        println!("{}: {first}", kind.name());
    }
    if let Some(odd) = ledger.refusals.iter().find(|why| !why.contains(": failed to ")) {
        return Err(format!("not an error of a store: {odd}").into());
    }
    if let Some(failure) = ledger.failed_reads.first() {
        return Err(format!("what was acknowledged cannot be read while the disk is full: {failure}").into());
    }
    let mut tally = Tally::new(format!("{}::full_disk", kind.name()));
    tokio::runtime::Runtime::new()?.block_on(audit(&url, &mut ledger, &mut tally))?;
    tally.verdict(plan.seed)
}

fn is_refusal(news: &News) -> bool {
    matches!(news, News::Refused(_) | News::Unsure(_))
}

fn count(lines: &[super::journal::Line], certain: bool) -> usize {
    let fits = |news: &News| matches!((news, certain), (News::Refused(_), true) | (News::Unsure(_), false));
    lines.iter().filter(|line| fits(&line.news)).count()
}
