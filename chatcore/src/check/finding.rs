//! A defect on its way into the report, and what mends it.

use std::fmt::Write;

use super::report::{Defect, RecordKey};
use super::rules;
use crate::store::{Batch, Kind, OrderedKey, Record};

/// A broken rule.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) rule: &'static str,
    kind: Kind,
    text: String,
    bytes: Vec<u8>,
    detail: String,
}

impl Finding {
    /// What is wrong with the record of a key.
    pub(super) fn on<R: Record>(rule: &'static str, key: &R::Key, detail: impl Into<String>) -> Self {
        Self { rule, kind: R::KIND, text: format!("{key:?}"), bytes: key.to_bytes(), detail: detail.into() }
    }

    /// What is wrong behind a key, which may be that of no record at all.
    pub(super) fn behind(rule: &'static str, kind: Kind, bytes: Vec<u8>, detail: impl Into<String>) -> Self {
        let text = if bytes.is_empty() { "the first one".to_owned() } else { format!("behind {}", hex(&bytes)) };
        Self { rule, kind, text, bytes, detail: detail.into() }
    }

    pub(super) fn into_defect(self, repaired: bool) -> Defect {
        Defect {
            rule: self.rule,
            kind: rules::kind_name(self.kind),
            key: RecordKey { text: self.text, hex: hex(&self.bytes) },
            detail: self.detail,
            repair: rules::repair_of(self.rule),
            repaired,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // writing to a string does not fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Findings that one mend puts right: its batches are committed one after the other.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) findings: Vec<Finding>,
    pub(super) mend: Vec<Batch>,
}

impl Group {
    /// One finding that one batch puts right.
    pub(super) fn of(finding: Finding, batch: Batch) -> Self {
        Self { findings: vec![finding], mend: vec![batch] }
    }

    /// A finding that nothing here puts right.
    pub(super) fn open(finding: Finding) -> Self {
        Self { findings: vec![finding], mend: Vec::new() }
    }
}
