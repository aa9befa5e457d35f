//! What was found, in numbers.

use std::fmt;
use std::sync::Mutex;

use libtest_mimic::Failed;

/// The first so many problems are told; all are counted.
const TOLD: usize = 12;

#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) test: String,
    pub(crate) kills: u64,
    pub(crate) kills_while_opening: u64,
    pub(crate) acknowledged: u64,
    /// What was under way at a kill and is there.
    pub(crate) whole: u64,
    /// What was under way at a kill and is not.
    pub(crate) absent: u64,
    pub(crate) lost: u64,
    pub(crate) torn: u64,
    pub(crate) failed_opens: u64,
    /// What a check of the store found to be broken.
    pub(crate) defects: u64,
    pub(crate) problems: Vec<String>,
}

impl Tally {
    pub(crate) fn new(test: impl Into<String>) -> Self {
        Self { test: test.into(), ..Self::default() }
    }

    pub(crate) fn lost(&mut self, what: impl Into<String>) {
        self.lost += 1;
        self.tell("lost", what);
    }

    pub(crate) fn torn(&mut self, what: impl Into<String>) {
        self.torn += 1;
        self.tell("torn", what);
    }

    pub(crate) fn defect(&mut self, what: impl Into<String>) {
        self.defects += 1;
        self.tell("defect", what);
    }

    pub(crate) fn tell(&mut self, kind: &str, what: impl Into<String>) {
        if self.problems.len() < TOLD {
            self.problems.push(format!("{kind}: {}", what.into()));
        }
    }

    pub(crate) fn settle(&mut self, happened: bool) {
        *(if happened { &mut self.whole } else { &mut self.absent }) += 1;
    }

    /// Goes into the table of this run. Fails if anything is wrong.
    pub(crate) fn verdict(self, seed: u64) -> Result<(), Failed> {
        if let Ok(mut table) = TABLE.lock() {
            table.push(self.clone());
        }
        let wrong = self.lost + self.torn + self.failed_opens + self.defects;
        if wrong == 0 && self.problems.is_empty() {
            return Ok(());
        }
        let problems = self.problems.join("\n");
        Err(format!("{wrong} problems (CHATCORE_CRASH_SEED={seed})\n{HEADER}\n{self}\n{problems}").into())
    }
}

const HEADER: &str =
    "test                         kills  opening  acknowledged  whole  absent  lost  torn  failed opens  defects";

static TABLE: Mutex<Vec<Tally>> = Mutex::new(Vec::new());

/// What all tests found, a line each: kills at work and while opening, what was acknowledged, what was under way and is
/// there or is not, and what is wrong.
pub(crate) fn table() -> Option<String> {
    let mut rows = TABLE.lock().ok()?.iter().map(Tally::to_string).collect::<Vec<_>>();
    rows.sort();
    rows.insert(0, HEADER.to_owned());
    (rows.len() > 1).then(|| rows.join("\n"))
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<28} {:>5}  {:>7}  {:>12}  {:>5}  {:>6}  {:>4}  {:>4}  {:>12}  {:>7}",
            self.test,
            self.kills,
            self.kills_while_opening,
            self.acknowledged,
            self.whole,
            self.absent,
            self.lost,
            self.torn,
            self.failed_opens,
            self.defects,
        )
    }
}
