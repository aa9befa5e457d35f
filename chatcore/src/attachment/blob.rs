//! The rules of bytes that nobody has any more. They go in three steps, so that a crash between any two leaves a record
//! that says what is left to do, and an upload of the same bytes never meets a half of them.

use super::hash::ContentHash;
use super::port::BlobName;
use super::record::{Blob, BlobState};
use crate::clock::Timestamp;
use crate::store::{Change, Conflict, Stop, Tx};

/// Bytes that no attachment has had for a while are about to be removed. Passed over if one has them again.
#[derive(Debug, Clone)]
pub struct CondemnBlob {
    /// Which.
    pub hash: ContentHash,
    /// None has had them since then.
    pub idle_before: Timestamp,
}

impl Change for CondemnBlob {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Some(blob) = tx.get::<Blob>(&self.hash)? else { return Ok(()) };
        let idle = blob.links == 0 && blob.idle_since.is_some_and(|since| since <= self.idle_before);
        if idle { tx.update(Blob { state: BlobState::Leaving, ..blob }) } else { Ok(()) }
    }
}

/// Bytes that were about to be removed are gone.
#[derive(Debug, Clone)]
pub struct ForgetBlob {
    /// Which. The same bytes may have come again under another name meanwhile.
    pub name: BlobName,
}

impl Change for ForgetBlob {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let found = tx.get::<Blob>(&self.name.hash)?.filter(|blob| blob.name() == self.name);
        match found {
            Some(blob) if blob.state == BlobState::Leaving => tx.delete::<Blob>(&blob.hash),
            Some(_) => Err(Conflict::Rule("bytes are not forgotten before they are condemned").into()),
            None => Ok(()),
        }
    }
}
