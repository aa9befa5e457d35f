//! The bytes of attachments beside a backup: in a folder with the name of the backup and `.files` behind it.

use std::path::Path;

use chatcore::store::Scan;
use chatcore::transfer::files::{self, FilesSummary};

use super::Outcome;
use super::error::CommandError;
use super::output::{note, say};
use crate::blobs::{self, BlobPlace};

/// Where those of a backup lie.
pub(super) fn beside(backup: &Path) -> BlobPlace {
    let mut folder = backup.as_os_str().to_owned();
    folder.push(".files");
    BlobPlace::Folder(folder.into())
}

/// Copies what the records name and is not there yet.
pub(super) async fn copy(records: &dyn Scan, from: &BlobPlace, to: &BlobPlace) -> Result<Outcome, CommandError> {
    match files::count(records).await? {
        0 => return Ok(Outcome::Fine),
        count => note(format!("{count} files go from {from} to {to}")),
    }
    let (Some(source), Some(target)) = (blobs::open(from)?, blobs::open(to)?) else {
        say(format!("the files are not in it: {from} and {to} must both be places for attachments"));
        return Ok(Outcome::Defects);
    };
    Ok(told(&files::copy(records, &*source, &*target).await?))
}

/// Reads all that the records name.
pub(super) async fn verify(records: &dyn Scan, at: &BlobPlace) -> Result<Outcome, CommandError> {
    if files::count(records).await? == 0 {
        return Ok(Outcome::Fine);
    }
    let Some(place) = blobs::open(at)? else {
        say("the files were not read: nothing says where they lie");
        return Ok(Outcome::Defects);
    };
    Ok(told(&files::verify(records, &*place).await?))
}

fn told(summary: &FilesSummary) -> Outcome {
    let FilesSummary { copied, present, lost } = summary;
    say(format!("files: {copied} copied, {present} were there already, {} lost", lost.len()));
    lost.iter().for_each(|hash| say(format!("lost: {hash}")));
    if lost.is_empty() { Outcome::Fine } else { Outcome::Defects }
}
