//! People without an account whose client can send nothing but a name that it made up for its device.

use std::time::Duration;

use super::Accounts;
use crate::account::caller::Caller;
use crate::account::visitor::MeetVisitor;
use crate::error::Error;
use crate::id::VisitorId;
use crate::limits::{Bucket, Rule, TakeUnits};
use crate::store::Batch;

/// The longest name of a device, in bytes.
const MAX_DEVICE: usize = 256;

/// Devices of one network that are met for the first time: so many at once, then one every thirty seconds. A name costs
/// nothing to make up, and each is a record.
const MEETINGS: Rule = Rule::new(120, Duration::from_secs(3600));

impl Accounts {
    /// Somebody without an account, by the name that their device gives itself. Such a name is no secret: others may have a
    /// device that calls itself the same, or read it somewhere. So it counts together with the network alone from which it
    /// comes, and a device that moves to another network is another visitor. Where a client can keep a token, a
    /// [visitor's](Self::open_visitor) is better.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that is empty or too long; [`Error::Unauthenticated`] when the visitor has become a user;
    /// [`Error::RateLimited`] when too many come from one network that nobody has met.
    pub async fn by_device(&self, device: &str, network: &str) -> Result<Caller, Error> {
        if device.is_empty() || device.len() > MAX_DEVICE {
            return Err(Error::invalid("device", format!("must have 1 to {MAX_DEVICE} bytes")));
        }
        // the lengths keep `a` + `bc` apart from `ab` + `c`
        let name = format!("{}:{device}{}:{network}", device.len(), network.len());
        let derived = self.tokens.derive("device", name.as_bytes());
        let (bytes, _) = derived.split_first_chunk::<16>().ok_or(Error::Unauthenticated)?;
        let id = VisitorId::from_uuid(uuid::Builder::from_random_bytes(*bytes).into_uuid());
        if self.store.visitor(id).await?.is_none() {
            let (bucket, at) = (Bucket::new("device", network), self.clock.now());
            let count = TakeUnits { bucket, cost: 1, rule: MEETINGS, at };
            let meet = MeetVisitor { id, network: network.to_owned(), at };
            self.store.commit(Batch::of(count).and(meet)).await?;
        }
        self.unmerged(id).await?;
        Ok(Caller::visitor(id))
    }
}
