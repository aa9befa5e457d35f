//! What a check says.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::finding::Finding;
use super::rules;
use crate::store::Kind;

/// How a check is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    listed: usize,
    passes: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { listed: 1_000, passes: 32 }
    }
}

impl Options {
    /// How many defects the report lists (1,000 by default); all are counted.
    #[must_use]
    pub const fn list(self, listed: usize) -> Self {
        Self { listed, ..self }
    }

    /// How often a repair goes over the store at most (32 by default).
    #[must_use]
    pub const fn passes(self, passes: u32) -> Self {
        Self { passes, ..self }
    }

    pub(super) const fn max_passes(&self) -> u32 {
        self.passes
    }
}

/// How far a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Which pass over the store, from 1.
    pub pass: u32,
    /// The kind of record that was read last.
    pub kind: &'static str,
    /// Records of that kind that this pass has read.
    pub records: u64,
}

/// The outcome of a check or a repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Records by kind, as the last pass met them.
    pub records: BTreeMap<&'static str, u64>,
    /// How often the store was gone over.
    pub passes: u32,
    /// Defects by rule; rules without any are left out.
    pub totals: BTreeMap<&'static str, Total>,
    /// The defects, in the order of the passes and of the walk: those that were repaired, then those that are left.
    pub defects: Vec<Defect>,
    /// Whether there are more defects than are listed.
    pub truncated: bool,
    #[serde(skip)]
    open: Ledger,
    #[serde(skip)]
    limit: usize,
}

/// How often a rule was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Total {
    /// How often it was found to be, defects that were seen again in a later pass counted once.
    pub found: u64,
    /// How many of these were repaired.
    pub repaired: u64,
}

/// Something that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Defect {
    /// The rule that is broken: see [`super::RULES`].
    pub rule: &'static str,
    /// The kind of record.
    pub kind: &'static str,
    /// Which record.
    pub key: RecordKey,
    /// What is wrong. Never a text that somebody wrote.
    pub detail: String,
    /// What a repair does about it; `None` if nothing.
    pub repair: Option<&'static str>,
    /// Whether that was done.
    pub repaired: bool,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}: {}", self.rule, self.kind, self.key.text, self.detail)
    }
}

/// The key of a record, for people and for tools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordKey {
    /// With ids as text.
    pub text: String,
    /// The bytes of the key in hexadecimal, as stores of ordered bytes keep it.
    pub hex: String,
}

/// Defects that the current pass has found and not repaired.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Ledger {
    defects: Vec<Defect>,
    totals: BTreeMap<&'static str, u64>,
}

impl Report {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            records: BTreeMap::new(),
            passes: 0,
            totals: BTreeMap::new(),
            defects: Vec::new(),
            truncated: false,
            open: Ledger::default(),
            limit: options.listed,
        }
    }

    /// Whether nothing is left to be repaired.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.totals.values().all(|total| total.found == total.repaired)
    }

    /// How many defects were repaired.
    #[must_use]
    pub fn repaired(&self) -> u64 {
        self.totals.values().map(|total| total.repaired).sum()
    }

    pub(super) const fn passes(&self) -> u32 {
        self.passes
    }

    /// A new pass finds anew what is still there.
    pub(super) fn begin_pass(&mut self) {
        self.passes += 1;
        self.records.clear();
        self.open = Ledger::default();
    }

    pub(super) fn count(&mut self, kind: Kind, read: u64) -> Progress {
        let (pass, kind) = (self.passes, rules::kind_name(kind));
        let records = self.records.entry(kind).or_default();
        *records += read;
        Progress { pass, kind, records: *records }
    }

    pub(super) fn note(&mut self, finding: Finding, repaired: bool) {
        let rule = finding.rule;
        let listed = if repaired {
            let total = self.totals.entry(rule).or_default();
            (total.found, total.repaired) = (total.found + 1, total.repaired + 1);
            &mut self.defects
        } else {
            *self.open.totals.entry(rule).or_default() += 1;
            &mut self.open.defects
        };
        if listed.len() < self.limit {
            listed.push(finding.into_defect(repaired));
        }
    }

    pub(super) fn finish(mut self) -> Self {
        let open = std::mem::take(&mut self.open);
        for (rule, found) in open.totals {
            self.totals.entry(rule).or_default().found += found;
        }
        self.defects.extend(open.defects);
        self.defects.truncate(self.limit);
        let found: u64 = self.totals.values().map(|total| total.found).sum();
        self.truncated = u64::try_from(self.defects.len()).is_ok_and(|listed| listed < found);
        self
    }
}
