//! A writer that is killed at any moment, again and again over the same store.

use std::time::Duration;

use libtest_mimic::Failed;
use rand::RngExt;

use super::audit::audit;
use super::journal::{Line, News};
use super::ledger::Ledger;
use super::machine::{Place, Plan};
use super::order::Order;
use super::process::Writer;
use super::report::Tally;
use super::stores::Kind;

/// No kill comes later than this after the first acknowledgement.
const LATEST_MS: u64 = 400;
/// A process that starts has opened its store by then.
const OPENING_MS: u64 = 80;

/// Kills while working, with a kill while opening before every second one.
pub(crate) fn at_work(kind: Kind, plan: Plan) -> Result<(), Failed> {
    let place = Place::new(kind)?;
    let mut random = plan.random(kind.name());
    let runtime = tokio::runtime::Runtime::new()?;
    let (mut tally, mut ledger) = (Tally::new(format!("{}::kills_at_work", kind.name())), Ledger::default());
    for round in 0..plan.kills {
        let order = Order::new(&place.url, round, plan.seed);
        let mut writer = Writer::start(&order, &[])?;
        writer.hear(1, |news| matches!(news, News::Done(_)))?;
        std::thread::sleep(Duration::from_millis(random.random_range(0..LATEST_MS)));
        let ended = writer.kill()?;
        tally.kills += 1;
        place.settle()?;
        ledger.take_all(&ended.lines);
        if round % 2 == 1 {
            let ended = opening_once(&place, &plan, round, random.random_range(0..OPENING_MS), &mut tally)?;
            ledger.take_all(&ended);
        }
        runtime.block_on(audit(&place.url, &mut ledger, &mut tally))?;
        complaints(&mut ledger, &mut tally);
        if !tally.problems.is_empty() {
            break;
        }
    }
    tally.verdict(plan.seed)
}

/// Kills from the first moment on, of a store that is being made and of one that holds something.
pub(crate) fn while_opening(kind: Kind, plan: Plan) -> Result<(), Failed> {
    let mut random = plan.random("opening");
    let runtime = tokio::runtime::Runtime::new()?;
    let mut tally = Tally::new(format!("{}::kills_while_opening", kind.name()));
    let mut place = Place::new(kind)?;
    let mut ledger = Ledger::default();
    for round in 0..plan.kills {
        // every fourth round with a new one
        if round % 4 == 0 {
            (place, ledger) = (Place::new(kind)?, Ledger::default());
        }
        for _ in 0..random.random_range(1..=3) {
            let ended = opening_once(&place, &plan, round, random.random_range(0..OPENING_MS), &mut tally)?;
            ledger.take_all(&ended);
        }
        runtime.block_on(audit(&place.url, &mut ledger, &mut tally))?;
        let order = Order::new(&place.url, 1_000_000 + round, plan.seed).attempts(6);
        let ended = Writer::start(&order, &[])?.wait()?;
        ledger.take_all(&ended.lines);
        complaints(&mut ledger, &mut tally);
        if !tally.problems.is_empty() {
            break;
        }
    }
    tally.verdict(plan.seed)
}

/// What a writer says that was killed so long after its start.
fn opening_once(place: &Place, plan: &Plan, round: u64, millis: u64, tally: &mut Tally) -> Result<Vec<Line>, Failed> {
    // it opens, recovers and closes: work under way is settled before there is more
    let order = Order::new(&place.url, round, plan.seed).batches(0);
    let writer = Writer::start(&order, &[])?;
    std::thread::sleep(Duration::from_millis(millis));
    let ended = writer.kill()?;
    tally.kills_while_opening += 1;
    place.settle()?;
    Ok(ended.lines)
}

/// Without a failing disk nothing is refused, and every store opens.
fn complaints(ledger: &mut Ledger, tally: &mut Tally) {
    for why in std::mem::take(&mut ledger.unopened) {
        tally.failed_opens += 1;
        tally.tell("failed open", why);
    }
    for why in ledger.refusals.drain(..).chain(ledger.failed_reads.drain(..)) {
        tally.tell("refusal", why);
    }
}
