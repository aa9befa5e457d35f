//! The machine: which core works for whom, and what the kernel knows of a process.

use std::fs;
use std::io;
use std::time::Duration;

use chatcore_benches::Failure;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// One core for whoever is measured, another for everybody else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores {
    own: usize,
    measured: usize,
}

impl Cores {
    /// Takes two of the cores that this process may use, and binds this thread, and those that it starts, to one.
    pub(crate) fn take() -> Result<Self, Failure> {
        let allowed = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let (Some(own), Some(measured)) = (cores.next(), cores.next()) else {
            return Err("two cores are needed: one for whoever is measured, one for everybody else".into());
        };
        bind(own)?;
        Ok(Self { own, measured })
    }

    /// Starts a process on the core of those that are measured: it inherits the core of this thread.
    pub(crate) fn spawn<T>(self, spawn: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        bind(self.measured)?;
        let spawned = spawn();
        bind(self.own)?;
        spawned
    }
}

fn bind(core: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    Ok(sched_setaffinity(None, &set)?)
}

/// As many open files as the system lets us have, for this process and those that it starts.
pub(crate) fn allow_many_files() -> Result<(), Failure> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}

/// Time on a core that a process has used so far, its own and the system's for it.
pub(crate) fn cpu(process: u32) -> Result<Duration, Failure> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // the name of the program may hold anything, but it is the last thing in brackets
    let (_, rest) = stat.rsplit_once(')').ok_or("an odd /proc/<pid>/stat")?;
    let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
    let ticks = ticks.sum::<Result<u32, _>>()?;
    Ok(Duration::from_secs(1) * ticks / u32::try_from(rustix::param::clock_ticks_per_second())?)
}

/// Bytes of a process that are in memory.
pub(crate) fn resident(process: u32) -> Result<u64, Failure> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS in /proc/<pid>/status")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
}

/// How many tasks wanted a core during the last minute: what a reader must know of other work on the machine.
pub(crate) fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}
