//! How far a command is: a bar on a terminal, now and then a line elsewhere.

use std::io::IsTerminal;

use chatcore::transfer::Progress;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use super::output::note;

/// Records between two lines.
const STEP: u64 = 10_000;

/// Tells how far something is, on standard error. The end is not known, so the bar turns and counts.
pub(super) struct Reporter {
    what: &'static str,
    bar: Option<ProgressBar>,
}

impl Reporter {
    pub(super) fn new(what: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(ProgressBar::new_spinner);
        // a style that cannot be understood leaves the usual one
        let style = ProgressStyle::with_template("{spinner} {prefix}: {human_pos} records ({per_sec}), {msg}");
        if let (Some(bar), Ok(style)) = (&bar, style) {
            bar.set_style(style);
            bar.set_prefix(what);
        }
        Self { what, bar }
    }

    /// Sees every record.
    pub(super) fn tell(&self, progress: Progress) {
        let Progress { kind, records, bytes } = progress;
        match &self.bar {
            Some(bar) => {
                bar.set_position(records);
                if records.is_multiple_of(100) {
                    bar.set_message(format!("{} (now {}s)", HumanBytes(bytes), kind.name()));
                }
            }
            None if records.is_multiple_of(STEP) => {
                let (what, records, bytes) = (self.what, HumanCount(records), HumanBytes(bytes));
                note(format!("{what}: {records} records, {bytes} (now {}s)", kind.name()));
            }
            None => {}
        }
    }
}

/// Whatever became of it, the terminal is free again.
impl Drop for Reporter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
