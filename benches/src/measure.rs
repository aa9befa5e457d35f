//! Medians of two ways to do the same, and a table of them.

use std::time::{Duration, Instant};

use crate::data::Failure;

/// Rounds before the first that counts.
const WARM_UP: usize = 5;

/// Medians of one thing done in two ways.
#[derive(Debug, Clone, Copy)]
pub struct Medians {
    ours: Duration,
    reference: Duration,
}

/// Does both in turn, `rounds` times, each going first in every other round, and takes the median of each.
///
/// # Errors
/// The first one of either.
pub async fn side_by_side(
    rounds: usize,
    mut ours: impl AsyncFnMut() -> Result<(), Failure>,
    mut reference: impl AsyncFnMut() -> Result<(), Failure>,
) -> Result<Medians, Failure> {
    let (mut of_ours, mut of_reference) = (Vec::new(), Vec::new());
    for round in 0..rounds + WARM_UP {
        if round == WARM_UP {
            of_ours.clear();
            of_reference.clear();
        }
        if round % 2 == 0 {
            of_ours.push(timed(&mut ours).await?);
            of_reference.push(timed(&mut reference).await?);
        } else {
            of_reference.push(timed(&mut reference).await?);
            of_ours.push(timed(&mut ours).await?);
        }
    }
    Ok(Medians { ours: median(of_ours), reference: median(of_reference) })
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

/// What is known of one thing.
#[derive(Debug, Clone)]
pub struct Line {
    what: String,
    ours: String,
    reference: String,
    ratio: Option<f64>,
    goal: &'static str,
}

impl Line {
    /// Two medians, and how many times as long ours takes.
    pub fn medians(what: impl Into<String>, medians: Medians, goal: &'static str) -> Self {
        let Medians { ours, reference } = medians;
        let ratio = Some(ours.as_secs_f64() / reference.as_secs_f64());
        Self { what: what.into(), ours: micros(ours), reference: micros(reference), ratio, goal }
    }

    /// Our median alone, where there is nothing to compare it with.
    pub fn alone(what: impl Into<String>, medians: Medians) -> Self {
        Self::value(what, micros(medians.ours), "")
    }

    /// Something counted, beside the same of a reference if there is one.
    pub fn rates(what: impl Into<String>, ours: f64, reference: Option<f64>, goal: &'static str) -> Self {
        let text = |rate: f64| format!("{rate:.0}/s");
        let mut line = Self::value(what, text(ours), goal);
        line.reference = reference.map(text).unwrap_or_default();
        line.ratio = reference.map(|reference| ours / reference);
        line
    }

    /// Two amounts.
    pub fn amounts(what: impl Into<String>, ours: f64, reference: f64) -> Self {
        let mut line = Self::value(what, format!("{ours:.1}"), "");
        line.reference = format!("{reference:.1}");
        line.ratio = Some(ours / reference);
        line
    }

    /// A value that speaks for itself.
    pub fn value(what: impl Into<String>, value: impl Into<String>, goal: &'static str) -> Self {
        Self { what: what.into(), ours: value.into(), reference: String::new(), ratio: None, goal }
    }
}

/// The table of one store.
#[derive(Debug, Default)]
pub struct Report(Vec<Line>);

impl Report {
    /// Adds a line.
    pub fn add(&mut self, line: Line) {
        self.0.push(line);
    }

    /// Whether nothing was measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The table as text.
    #[must_use]
    pub fn table(&self, title: &str) -> String {
        let mut table = format!("{title:<58} {:>12} {:>12} {:>8}  {}\n", "chatcore", "reference", "ratio", "goal");
        for Line { what, ours, reference, ratio, goal } in &self.0 {
            let ratio = ratio.map(|ratio| format!("{ratio:.2}x")).unwrap_or_default();
            let line = format!("{what:<58} {ours:>12} {reference:>12} {ratio:>8}  {goal}");
            table.push_str(line.trim_end());
            table.push('\n');
        }
        table
    }
}

fn micros(time: Duration) -> String {
    format!("{:.0} us", time.as_secs_f64() * 1e6)
}
