//! The rule: a name is taken once.

use std::time::Duration;

use super::{Fingerprint, IdempotencyKey, Made, Once, RequestName};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::{ConversationId, MessageId};
use crate::store::{Batch, Change, Conflict, Kind, Record as _, Stop, Store, StoreError, Tx};
use crate::subject::Subject;
use crate::turn::TurnStore;

/// The names that a request comes with: none, one or both.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claims(Vec<Claim>);

#[derive(Debug, Clone)]
struct Claim {
    name: RequestName,
    asked: Fingerprint,
    lifetime: Option<Duration>,
}

impl Claims {
    /// The name of the request, if it has one, with what is asked.
    pub(crate) fn of(once: Option<&Once>, asked: impl FnOnce() -> Fingerprint) -> Self {
        let claim =
            |once: &Once| Claim { name: RequestName::Key(once.name.clone()), asked: asked(), lifetime: once.lifetime };
        Self(once.map(claim).into_iter().collect())
    }

    /// And the client's name for the message that it stores, with what makes that message the same.
    pub(crate) fn and_client_ref(
        mut self,
        conversation: ConversationId,
        name: Option<&str>,
        content: impl FnOnce() -> Fingerprint,
    ) -> Self {
        self.0.extend(name.map(|name| Claim {
            name: RequestName::ClientRef(conversation, name.to_owned()),
            asked: content(),
            lifetime: None,
        }));
        self
    }

    /// What was made under one of the names.
    ///
    /// # Errors
    /// [`Error::Reused`] when it was something else that was asked; [`Error::Store`].
    pub(crate) async fn made(
        &self,
        store: &(impl TurnStore + ?Sized),
        owner: Subject,
        now: Timestamp,
    ) -> Result<Option<Made>, Error> {
        for Claim { name, asked, .. } in &self.0 {
            let found = store.idempotency_key(owner, name).await?.filter(|found| !found.has_expired(now));
            match found {
                Some(found) if found.fingerprint == *asked => return Ok(Some(found.made)),
                Some(_) => return Err(Error::Reused(called(name))),
                None => {}
            }
        }
        Ok(None)
    }

    /// What was made by whoever was first, when an attempt to do the same failed; otherwise why it failed.
    pub(crate) async fn made_instead(
        &self,
        store: &(impl TurnStore + ?Sized),
        owner: Subject,
        now: Timestamp,
        error: Error,
    ) -> Result<Made, Error> {
        // where the store does not even say this, the first error is the better one
        match self.made(store, owner, now).await {
            Ok(Some(made)) => Ok(made),
            Err(reused @ Error::Reused(_)) => Err(reused),
            Ok(None) | Err(_) => Err(error),
        }
    }

    /// The change that takes the names; `None` when there are none.
    pub(crate) fn take(&self, owner: Subject, made: Made, at: Timestamp) -> Option<ClaimNames> {
        let names = self.0.iter().map(|claim| IdempotencyKey {
            owner,
            name: claim.name.clone(),
            fingerprint: claim.asked,
            made,
            expires_at: claim.lifetime.map(|lifetime| at.plus(lifetime)),
        });
        let names: Vec<IdempotencyKey> = names.collect();
        (!names.is_empty()).then_some(ClaimNames { names, at })
    }
}

/// What a caller knows the name as.
fn called(name: &RequestName) -> &'static str {
    match name {
        RequestName::Key(_) => "Idempotency-Key",
        RequestName::ClientRef(..) => "client_ref",
    }
}

/// Takes names for what the batch makes. It is refused when one is taken.
#[derive(Debug, Clone)]
pub struct ClaimNames {
    /// The names.
    pub names: Vec<IdempotencyKey>,
    /// When: what has expired by then is free.
    pub at: Timestamp,
}

impl Change for ClaimNames {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.prefetch::<IdempotencyKey>(self.names.iter().map(IdempotencyKey::key))?;
        for name in &self.names {
            match tx.get::<IdempotencyKey>(&name.key())? {
                None => tx.insert(name.clone())?,
                Some(old) if old.has_expired(self.at) => tx.update(name.clone())?,
                Some(_) => return Err(Conflict::Exists(Kind::IdempotencyKey).into()),
            }
        }
        Ok(())
    }
}

/// Removes names that have expired. One that is gone, or was taken anew, is passed over.
#[derive(Debug, Clone)]
pub struct ForgetNames {
    /// The names.
    pub names: Vec<(Subject, RequestName)>,
    /// When.
    pub at: Timestamp,
}

impl Change for ForgetNames {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.prefetch::<IdempotencyKey>(self.names.iter().cloned())?;
        for name in &self.names {
            if tx.get::<IdempotencyKey>(name)?.is_some_and(|found| found.has_expired(self.at)) {
                tx.delete::<IdempotencyKey>(name)?;
            }
        }
        Ok(())
    }
}

/// Names that are removed together.
const STEP: usize = 200;

/// Removes every name that has expired, in bounded batches. Returns how many.
pub(crate) async fn forget_expired(store: &dyn Store, now: Timestamp) -> Result<usize, StoreError> {
    let mut gone = 0;
    loop {
        let expired = store.expired_keys(now, STEP).await?;
        if expired.is_empty() {
            return Ok(gone);
        }
        gone += expired.len();
        let names = expired.iter().map(IdempotencyKey::key).collect();
        store.commit(Batch::of(ForgetNames { names, at: now })).await?;
    }
}

/// Frees the name of a message that is removed, unless another one has it by now.
pub(crate) fn free_client_ref(
    tx: &mut Tx<'_>,
    owner: Subject,
    conversation: ConversationId,
    (message, name): (MessageId, &str),
) -> Result<(), Stop> {
    let key = (owner, RequestName::ClientRef(conversation, name.to_owned()));
    let own = |found: &IdempotencyKey| found.made.message == Some(message);
    if tx.get::<IdempotencyKey>(&key)?.as_ref().is_some_and(own) {
        tx.delete::<IdempotencyKey>(&key)?;
    }
    Ok(())
}
