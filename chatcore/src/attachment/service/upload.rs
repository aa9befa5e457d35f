//! Uploads: staged while they come, then counted, then kept.

use futures::{Stream, StreamExt};

use super::Attachments;
use crate::account::{Caller, Scope};
use crate::attachment::change::{ReceiveAttachment, SettleAttachment};
use crate::attachment::intake::{Arrival, Intake};
use crate::attachment::name::clean_name;
use crate::attachment::port::BlobName;
use crate::attachment::record::{Attachment, AttachmentState, Blob};
use crate::error::Error;
use crate::id::AttachmentId;
use crate::store::{Batch, Conflict};

/// How often an upload looks again while the same bytes are being removed.
const TRIES: usize = 3;

impl Attachments {
    /// Takes a file of that name, as it comes. It holds a piece of it at a time, and reads no more than may be.
    ///
    /// The attachment is the caller's, and goes in a day unless a message names it by then.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::UnknownMedia`], [`Error::OverLimit`], [`Error::Invalid`] for an empty file,
    /// [`Error::Blobs`]; and whatever the stream says is wrong.
    pub async fn upload<S, B>(&self, caller: &Caller, name: &str, bytes: S) -> Result<Attachment, Error>
    where
        S: Stream<Item = Result<B, Error>> + Send,
        B: Into<bytes::Bytes>,
    {
        caller.require(Scope::Write)?;
        self.expect_room(caller).await?;
        let id = AttachmentId::mint(self.clock.now(), &*self.ids);
        let taken = match self.stage(id, bytes).await {
            Ok(arrival) => self.receive(caller, id, clean_name(name), arrival).await,
            Err(error) => Err(error),
        };
        if taken.is_err()
            && let Err(error) = self.blobs.discard(id).await
        {
            tracing::warn!(%id, %error, "failed to discard an upload; the sweep will find it");
        }
        taken
    }

    /// Refuses whoever has no room for a single byte, before anything is read. The batch decides.
    async fn expect_room(&self, caller: &Caller) -> Result<(), Error> {
        let Some(bid) = self.bid(caller, 1) else { return Ok(()) };
        let (verdict, _) = bid.preview(&*self.store).await?;
        if verdict.allowed { Ok(()) } else { Err(Error::OverLimit(Box::new(verdict))) }
    }

    async fn stage<S, B>(&self, id: AttachmentId, bytes: S) -> Result<Arrival, Error>
    where
        S: Stream<Item = Result<B, Error>> + Send,
        B: Into<bytes::Bytes>,
    {
        let mut writer = self.blobs.begin(id).await?;
        let mut intake = Intake::new(&self.rules, self.detect);
        futures::pin_mut!(bytes);
        while let Some(piece) = bytes.next().await {
            let piece = piece?.into();
            intake.read(&piece)?;
            writer.write(piece).await?;
        }
        let arrival = intake.finish()?;
        writer.finish().await?;
        Ok(arrival)
    }

    async fn receive(
        &self,
        caller: &Caller,
        id: AttachmentId,
        name: String,
        arrival: Arrival,
    ) -> Result<Attachment, Error> {
        let Arrival { hash, size, media_type } = arrival;
        let attachment = Attachment {
            id,
            owner: caller.subject(),
            hash,
            name,
            media_type: media_type.to_owned(),
            size,
            state: AttachmentState::Arriving,
            links: 0,
            idle_since: None,
            scopes: Vec::new(),
            created_at: self.clock.now(),
        };
        let (received, name) = self.counted(caller, &attachment).await?;
        if received.state == AttachmentState::Ready {
            // the same bytes are there
            self.blobs.discard(id).await?;
            return Ok(received);
        }
        self.blobs.keep(id, name).await?;
        let done = self.store.commit(Batch::of(SettleAttachment { id })).await?;
        done.get(&id).cloned().ok_or(Error::NotFound("attachment"))
    }

    /// Counts it, and answers under which name its bytes are to be kept.
    async fn counted(&self, caller: &Caller, attachment: &Attachment) -> Result<(Attachment, BlobName), Error> {
        for _ in 0..TRIES {
            let bid = self.bid(caller, attachment.size);
            let change = ReceiveAttachment { attachment: attachment.clone(), bid };
            match self.store.commit(Batch::of(change)).await {
                Ok(done) => {
                    let received = done.get::<Attachment>(&attachment.id).cloned();
                    let name = done.get::<Blob>(&attachment.hash).map(Blob::name);
                    return received.zip(name).ok_or(Error::NotFound("attachment"));
                }
                // the same bytes are being removed by somebody who may not be there any more: see that it is done
                Err(error) if matches!(error.conflict(), Some(Conflict::StaleVersion)) => {
                    self.forget(attachment.hash).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Overloaded)
    }
}
