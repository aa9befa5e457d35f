//! Memory of streams that are open and silent.

use chatcore_benches::Failure;
use futures::{StreamExt, TryStreamExt, stream};

use crate::client::{Connection, Heard};
use crate::machine;
use crate::scale::Scale;
use crate::table::{Bound, Row, Unit};
use crate::target::{Target, Targets};
use crate::upstream::{Manner, Upstream};

/// Streams that are opened or ended at the same time.
const AT_ONCE: usize = 128;

/// Opens all, looks, ends all; again and again.
pub(crate) async fn memory(targets: &Targets, model: &Upstream, scale: &Scale) -> Result<(), Failure> {
    let chatcore = &targets.chatcore;
    let process = chatcore.process.ok_or("a server without a process")?;
    // what it costs to have been used at all is not the price of a stream
    once(chatcore, model, AT_ONCE.min(scale.idle), || Ok(())).await?;
    let before = bytes(process)?;
    let mut open = Vec::new();
    for _ in 0..scale.idle_rounds {
        let look = || bytes(process).map(|bytes| open.push(bytes));
        once(chatcore, model, scale.idle, look).await?;
    }
    let [first, .., last] = open[..] else { return Err("two rounds at least are needed".into()) };
    let streams = f64::from(u32::try_from(scale.idle)?);
    let each =
        Row::new(format!("memory of an idle stream, {} open", scale.idle), Unit::Kib, (first - before) / streams);
    each.floor(Bound::AtMost(48.0 * 1024.0)).goal(Bound::AtMost(32.0 * 1024.0)).print();
    let what = format!("memory with all open, round {} / round 1", scale.idle_rounds);
    Row::new(what, Unit::Mib, last).beside(Some(first)).floor(Bound::Times(1.1)).print();
    Ok(())
}

fn bytes(process: u32) -> Result<f64, Failure> {
    Ok(f64::from(u32::try_from(machine::resident(process)? / 1024)?) * 1024.0)
}

async fn once(
    target: &Target,
    model: &Upstream,
    count: usize,
    look: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    model.answer(Manner::Hold);
    let requests = target.requests(count).await?;
    let open = stream::iter(requests).map(|request| open(target, request)).buffer_unordered(AT_ONCE);
    let streams: Vec<(Connection, Heard)> = open.try_collect().await?;
    look()?;
    model.answer(Manner::Rush { chunks: 1 });
    let end = |(mut connection, mut heard): (Connection, Heard)| async move { connection.rest(&mut heard).await };
    stream::iter(streams).map(end).buffer_unordered(AT_ONCE).try_collect().await
}

async fn open(target: &Target, request: Vec<u8>) -> Result<(Connection, Heard), Failure> {
    let mut connection = Connection::open(target.address).await?;
    let mut heard = connection.ask(&request, 1).await?;
    connection.first(&mut heard).await?;
    Ok((connection, heard))
}
