//! `chatcore-server restore`

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use chatcore::check;
use chatcore::transfer::{self, Digest, Options, Summary, archive};
use clap::Args;
use secrecy::SecretString;

use super::error::CommandError;
use super::output::{note, say};
use super::progress::Reporter;
use super::{Outcome, check::defects, parse, unless_interrupted};
use crate::config::StoreUrl;
use crate::stores::{self, OpenStore};

/// From which backup to which store.
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The store to fill, which must be empty or not there
    #[arg(long, value_name = "URL")]
    to: SecretString,
    /// Go on with a restore of the same backup that broke off
    #[arg(long)]
    resume: bool,
    /// Open the store anew at the end, read everything back and look for defects
    #[arg(long)]
    verify: bool,
}

impl Restore {
    pub(super) async fn run(self) -> Result<Outcome, CommandError> {
        let to = parse(&self.to)?;
        let written = self.read_through()?;
        note(format!("the backup is whole: {written}"));
        let target = stores::open_kept(&to).await?;
        let work = self.fill(&target);
        let done = unless_interrupted(work, "the same command with --resume goes on where it was").await;
        target.close().await;
        let Summary { inserted, present, digest } = done?;
        say(format!("restored {inserted} records to {to}; {present} were there already"));
        say(format!("verified: {digest}"));
        if self.verify {
            unless_interrupted(verify(&to, digest), "the store was not verified").await
        } else {
            Ok(Outcome::Fine)
        }
    }

    fn open(&self) -> Result<BufReader<File>, CommandError> {
        let failed = CommandError::file(&self.from);
        if !self.from.metadata().map_err(&failed)?.is_file() {
            return Err(CommandError::NotAFile(self.from.display().to_string()));
        }
        Ok(BufReader::new(File::open(&self.from).map_err(failed)?))
    }

    /// Whether the backup is whole, and what is in it.
    fn read_through(&self) -> Result<Digest, CommandError> {
        let failed = |source| CommandError::Archive { path: self.from.display().to_string(), source };
        let mut reader = archive::read(self.open()?).map_err(failed)?;
        reader.by_ref().try_for_each(|record| record.map(drop)).map_err(failed)?;
        Ok(reader.digest().cloned().unwrap_or_default())
    }

    async fn fill(&self, target: &OpenStore) -> Result<Summary, CommandError> {
        let (to, options) = (&**target.store(), Options::default().resume(self.resume));
        let summary = {
            let reporter = Reporter::new("restoring");
            archive::restore(self.open()?, to, &options, &mut |progress| reporter.tell(progress)).await?
        };
        note("verifying");
        require_same(&summary.digest, transfer::digest(to).await?)?;
        Ok(summary)
    }
}

/// As another process will find it.
async fn verify(url: &StoreUrl, expected: Digest) -> Result<Outcome, CommandError> {
    let opened = stores::open_existing(url).await?;
    let store = &**opened.store();
    let work = async {
        require_same(&expected, transfer::digest(store).await?)?;
        check::check(store, &check::Options::default(), &mut |_| {}).await.map_err(CommandError::Check)
    };
    let report = work.await;
    opened.close().await;
    Ok(defects(&report?))
}

fn require_same(expected: &Digest, found: Digest) -> Result<(), CommandError> {
    if found == *expected { Ok(()) } else { Err(CommandError::Lost { expected: expected.clone(), found }) }
}
