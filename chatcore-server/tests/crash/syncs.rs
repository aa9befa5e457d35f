//! What strace saw: writes to the store's log, waits for the disk, and what was said.

use std::collections::BTreeMap;

/// One system call. Begin and end are lines of the log, in the order in which the calls began and returned.
#[derive(Debug)]
struct Call {
    begin: usize,
    end: usize,
    what: What,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Write,
    Sync { succeeded: bool },
    Tried { task: u64, number: u64 },
    Acknowledged { task: u64, number: u64 },
}

/// What one writer did to one file.
pub(crate) struct Log {
    calls: Vec<Call>,
}

/// The outcome of an audit.
#[derive(Debug, Default)]
pub(crate) struct Audited {
    pub(crate) acknowledged: usize,
    pub(crate) syncs: usize,
    pub(crate) failed_syncs: usize,
    /// Acknowledgements of what was not on disk.
    pub(crate) early: Vec<String>,
}

/// The arguments that make strace write such a log.
pub(crate) fn arguments(log: &std::path::Path, inject: Option<String>) -> Vec<String> {
    let calls = "trace=fsync,fdatasync,write,pwrite64,writev,pwritev";
    let mut all: Vec<String> = ["strace", "-f", "-y", "-s", "128", "-e", calls].map(str::to_owned).into();
    all.extend(inject.into_iter().flat_map(|inject| ["-e".to_owned(), inject]));
    all.extend(["-o".to_owned(), log.display().to_string()]);
    all
}

impl Log {
    /// Reads the log; `file` is how the path of the file ends that commits are written to.
    pub(crate) fn parse(text: &str, file: &str) -> Self {
        let mut begun: BTreeMap<&str, (usize, String)> = BTreeMap::new();
        let mut calls = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let Some((thread, call)) = line.split_once(' ') else { continue };
            let call = call.trim_start();
            if let Some(beginning) = call.strip_suffix("<unfinished ...>") {
                begun.insert(thread, (at, beginning.to_owned()));
                continue;
            }
            let (begin, whole) = match call.split_once(" resumed>") {
                Some((_, rest)) => match begun.remove(thread) {
                    Some((begin, beginning)) => (begin, format!("{beginning}{rest}")),
                    None => continue,
                },
                None => (at, call.to_owned()),
            };
            calls.extend(understand(&whole, file).map(|what| Call { begin, end: at, what }));
        }
        Self { calls }
    }

    /// Whether each acknowledgement came after a write that was made since the attempt began, and after a successful wait
    /// for the disk since that write. Where one thing is done at a time, after such a wait since the last write of all.
    pub(crate) fn audit(&self, one_at_a_time: bool) -> Audited {
        let mut audited = Audited::default();
        let mut tried = BTreeMap::new();
        for call in &self.calls {
            match &call.what {
                What::Sync { succeeded } => {
                    audited.syncs += 1;
                    audited.failed_syncs += usize::from(!succeeded);
                }
                What::Write => {}
                What::Tried { task, number } => drop(tried.insert((*task, *number), call.end)),
                What::Acknowledged { task, number } => {
                    audited.acknowledged += 1;
                    let since = tried.get(&(*task, *number)).copied().unwrap_or_default();
                    if !self.is_on_disk(since, call.begin, one_at_a_time) {
                        audited.early.push(format!("task {task}, attempt {number}, line {}", call.begin + 1));
                    }
                }
            }
        }
        audited
    }

    fn is_on_disk(&self, since: usize, until: usize, one_at_a_time: bool) -> bool {
        let mut within = self.calls.iter().filter(|call| call.begin > since && call.begin < until);
        let write = |call: &&Call| call.what == What::Write;
        // with others at work, the first write since then is of this attempt or before it
        let write = if one_at_a_time { within.by_ref().filter(write).last() } else { within.find(write) };
        let synced = |from: usize| {
            let whole = |call: &&Call| call.begin > from && call.end < until;
            self.calls.iter().filter(whole).any(|call| call.what == What::Sync { succeeded: true })
        };
        write.is_some_and(|write| synced(write.end))
    }
}

fn understand(call: &str, file: &str) -> Option<What> {
    let (name, arguments) = call.split_once('(')?;
    let descriptor = arguments.split_once('>')?.0;
    if name == "write" && descriptor.starts_with("1<") {
        return said(arguments);
    }
    if !descriptor.ends_with(file) {
        return None;
    }
    match name {
        "fsync" | "fdatasync" => Some(What::Sync { succeeded: call.trim_end().ends_with("= 0") }),
        _ => Some(What::Write),
    }
}

fn said(arguments: &str) -> Option<What> {
    let number = |name: &str| {
        let (_, rest) = arguments.split_once(&format!(r#"\"{name}\":"#))?;
        rest.split(',').next()?.parse().ok()
    };
    let (task, number) = (number("task")?, number("number")?);
    match arguments {
        tried if tried.contains(r#"{\"try\""#) => Some(What::Tried { task, number }),
        done if done.contains(r#"{\"done\""#) => Some(What::Acknowledged { task, number }),
        _ => None,
    }
}
