//! How much a store takes from many writers.

use std::time::Duration;

use chatcore_benches::{Data, Failure, Line, Report, StoreKind, by_pgbench, write_from};

use crate::scale::Scale;

const MANY: i64 = 64;
const CLIENTS: u32 = 32;

/// Messages per second, on disk, and how many groups they went in.
pub(crate) async fn many(kind: StoreKind, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    for (writers, goal) in [(1, ""), (MANY, goal(kind))] {
        let data = Data::open(kind).await?;
        let pace = write_from(&data, writers, scale.time).await?;
        report.add(Line::rates(format!("messages from {writers} writers"), 2.0 * pace.batches, None, goal));
        report.add(Line::value("  groups for each message", format!("{:.3}", pace.groups), ""));
        data.close().await?;
    }
    beside_pgbench(kind, scale, report).await
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
