//! Many streams at once, and what was heard of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chatcore_benches::Failure;
use futures::future::try_join_all;
use tokio::sync::Mutex;

use crate::client::{Connection, Heard};
use crate::machine;
use crate::target::Target;

/// After the last stream a server may still be putting things away, which belongs to its work.
const SETTLE: Duration = Duration::from_millis(50);

/// How much is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Streams at the same time, each on a connection of its own.
    pub(crate) at_once: usize,
    /// Streams in all.
    pub(crate) streams: usize,
    /// Chunks of each.
    pub(crate) chunks: usize,
    /// The time within which the first ones begin, one after the other.
    pub(crate) spread: Duration,
}

/// What came of it. Times are sorted.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// From the first request to the last end.
    elapsed: Duration,
    /// Time on a core that the process took.
    cpu: Duration,
    pub(crate) firsts: Vec<Duration>,
    pub(crate) wholes: Vec<Duration>,
    pub(crate) delays: Vec<Duration>,
}

impl Outcome {
    pub(crate) fn add(&mut self, heard: Heard) {
        self.firsts.push(heard.first);
        self.wholes.push(heard.whole);
        self.delays.extend(heard.delays);
    }

    /// Puts two together.
    pub(crate) fn and(&mut self, other: Self) {
        self.elapsed += other.elapsed;
        self.cpu += other.cpu;
        self.firsts.extend(other.firsts);
        self.wholes.extend(other.wholes);
        self.delays.extend(other.delays);
    }

    pub(crate) fn sorted(mut self) -> Self {
        [&mut self.firsts, &mut self.wholes, &mut self.delays].into_iter().for_each(|times| times.sort_unstable());
        self
    }

    /// Seconds on a core for each stream of several rounds.
    pub(crate) fn cpu_of_each(rounds: &[Self]) -> f64 {
        let cpu: Duration = rounds.iter().map(|round| round.cpu).sum();
        cpu.as_secs_f64() / rounds.iter().map(Self::streams).sum::<f64>()
    }

    /// Streams in a second.
    pub(crate) fn pace(&self) -> f64 {
        self.streams() / self.elapsed.as_secs_f64()
    }

    /// Streams in a second of several rounds.
    pub(crate) fn pace_of_all(rounds: &[Self]) -> f64 {
        let elapsed: Duration = rounds.iter().map(|round| round.elapsed).sum();
        rounds.iter().map(Self::streams).sum::<f64>() / elapsed.as_secs_f64()
    }

    fn streams(&self) -> f64 {
        u32::try_from(self.wholes.len()).map_or(f64::INFINITY, f64::from)
    }
}

/// The time in seconds below which so many per cent of the sorted times lie.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default().as_secs_f64()
}

/// Puts a load on a target.
pub(crate) async fn put(target: &Target, load: Load) -> Result<Outcome, Failure> {
    let requests = target.requests(load.streams).await?;
    let connections = try_join_all((0..load.at_once).map(|_| Connection::open(target.address))).await?;
    let cpu = || target.process.map_or(Ok(Duration::ZERO), machine::cpu);
    let queue = Arc::new(Mutex::new(requests.into_iter()));
    let (cpu_before, begin) = (cpu()?, Instant::now());
    let mut outcome = Outcome::default();
    let step = load.spread / u32::try_from(load.at_once)?;
    let workers: Vec<_> = (0..)
        .zip(connections)
        .map(|(n, mut connection)| {
            let queue = queue.clone();
            tokio::spawn(async move {
                tokio::time::sleep(step * n).await;
                let mut all = Vec::new();
                loop {
                    let Some(request) = queue.lock().await.next() else { return Ok::<_, Failure>(all) };
                    let mut heard = connection.ask(&request, load.chunks).await?;
                    connection.rest(&mut heard).await?;
                    all.push(heard);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await??.into_iter().for_each(|heard| outcome.add(heard));
    }
    outcome.elapsed = begin.elapsed();
    tokio::time::sleep(SETTLE).await;
    outcome.cpu = cpu()? - cpu_before;
    Ok(outcome)
}
