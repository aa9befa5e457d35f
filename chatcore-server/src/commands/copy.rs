//! `chatcore-server store copy`

use chatcore::store::Scan;
use chatcore::transfer::{self, Options, Summary, TransferError};
use clap::Args;
use secrecy::SecretString;

use super::error::CommandError;
use super::output::{note, say};
use super::progress::Reporter;
use super::{Outcome, parse, unless_interrupted};
use crate::stores::{self, OpenStore};

/// From where to where.
#[derive(Debug, Args)]
pub struct Copy {
    /// The store to read
    #[arg(long, value_name = "URL")]
    from: SecretString,
    /// The store to fill; made if it is not there
    #[arg(long, value_name = "URL")]
    to: SecretString,
}

impl Copy {
    pub(super) async fn run(self) -> Result<Outcome, CommandError> {
        let (from, to) = (parse(&self.from)?, parse(&self.to)?);
        if from == to {
            return Err(CommandError::Itself);
        }
        let source = stores::open_snapshot(&from).await?;
        let target = match stores::open_kept(&to).await {
            Ok(target) => target,
            Err(error) => {
                source.close().await;
                return Err(error.into());
            }
        };
        let work = copy_and_verify(source.records(), &target);
        let done = unless_interrupted(work, "the same command goes on where it was").await;
        source.close().await;
        target.close().await;
        let Summary { inserted, present, digest } = done?;
        say(format!("copied {inserted} records from {from} to {to}; {present} were there already"));
        say(format!("verified: {digest}"));
        Ok(Outcome::Fine)
    }
}

pub(super) async fn copy_and_verify(from: &dyn Scan, target: &OpenStore) -> Result<Summary, CommandError> {
    let to = &**target.store();
    let summary = {
        let reporter = Reporter::new("copying");
        transfer::copy(from, to, &Options::default(), &mut |progress| reporter.tell(progress)).await?
    };
    note("verifying");
    let found = transfer::digest(to).await?;
    if found != summary.digest {
        // which record it is that differs takes another reading of both
        return match transfer::verify(from, to).await {
            Err(error @ TransferError::Differ(_)) => Err(error.into()),
            _ => Err(CommandError::Lost { expected: summary.digest, found }),
        };
    }
    Ok(summary)
}
