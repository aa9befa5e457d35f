//! What a server expects of a message: its own values, never those that the message brings.

use std::time::Duration;

use super::address::Address;
use super::message::Message;
use super::parts::{Nonce, RequestId, Site, Uri};
use crate::clock::Timestamp;

/// What a message must say to count.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// Where people sign in: the message names the domain of one of them, and its scheme if it names any.
    pub sites: &'a [Site],
    /// What they sign in to: the message names one of them, to the letter.
    pub uris: &'a [Uri],
    /// The chains that are served.
    pub chain_ids: &'a [u64],
    /// The nonce of the challenge, which counts once.
    pub nonce: &'a Nonce,
    /// Who the challenge is for, if it was made for somebody.
    pub address: Option<Address>,
    /// What the server calls the request, if it said.
    pub request_id: Option<&'a RequestId>,
    /// What time it is.
    pub now: Timestamp,
    /// How long after its making a message counts, whatever it says itself.
    pub max_age: Duration,
    /// How far ahead the clock of whoever made the message may be.
    pub leeway: Duration,
}

/// Why a message does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It is for somebody else's page.
    #[error("the message is for another domain")]
    Domain,
    /// It is for a page that is reached in another way.
    #[error("the message is for another scheme")]
    Scheme,
    /// It is for something else.
    #[error("the message is for another URI")]
    Uri,
    /// It is bound to a chain that is not served.
    #[error("the message is for another chain")]
    ChainId,
    /// It answers another challenge.
    #[error("the message has another nonce")]
    Nonce,
    /// It is of somebody else than the challenge is for.
    #[error("the message is of another address")]
    Address,
    /// It answers another request.
    #[error("the message has another request id")]
    RequestId,
    /// It was made in the future.
    #[error("the message was issued in the future")]
    IssuedAhead,
    /// It was made too long ago.
    #[error("the message was issued too long ago")]
    TooOld,
    /// It says that it no longer counts.
    #[error("the message has expired")]
    Expired,
    /// It says that it does not count yet.
    #[error("the message does not count yet")]
    NotYet,
}

impl Expected<'_> {
    /// Whether a message counts.
    ///
    /// # Errors
    /// The first [`Refusal`], in the order of the fields in a message.
    pub fn check(&self, message: &Message) -> Result<(), Refusal> {
        self.check_place(message)?;
        self.check_challenge(message)?;
        self.check_times(message)
    }

    fn check_place(&self, message: &Message) -> Result<(), Refusal> {
        // neither hosts nor schemes have a case
        let here = |site: &&Site| site.domain.as_str().eq_ignore_ascii_case(message.domain.as_str());
        let mut sites = self.sites.iter().filter(here).peekable();
        sites.peek().ok_or(Refusal::Domain)?;
        if let Some(scheme) = &message.scheme
            && !sites.any(|site| site.scheme.as_str().eq_ignore_ascii_case(scheme.as_str()))
        {
            return Err(Refusal::Scheme);
        }
        if !self.uris.contains(&message.uri) {
            return Err(Refusal::Uri);
        }
        if self.chain_ids.contains(&message.chain_id) { Ok(()) } else { Err(Refusal::ChainId) }
    }

    fn check_challenge(&self, message: &Message) -> Result<(), Refusal> {
        if message.nonce != *self.nonce {
            return Err(Refusal::Nonce);
        }
        if self.address.is_some_and(|address| address != message.address) {
            return Err(Refusal::Address);
        }
        let other = self.request_id.is_some_and(|id| message.request_id.as_ref() != Some(id));
        if other { Err(Refusal::RequestId) } else { Ok(()) }
    }

    fn check_times(&self, message: &Message) -> Result<(), Refusal> {
        let issued = message.issued_at.timestamp();
        let soon = self.now.plus(self.leeway);
        if issued > soon {
            return Err(Refusal::IssuedAhead);
        }
        if self.now.since(issued) > self.max_age {
            return Err(Refusal::TooOld);
        }
        if message.expiration_time.is_some_and(|end| self.now >= end.timestamp()) {
            return Err(Refusal::Expired);
        }
        if message.not_before.is_some_and(|start| soon < start.timestamp()) {
            return Err(Refusal::NotYet);
        }
        Ok(())
    }
}
