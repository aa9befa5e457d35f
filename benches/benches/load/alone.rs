//! One stream at a time, on a server that has nothing else to do.

use std::time::Duration;

use chatcore_benches::Failure;

use crate::client::Connection;
use crate::load::{Outcome, percentile};
use crate::scale::Scale;
use crate::table::{Bound, Row, Unit};
use crate::target::{Target, Targets};
use crate::upstream::{Manner, Upstream};

/// Somebody who is asked again and again on one connection.
struct Asked {
    connection: Connection,
    requests: std::vec::IntoIter<Vec<u8>>,
    outcome: Outcome,
}

impl Asked {
    async fn new(target: &Target, count: usize) -> Result<Self, Failure> {
        let requests = target.requests(count).await?.into_iter();
        Ok(Self { connection: Connection::open(target.address).await?, requests, outcome: Outcome::default() })
    }

    async fn ask(&mut self, chunks: usize) -> Result<(), Failure> {
        let request = self.requests.next().ok_or("no request left")?;
        let mut heard = self.connection.ask(&request, chunks).await?;
        self.connection.rest(&mut heard).await?;
        self.outcome.add(heard);
        Ok(())
    }
}

/// Time to the first token, what we add to the model's own times, and whether small packets ever waited for each other.
pub(crate) async fn at_rest(targets: &Targets, model: &Upstream, scale: &Scale) -> Result<(), Failure> {
    model.answer(Manner::Rush { chunks: scale.chunks });
    let mut chatcore = Asked::new(&targets.chatcore, scale.alone).await?;
    let mut direct = Asked::new(&targets.model, scale.alone).await?;
    let mut nginx = match &targets.nginx {
        Some(nginx) => Some(Asked::new(nginx, scale.alone).await?),
        None => None,
    };
    for _ in 0..scale.alone {
        chatcore.ask(scale.chunks).await?;
        direct.ask(scale.chunks).await?;
        if let Some(nginx) = &mut nginx {
            nginx.ask(scale.chunks).await?;
        }
    }
    let nginx = nginx.map(|nginx| nginx.outcome.sorted());
    let (chatcore, direct) = (chatcore.outcome.sorted(), direct.outcome.sorted());
    let value = |outcome: &Outcome, percent| percentile(&outcome.firsts, percent);
    for percent in [50, 99] {
        let row = Row::new(format!("first token at rest, p{percent} / nginx"), Unit::Millis, value(&chatcore, percent))
            .beside(nginx.as_ref().map(|nginx| value(nginx, percent)));
        if percent == 99 { row.floor(Bound::AtMost(0.005)).print() } else { row.print() }
    }
    let added = |what: &str, times: fn(&Outcome) -> &[Duration]| {
        let more = |outcome: &Outcome| percentile(times(outcome), 50) - percentile(times(&direct), 50);
        let what = format!("added to {what} at rest, p50 / nginx");
        Row::new(what, Unit::Millis, more(&chatcore)).beside(nginx.as_ref().map(more)).print();
    };
    added("the first token", |outcome| &outcome.firsts);
    added("a whole stream", |outcome| &outcome.wholes);
    // a sender that waits for an acknowledgement which the other side delays waits 40 ms; on a busy machine others may
    // keep everybody waiting as long, which nginx's count tells
    let waits = |times: &[Duration]| times.iter().filter(|time| (38..=42).contains(&time.as_millis())).count();
    let count = |outcome: &Outcome| u32::try_from(waits(&outcome.firsts) + waits(&outcome.delays)).map(f64::from);
    let what = format!("tokens that took 38 to 42 ms, of {} / nginx", chatcore.delays.len());
    let row = Row::new(what, Unit::Count, count(&chatcore)?).beside(nginx.as_ref().map(count).transpose()?);
    row.floor(Bound::AtMost(0.0)).print();
    Ok(())
}
