//! The service of attachments, in one file a topic. A foreign attachment looks like none.

mod read;
mod sweep;
mod upload;

use std::sync::Arc;

use super::change::RemoveAttachment;
use super::media::Detect;
use super::port::{BlobError, BlobStore, BlobStream};
use super::record::{Attachment, AttachmentState};
use super::rules::AttachmentRules;
use crate::account::{Caller, Scope, Via};
use crate::billing::entitlement::{Bid, Terms};
use crate::billing::ledger::Credit;
use crate::clock::Clock;
use crate::error::Error;
use crate::id::{AttachmentId, IdSource};
use crate::page::{Cursor, List, Page, PageRequest};
use crate::quota::Demand;
use crate::store::{Batch, Domain, OrderedKey, Store, StoreError};

/// Attachments of whoever asks, and where their bytes lie.
#[derive(Clone)]
pub struct Attachments {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    blobs: Arc<dyn BlobStore>,
    detect: Detect,
    rules: AttachmentRules,
    terms: Option<Arc<Terms>>,
}

impl Attachments {
    /// The service over a store of records and one of bytes.
    ///
    /// # Errors
    /// [`Error::Store`] when the store keeps no attachments.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        blobs: Arc<dyn BlobStore>,
        detect: Detect,
    ) -> Result<Self, Error> {
        if !store.supports(Domain::Attachments) {
            return Err(StoreError::unsupported(Domain::Attachments, "keep attachments").into());
        }
        Ok(Self { store, clock, ids, blobs, detect, rules: AttachmentRules::default(), terms: None })
    }

    /// With other limits.
    #[must_use]
    pub fn with_rules(mut self, rules: AttachmentRules) -> Self {
        self.rules = rules;
        self
    }

    /// With terms by which bytes are counted; [`Chat`](crate::Chat) hands its own on.
    #[must_use]
    pub(crate) fn under(mut self, terms: Option<Arc<Terms>>) -> Self {
        self.terms = terms;
        self
    }

    /// The limits.
    #[must_use]
    pub const fn rules(&self) -> &AttachmentRules {
        &self.rules
    }

    /// An attachment of the caller.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, or it is somebody else's.
    pub async fn get(&self, caller: &Caller, id: AttachmentId) -> Result<Attachment, Error> {
        caller.require(Scope::Read)?;
        let found = self.store.attachment(id).await?;
        let own = |found: &Attachment| found.owner == caller.subject() && found.state == AttachmentState::Ready;
        found.filter(own).ok_or(Error::NotFound("attachment"))
    }

    /// An attachment of the caller, and its bytes.
    ///
    /// # Errors
    /// As [`Self::get`]; [`Error::Blobs`].
    pub async fn open(&self, caller: &Caller, id: AttachmentId) -> Result<(Attachment, BlobStream), Error> {
        let found = self.get(caller, id).await?;
        let bytes = self.bytes(&found).await?;
        Ok((found, bytes))
    }

    async fn bytes(&self, of: &Attachment) -> Result<BlobStream, Error> {
        let blob = self.store.blob(of.hash).await?.ok_or(BlobError::missing("find"))?;
        Ok(self.blobs.read(blob.name()).await?)
    }

    /// Attachments of the caller, newest first.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor of another list.
    pub async fn list(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Attachment>, Error> {
        caller.require(Scope::Read)?;
        let after = match page.position(List::Attachments)? {
            Some(mut bytes) => Some(OrderedKey::read(&mut bytes).ok_or(crate::page::CursorError)?),
            None => None,
        };
        let found = self.store.attachments(caller.subject(), after, page.size() + 1).await?;
        let page =
            Page::cut(found, page.size(), |last| Cursor::new(List::Attachments, (last.created_at, last.id).to_bytes()));
        let Page { items, next } = page;
        Ok(Page { items: items.into_iter().filter(|one| one.state == AttachmentState::Ready).collect(), next })
    }

    /// Removes an attachment, whether or not messages name it: they show that it is gone.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn remove(&self, caller: &Caller, id: AttachmentId) -> Result<(), Error> {
        caller.require(Scope::Write)?;
        self.get(caller, id).await?;
        let change = RemoveAttachment {
            id,
            owner: Some(caller.subject()),
            idle_before: None,
            knows_visitors: self.store.supports(Domain::Accounts),
            at: self.clock.now(),
        };
        self.store.commit(Batch::of(change)).await?;
        Ok(())
    }

    /// What so many bytes want of the caller's quota, if anything counts.
    fn bid(&self, caller: &Caller, bytes: u64) -> Option<Bid> {
        let api_key = if let Via::ApiKey(id) = caller.via() { Some(id) } else { None };
        let (subject, at) = (caller.subject(), self.clock.now());
        let demand = Demand { bytes, ..Demand::default() };
        self.terms.clone().map(|terms| Bid {
            terms,
            subject,
            api_key,
            model: None,
            demand,
            also: Vec::new(),
            money: Credit::ZERO,
            at,
        })
    }
}
