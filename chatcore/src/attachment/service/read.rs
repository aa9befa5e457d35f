//! Attachments as a model reads them: whole, and no larger than may be.

use futures::StreamExt;

use super::Attachments;
use crate::attachment::record::{Attachment, AttachmentState};
use crate::error::Error;
use crate::id::AttachmentId;
use crate::subject::Subject;

impl Attachments {
    /// An attachment of that owner that is there; `None` for any other.
    pub(crate) async fn of(&self, owner: Subject, id: AttachmentId) -> Result<Option<Attachment>, Error> {
        let found = self.store.attachment(id).await?;
        Ok(found.filter(|found| found.owner == owner && found.state == AttachmentState::Ready))
    }

    /// All its bytes; `None` when they are lost, or gone since.
    pub(crate) async fn whole(&self, attachment: &Attachment) -> Result<Option<Vec<u8>>, Error> {
        let mut pieces = match self.bytes(attachment).await {
            Ok(pieces) => pieces,
            Err(Error::Blobs(error)) if error.missing => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut whole = Vec::with_capacity(usize::try_from(attachment.size).unwrap_or(0));
        while let Some(piece) = pieces.next().await {
            whole.extend_from_slice(&piece?);
        }
        Ok(Some(whole))
    }
}
