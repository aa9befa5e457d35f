//! How much a store takes from many writers.

use std::time::{Duration, Instant};

use chatcore_benches::{Data, Failure, Line, Raw, Report, StoreKind, by_pgbench, write_from};

use crate::scale::Scale;

const MANY: i64 = 64;
const CLIENTS: u32 = 32;

/// Messages per second, on disk, and how many groups they went in.
pub(crate) async fn many(kind: StoreKind, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    for (writers, goal, few) in [(1, "", ""), (MANY, goal(kind), "<= 0.031")] {
        let data = Data::open(kind).await?;
        let mut raw = data.raw().await?;
        let pace = write_from(&data, writers, scale.time).await?;
        let rate = 2.0 * pace.batches;
        let by_hand = match &mut raw {
            Some(raw) => repeated(&mut **raw).await?.map(|time| rate * pace.time.as_secs_f64() / time.as_secs_f64()),
            None => None,
        };
        let beside = if by_hand.is_some() { " / the same groups by hand" } else { "" };
        report.add(Line::rates(format!("messages from {writers} writers{beside}"), rate, by_hand, goal));
        report.add(Line::value("  groups for each message", format!("{:.3}", pace.groups), few));
        data.close().await?;
    }
    beside_pgbench(kind, scale, report).await
}

/// How long the engine alone takes for all that the store wrote, where it can be written again.
async fn repeated(raw: &mut dyn Raw) -> Result<Option<Duration>, Failure> {
    let begin = Instant::now();
    Ok(raw.catch_up().await?.then(|| begin.elapsed()))
}

fn goal(kind: StoreKind) -> &'static str {
    match kind {
        StoreKind::Sqlite => ">= 25000/s on an idle machine",
        StoreKind::Sled => ">= 30000/s on an idle machine",
        StoreKind::Memory | StoreKind::Postgres => "",
    }
}

/// Transactions with the rows of a question and its answer, a client each, in turns.
async fn beside_pgbench(kind: StoreKind, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    if kind != StoreKind::Postgres || !scale.servers {
        return Ok(());
    }
    let seconds = scale.time.as_secs().div_ceil(2).max(1);
    let mut rates = [0.0; 2];
    for ours_first in [true, false] {
        for ours in [ours_first, !ours_first] {
            if ours {
                let data = Data::open(kind).await?;
                let time = Duration::from_secs(seconds);
                rates[0] += write_from(&data, CLIENTS.into(), time).await?.batches / 2.0;
                data.close().await?;
            } else {
                let Some(rate) = by_pgbench(kind, usize::try_from(CLIENTS)?, seconds).await? else { return Ok(()) };
                rates[1] += rate / 2.0;
            }
        }
    }
    let what = format!("transactions of {CLIENTS} writers / pgbench");
    report.add(Line::rates(what, rates[0], Some(rates[1]), ">= 0.6x"));
    Ok(())
}
