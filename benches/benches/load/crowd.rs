//! Many streams at once: in a rush, when nobody waits for a model, and paced, as models speak.

use std::time::Duration;

use chatcore_benches::Failure;

use crate::load::{Load, Outcome, percentile, put};
use crate::scale::Scale;
use crate::table::{Bound, Row, Unit};
use crate::target::{Target, Targets};
use crate::upstream::{Manner, Upstream};

/// What everybody made of the same load.
struct Compared {
    chatcore: Vec<Outcome>,
    nginx: Option<Vec<Outcome>>,
    copy: Vec<Outcome>,
}

/// Everybody takes turns, and every round begins with another.
async fn take_turns(targets: &Targets, rounds: usize, load: Load) -> Result<Compared, Failure> {
    let all: Vec<&Target> = [&targets.chatcore, &targets.copy].into_iter().chain(&targets.nginx).collect();
    let mut outcomes: Vec<Vec<Outcome>> = all.iter().map(|_| Vec::new()).collect();
    for target in &all {
        // connections to the model are made, and caches filled
        put(target, Load { streams: load.at_once * 2, spread: Duration::ZERO, ..load }).await?;
    }
    for round in 0..rounds {
        for turn in 0..all.len() {
            let at = (round + turn) % all.len();
            outcomes[at].push(put(all[at], load).await?);
        }
    }
    let mut outcomes = outcomes.into_iter();
    let mut next = || outcomes.next().unwrap_or_default();
    Ok(Compared { chatcore: next(), copy: next(), nginx: targets.nginx.is_some().then(next) })
}

impl Compared {
    /// Our median round, and that of nginx.
    fn medians(&self, value: impl Fn(&Outcome) -> f64) -> (f64, Option<f64>) {
        let median = |outcomes: &Vec<Outcome>| {
            let mut values: Vec<f64> = outcomes.iter().map(&value).collect();
            values.sort_unstable_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or_default()
        };
        (median(&self.chatcore), self.nginx.as_ref().map(median))
    }

    /// Time on a core for each stream, beside both. Of all rounds together: the kernel counts in steps of 10 ms.
    fn print_cpu(&self, how: &str, bounds: [f64; 2]) {
        let cpu = |outcomes: &Vec<Outcome>| Outcome::cpu_of_each(outcomes);
        let (chatcore, nginx, copy) = (cpu(&self.chatcore), self.nginx.as_ref().map(cpu), cpu(&self.copy));
        let row = |reference: &str| Row::new(format!("CPU of a stream, {how} / {reference}"), Unit::Micros, chatcore);
        row("nginx").beside(nginx).floor(Bound::Times(bounds[0])).goal(Bound::Times(bounds[1])).print();
        row("byte copy").beside(Some(copy)).print();
    }
}

/// Floor and goal of the CPU time, in times that of nginx, for few streams at once and for many.
const CPU: [[f64; 2]; 2] = [[2.5, 1.5], [2.0, 1.25]];

/// As fast as everybody can: CPU time, streams in a second, the slowest.
pub(crate) async fn rush(targets: &Targets, model: &Upstream, scale: &Scale, many: bool) -> Result<(), Failure> {
    let size = usize::from(many);
    let at_once = scale.at_once[size];
    model.answer(Manner::Rush { chunks: scale.chunks });
    let load = Load { at_once, streams: scale.streams, chunks: scale.chunks, spread: Duration::ZERO };
    let compared = take_turns(targets, scale.rounds, load).await?;
    compared.print_cpu(&format!("{at_once} in a rush"), CPU[size]);
    let (chatcore, nginx) = compared.medians(Outcome::pace);
    let row = Row::new(format!("streams in a second, {at_once} in a rush / nginx"), Unit::PerSecond, chatcore);
    row.beside(nginx).floor(Bound::AtLeast(1200.0)).goal(Bound::AtLeast(2500.0)).print();
    let (chatcore, nginx) = compared.pooled();
    for percent in [50, 99] {
        let time = |outcome: &Outcome| percentile(&outcome.wholes, percent);
        let what = format!("whole stream, p{percent}, {at_once} in a rush / nginx");
        Row::new(what, Unit::Millis, time(&chatcore)).beside(nginx.as_ref().map(time)).print();
    }
    Ok(())
}

/// Floor of the delay of a chunk in seconds, for few streams at once and for many.
const DELAY: [f64; 2] = [0.005, 0.020];

/// As models speak: CPU time when every chunk comes alone, delays, the first token.
pub(crate) async fn paced(targets: &Targets, model: &Upstream, scale: &Scale, many: bool) -> Result<(), Failure> {
    let size = usize::from(many);
    let at_once = scale.at_once[size];
    model.answer(Manner::Pace { chunks: scale.chunks, every: scale.every });
    let spread = scale.every * u32::try_from(scale.chunks)?;
    let load = Load { at_once, streams: at_once * scale.paced, chunks: scale.chunks, spread };
    let compared = take_turns(targets, scale.rounds, load).await?;
    compared.print_cpu(&format!("{at_once} paced"), CPU[size]);
    let (chatcore, nginx) = compared.pooled();
    let row = |what: &str, percent, times: fn(&Outcome) -> &[Duration]| {
        let value = |outcome: &Outcome| percentile(times(outcome), percent);
        let what = format!("{what}, p{percent}, {at_once} paced / nginx");
        Row::new(what, Unit::Millis, value(&chatcore)).beside(nginx.as_ref().map(value))
    };
    row("delay of a chunk", 50, |outcome| &outcome.delays).print();
    let delay = row("delay of a chunk", 99, |outcome| &outcome.delays).floor(Bound::AtMost(DELAY[size]));
    (if many { delay } else { delay.goal(Bound::Times(1.5)) }).print();
    for percent in [50, 99] {
        row("first token", percent, |outcome| &outcome.firsts).print();
    }
    Ok(())
}

impl Compared {
    /// All streams of all rounds, sorted: ours, and those of nginx.
    fn pooled(self) -> (Outcome, Option<Outcome>) {
        let pool = |outcomes: Vec<Outcome>| {
            let mut all = Outcome::default();
            outcomes.into_iter().for_each(|outcome| all.and(outcome));
            all.sorted()
        };
        (pool(self.chatcore), self.nginx.map(pool))
    }
}
