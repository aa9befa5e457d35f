//! What nobody needs any more goes.

use super::Attachments;
use crate::attachment::blob::{CondemnBlob, ForgetBlob};
use crate::attachment::change::RemoveAttachment;
use crate::attachment::hash::ContentHash;
use crate::attachment::record::{Blob, BlobState};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::store::{Batch, Domain};

/// What is looked at together.
const STEP: usize = 100;

impl Attachments {
    /// What a program does every few minutes: removes attachments that no message has named for a while, bytes that no
    /// attachment has had for a while, and what was staged and never taken. Returns how many things went.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Blobs`]; the rest is done another time.
    pub async fn sweep(&self) -> Result<usize, Error> {
        let now = self.clock.now();
        let attachments = self.sweep_attachments(now).await?;
        let blobs = self.sweep_blobs(now.minus(self.rules.linger)).await?;
        Ok(attachments + blobs + self.sweep_staged(now).await?)
    }

    async fn sweep_attachments(&self, now: Timestamp) -> Result<usize, Error> {
        let (before, mut gone) = (now.minus(self.rules.grace), 0);
        let knows_visitors = self.store.supports(Domain::Accounts);
        loop {
            let idle = self.store.idle_attachments(before, STEP).await?;
            let mut now_gone = 0;
            for one in &idle {
                let (id, idle_before) = (one.id, Some(before));
                let change = RemoveAttachment { id, owner: None, idle_before, knows_visitors, at: now };
                let done = self.store.commit(Batch::of(change)).await?;
                now_gone += done.all::<Blob>().count();
            }
            gone += now_gone;
            // a full page of which something went may hide more behind it
            if now_gone == 0 || idle.len() < STEP {
                return Ok(gone);
            }
        }
    }

    async fn sweep_blobs(&self, before: Timestamp) -> Result<usize, Error> {
        let mut gone = 0;
        loop {
            let idle = self.store.idle_blobs(before, STEP).await?;
            let mut now_gone = 0;
            for one in &idle {
                self.store.commit(Batch::of(CondemnBlob { hash: one.hash, idle_before: before })).await?;
                now_gone += usize::from(self.forget(one.hash).await?);
            }
            gone += now_gone;
            if now_gone == 0 || idle.len() < STEP {
                return Ok(gone);
            }
        }
    }

    /// Removes bytes that are condemned, and says whether they were. Two may do so at once.
    pub(super) async fn forget(&self, hash: ContentHash) -> Result<bool, Error> {
        let found = self.store.blob(hash).await?;
        let Some(blob) = found.filter(|blob| blob.state == BlobState::Leaving) else { return Ok(false) };
        self.blobs.remove(blob.name()).await?;
        self.store.commit(Batch::of(ForgetBlob { name: blob.name() })).await?;
        Ok(true)
    }

    async fn sweep_staged(&self, now: Timestamp) -> Result<usize, Error> {
        let (before, mut gone) = (now.minus(self.rules.grace), 0);
        for id in self.blobs.staged(STEP).await? {
            if id.minted_at() <= before {
                self.blobs.discard(id).await?;
                gone += 1;
            }
        }
        Ok(gone)
    }
}
