//! Medians of two ways to do the same, and a table of them.

use std::time::{Duration, Instant};

use crate::data::Failure;

/// Rounds before the first that counts.
const WARM_UP: usize = 5;

/// Medians of one thing done in two ways.
#[derive(Debug, Clone, Copy)]
pub struct Medians {
    ours: Duration,
    raw: Duration,
}

/// Does both in turn, `rounds` times, each going first in every other round, and takes the median of each.
///
/// # Errors
/// The first one of either.
pub async fn side_by_side(
    rounds: usize,
    mut ours: impl AsyncFnMut() -> Result<(), Failure>,
    mut raw: impl AsyncFnMut() -> Result<(), Failure>,
) -> Result<Medians, Failure> {
    let (mut of_ours, mut of_raw) = (Vec::new(), Vec::new());
    for round in 0..rounds + WARM_UP {
        if round == WARM_UP {
            of_ours.clear();
            of_raw.clear();
        }
        if round % 2 == 0 {
            of_ours.push(timed(&mut ours).await?);
            of_raw.push(timed(&mut raw).await?);
        } else {
            of_raw.push(timed(&mut raw).await?);
            of_ours.push(timed(&mut ours).await?);
        }
    }
    Ok(Medians { ours: median(of_ours), raw: median(of_raw) })
}

async fn timed(work: &mut impl AsyncFnMut() -> Result<(), Failure>) -> Result<Duration, Failure> {
    let begin = Instant::now();
    work().await?;
    Ok(begin.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The table that a bench prints at its end.
#[derive(Debug, Default)]
pub struct Report(Vec<(String, Medians)>);

impl Report {
    /// Adds a line.
    pub fn add(&mut self, what: impl Into<String>, medians: Medians) {
        self.0.push((what.into(), medians));
    }

    /// The table as text.
    #[must_use]
    pub fn table(&self, title: &str) -> String {
        let mut table =
            format!("{title}\n{:<40} {:>12} {:>12} {:>8}\n", "median of", "chatcore", "raw SQLite", "ratio");
        for (what, Medians { ours, raw }) in &self.0 {
            let ratio = ours.as_secs_f64() / raw.as_secs_f64();
            let (ours, raw) = (micros(*ours), micros(*raw));
            table.push_str(&format!("{what:<40} {ours:>12} {raw:>12} {ratio:>7.1}x\n"));
        }
        table
    }
}

fn micros(time: Duration) -> String {
    format!("{:.0} us", time.as_secs_f64() * 1e6)
}
