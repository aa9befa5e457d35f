//! What limits and credit cost: the same load on one account, at a server that counts nothing and at one that limits and
//! charges every answer. All streams meet in one counter and one wallet, which is the worst that can be.

use std::path::Path;
use std::time::Duration;

use chatcore_benches::Failure;

use crate::load::{Load, Outcome, put};
use crate::machine::Cores;
use crate::program::Program;
use crate::scale::Scale;
use crate::table::{Bound, Row, Unit};
use crate::target::Target;
use crate::upstream::{Manner, Upstream};

/// Both servers, each with one account.
pub(crate) struct Pair {
    without: Target,
    with: Target,
}

impl Pair {
    /// Starts them.
    pub(crate) async fn start(cores: Cores, folder: &Path, model: &Upstream) -> Result<Self, Failure> {
        let start = async |how: &str| -> Result<Target, Failure> {
            let folder = folder.join(how);
            std::fs::create_dir(&folder)?;
            Target::chatcore(Program::embedded(cores, how, &folder, model.address).await?, 1).await
        };
        Ok(Self { without: start(WITHOUT).await?, with: start(WITH).await? })
    }

    /// As many streams as fast as they can, in turns; every round begins with the other.
    pub(crate) async fn rush(&self, model: &Upstream, scale: &Scale, at_once: usize) -> Result<(), Failure> {
        model.answer(Manner::Rush { chunks: scale.chunks });
        let load = Load { at_once, streams: scale.streams, chunks: scale.chunks, spread: Duration::ZERO };
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for target in [&self.without, &self.with] {
            put(target, Load { streams: at_once * 2, ..load }).await?;
        }
        for round in 0..scale.rounds {
            if round % 2 == 0 {
                without.push(put(&self.without, load).await?);
                with.push(put(&self.with, load).await?);
            } else {
                with.push(put(&self.with, load).await?);
                without.push(put(&self.without, load).await?);
            }
        }
        print(&without, &with, at_once);
        Ok(())
    }
}

fn print(without: &[Outcome], with: &[Outcome], at_once: usize) {
    let row = |what: &str, unit, value: fn(&[Outcome]) -> f64| {
        let what = format!("{what}, {at_once} on one account / uncounted");
        Row::new(what, unit, value(with)).beside(Some(value(without)))
    };
    row("CPU of a stream", Unit::Micros, Outcome::cpu_of_each)
        .floor(Bound::Times(1.3))
        .goal(Bound::Times(1.15))
        .print();
    row("streams in a second", Unit::PerSecond, Outcome::pace_of_all)
        .floor(Bound::Part(0.8))
        .goal(Bound::Part(0.9))
        .print();
}

/// What the servers are called.
pub(crate) const WITHOUT: &str = "without";
pub(crate) const WITH: &str = "with";
