//! `chatcore-server store check`

use chatcore::check::{Options, Report, check, repair};
use clap::Args;
use secrecy::SecretString;

use super::error::CommandError;
use super::output::{say, say_json};
use super::{Outcome, chosen, unless_interrupted};
use crate::config::StoreUrl;
use crate::stores;

/// Which store to check, and what to do about defects.
#[derive(Debug, Args)]
pub struct Check {
    /// Which store [default: that of the server]
    #[arg(long, value_name = "URL")]
    store: Option<SecretString>,
    /// Repair what can be repaired
    #[arg(long)]
    repair: bool,
    /// The whole report as JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<Outcome, CommandError> {
        let opened = stores::open_existing(&chosen(self.store.as_ref(), usual)?).await?;
        let (store, options) = (&**opened.store(), Options::default());
        let work = async {
            let done = if self.repair {
                repair(store, &options, &mut |_| {}).await
            } else {
                check(store, &options, &mut |_| {}).await
            };
            done.map_err(CommandError::Check)
        };
        let report = unless_interrupted(work, "the same command begins anew").await;
        opened.close().await;
        let report = report?;
        if self.json {
            say_json(&report)?;
            return Ok(outcome(&report));
        }
        Ok(defects(&report))
    }
}

fn outcome(report: &Report) -> Outcome {
    if report.is_clean() { Outcome::Fine } else { Outcome::Defects }
}

/// Says what was found.
pub(super) fn defects(report: &Report) -> Outcome {
    for defect in &report.defects {
        let what_now = match (defect.repaired, defect.repair) {
            (true, Some(repair)) => format!("repaired: {repair}"),
            (true, None) => "repaired".to_owned(),
            (false, Some(repair)) => format!("--repair: {repair}"),
            (false, None) => "cannot be repaired".to_owned(),
        };
        say(format!("{defect} ({what_now})"));
    }
    if report.truncated {
        say("... and more");
    }
    let records: u64 = report.records.values().sum();
    let found: u64 = report.totals.values().map(|total| total.found).sum();
    let repaired = report.repaired();
    say(match found {
        0 => format!("no defects in {records} records"),
        _ => format!("{found} defects in {records} records, {repaired} repaired"),
    });
    outcome(report)
}
