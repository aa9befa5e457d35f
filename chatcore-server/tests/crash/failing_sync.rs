//! Waiting for the disk: that it is done before every acknowledgement, and what follows when it fails.

use libtest_mimic::Failed;

use super::audit::audit;
use super::ledger::Ledger;
use super::machine::{Place, Plan};
use super::order::Order;
use super::process::{Ended, Writer};
use super::report::Tally;
use super::stores::Kind;
use super::syncs::{Audited, Log, arguments};

/// Runs a writer to its end under strace.
fn traced(place: &Place, order: &Order, inject: Option<String>) -> Result<(Ended, Log), Failed> {
    let log = place.folder().join("strace.log");
    let ended = Writer::start(order, &arguments(&log, inject))?.wait()?;
    let text = String::from_utf8_lossy(&std::fs::read(&log)?).into_owned();
    Ok((ended, Log::parse(&text, place.kind.log_file())))
}

fn nothing_early(audited: &Audited) -> Result<(), Failed> {
    match audited.early.first() {
        None => Ok(()),
        Some(first) => {
            let (early, all) = (audited.early.len(), audited.acknowledged);
            Err(format!("{early} of {all} acknowledgements came before the disk had it: {first}").into())
        }
    }
}

/// One writer alone, then 64 at once, which wait together.
pub(crate) fn precedes_every_acknowledgement(kind: Kind, plan: Plan) -> Result<(), Failed> {
    for (tasks, attempts) in [(1, 40), (64, if plan.long { 40 } else { 8 })] {
        let place = Place::new(kind)?;
        let order = Order::new(&place.url, 0, plan.seed).batches(tasks).attempts(attempts);
        let (ended, log) = traced(&place, &order, None)?;
        let audited = log.audit(tasks == 1);
        let (acknowledged, syncs) = (audited.acknowledged, audited.syncs);
        if !ended.status.success() || u64::try_from(acknowledged)? < u64::from(tasks) * attempts {
            return Err(format!("the writer ended with {} after {acknowledged}: {}", ended.status, ended.errors).into());
        }
        println!("{}: {tasks} at once: {syncs} syncs for {acknowledged} acknowledged", kind.name());
        nothing_early(&audited)?;
    }
    Ok(())
}

/// The audit above notices a writer that does not wait.
pub(crate) fn its_absence_is_noticed(plan: Plan) -> Result<(), Failed> {
    let place = Place::new(Kind::Sqlite)?;
    let lie = Some(super::order::Lie::Early);
    let order = Order { lie, ..Order::new(&place.url, 0, plan.seed).batches(1).attempts(20) };
    let (_, log) = traced(&place, &order, None)?;
    for one_at_a_time in [true, false] {
        // the two conversations are made honestly
        let early = log.audit(one_at_a_time).early.len();
        if early != 18 {
            return Err(format!("{early} of 18 acknowledgements before the disk were noticed").into());
        }
    }
    Ok(())
}

/// The Nth wait of each thread fails, or all from the Nth on do. Nothing is acknowledged on the strength of such a wait,
/// and after a restart everything acknowledged is there.
pub(crate) fn is_not_acknowledged(kind: Kind, plan: Plan) -> Result<(), Failed> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut tally = Tally::new(format!("{}::failing_sync", kind.name()));
    let (mut failed_syncs, mut refusals, mut unopened) = (0, 0, 0);
    // opening a new store takes the first: one or two for each migration
    let few: Vec<u32> = if plan.long { (1..=40).collect() } else { vec![1, 9, 19, 24, 29, 34] };
    for nth in few {
        for when in [format!("{nth}"), format!("{nth}+")] {
            let place = Place::new(kind)?;
            let order = Order::new(&place.url, 0, plan.seed).batches(3).attempts(12);
            let inject = format!("inject=fsync,fdatasync:error=EIO:when={when}");
            let (ended, log) = traced(&place, &order, Some(inject))?;
            let audited = log.audit(false);
            nothing_early(&audited).map_err(|why| format!("when={when}: {}", why.message().unwrap_or_default()))?;
            let mut ledger = Ledger::default();
            ledger.take_all(&ended.lines);
            runtime.block_on(audit(&place.url, &mut ledger, &mut tally))?;
            if let Some(failure) = ledger.failed_reads.first() {
                tally.tell("failed read", failure);
            }
            failed_syncs += audited.failed_syncs;
            refusals += ledger.refusals.len();
            unopened += ledger.unopened.len();
            if !tally.problems.is_empty() {
                tally.tell("when", when);
                return tally.verdict(plan.seed);
            }
        }
    }
    let name = kind.name();
    println!("{name}: {failed_syncs} syncs of the log failed: {refusals} commits refused, {unopened} opens refused");
    if failed_syncs == 0 || refusals == 0 {
        return Err("no sync failed: nothing was tested".into());
    }
    tally.verdict(plan.seed)
}
