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
use super::{Outcome, check::defects, files, parse, unless_interrupted};
use crate::blobs::BlobPlace;
use crate::config::{StoreUrl, Usual};
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
    /// Where its attachments are to lie, as in `--attachments` [default: where the server has them; beside another store]
    #[arg(long, value_name = "URL")]
    files: Option<BlobPlace>,
    /// Go on with a restore of the same backup that broke off
    #[arg(long)]
    resume: bool,
    /// Open the store anew at the end, read everything back and look for defects
    #[arg(long)]
    verify: bool,
}

impl Restore {
    pub(super) async fn run(self, usual: Usual) -> Result<Outcome, CommandError> {
        let to = parse(&self.to)?;
        let place = self.files.clone().unwrap_or_else(|| usual.files_of(&to));
        let written = self.read_through()?;
        note(format!("the backup is whole: {written}"));
        let target = stores::open_kept(&to).await?;
        let work = async {
            let summary = self.fill(&target).await?;
            let files = files::copy(&**target.store(), &files::beside(&self.from), &place).await?;
            Ok::<_, CommandError>((summary, files))
        };
        let done = unless_interrupted(work, "the same command with --resume goes on where it was").await;
        target.close().await;
        let (Summary { inserted, present, digest }, files) = done?;
        say(format!("restored {inserted} records to {to}; {present} were there already"));
        say(format!("verified: {digest}"));
        if self.verify {
            unless_interrupted(verify(&to, digest, &place), "the store was not verified").await
        } else {
            Ok(files)
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
async fn verify(url: &StoreUrl, expected: Digest, place: &BlobPlace) -> Result<Outcome, CommandError> {
    let opened = stores::open_existing(url).await?;
    let store = &**opened.store();
    let work = async {
        require_same(&expected, transfer::digest(store).await?)?;
        let report = check::check(store, &check::Options::default(), &mut |_| {}).await.map_err(CommandError::Check)?;
        Ok::<_, CommandError>((defects(&report), files::verify(store, place).await?))
    };
    let done = work.await;
    opened.close().await;
    match done? {
        (Outcome::Fine, Outcome::Fine) => Ok(Outcome::Fine),
        _ => Ok(Outcome::Defects),
    }
}

fn require_same(expected: &Digest, found: Digest) -> Result<(), CommandError> {
    if found == *expected { Ok(()) } else { Err(CommandError::Lost { expected: expected.clone(), found }) }
}
