//! People without an account.

use super::{Accounts, SignedIn, hex};
use crate::account::caller::{Caller, Scope};
use crate::account::visitor::{MergeVisitor, OpenVisitor, Visitor};
use crate::billing::entitlement::{MergeEntitlement, MergeUsage};
use crate::billing::ledger::MoveWallet;
use crate::conversation::Conversations;
use crate::error::Error;
use crate::id::{JobId, VisitorId};
use crate::store::{Batch, Domain, OrderedKey};
use crate::subject::Subject;

/// A visitor who has just come.
#[derive(Clone)]
pub struct NewVisitor {
    /// Who.
    pub visitor: Visitor,
    /// With what they come again. The server alone can make it.
    pub token: String,
}

/// The longest name of a network, in bytes.
const MAX_NETWORK: usize = 128;

impl Accounts {
    /// Somebody comes without an account. `network` is what limits count them by: the prefix of an address, or a hash.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::Store`].
    pub async fn open_visitor(&self, network: &str) -> Result<NewVisitor, Error> {
        if network.len() > MAX_NETWORK || network.contains('\0') {
            return Err(Error::invalid("network", format!("must have at most {MAX_NETWORK} bytes")));
        }
        let at = self.clock.now();
        let id = VisitorId::mint(at, &*self.ids);
        let done = self.store.commit(Batch::of(OpenVisitor { id, network: network.to_owned(), at })).await?;
        let visitor = done.get::<Visitor>(&id).cloned().ok_or(Error::NotFound("visitor"))?;
        Ok(NewVisitor { visitor, token: self.visitor_token(id) })
    }

    /// The id and a signature over it.
    fn visitor_token(&self, id: VisitorId) -> String {
        format!("{id}.{}", hex(&self.tokens.derive("visitor", &id.to_bytes())))
    }

    /// The visitor whom a token names, if the token is ours.
    fn visitor_of(&self, token: &str) -> Result<VisitorId, Error> {
        let id = token.split_once('.').and_then(|(id, _)| id.parse().ok()).ok_or(Error::Unauthenticated)?;
        // equal hashes, not equal texts: comparing them tells nobody how much was right
        let ours = self.tokens.hash(&self.visitor_token(id)) == self.tokens.hash(token);
        if ours { Ok(id) } else { Err(Error::Unauthenticated) }
    }

    /// Who comes again without an account.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], also when they have become a user: what was theirs is that user's.
    pub async fn by_visitor(&self, token: &str) -> Result<(Caller, Visitor), Error> {
        let id = self.visitor_of(token)?;
        Ok((Caller::visitor(id), self.unmerged(id).await?))
    }

    /// A visitor who has not become a user.
    pub(super) async fn unmerged(&self, id: VisitorId) -> Result<Visitor, Error> {
        let visitor = self.store.visitor(id).await?.filter(|visitor| visitor.merged_into.is_none());
        visitor.ok_or(Error::Unauthenticated)
    }

    /// Somebody has signed in who brought a visitor's token along: what was the visitor's is theirs, if it can be. `false`
    /// when it cannot: a token that is not ours any more, or of a visitor who has become somebody else, keeps nobody out.
    /// Nor does a store that fails: the token is good for the next sign-in.
    pub async fn bring_visitor(&self, signed_in: &SignedIn, token: &str) -> bool {
        let SignedIn { user, session, .. } = signed_in;
        match self.merge_visitor(&Caller::session(user.id, session.id, user.role), token).await {
            Ok(()) => true,
            Err(Error::Unauthenticated | Error::Taken(_) | Error::NotFound(_)) => false,
            Err(error) => {
                tracing::warn!(%error, "failed to merge a visitor into the user whom they became");
                false
            }
        }
    }

    /// The caller was that visitor before they signed in: what was the visitor's is theirs. It is so from one commit on,
    /// which ends the visitor's token; their conversations then move in bounded batches, which this does before it
    /// returns. If it breaks off the job is found again ([`Conversations::resume_jobs`]). Doing it again changes nothing
    /// but what a request of the visitor's that was under way left behind.
    ///
    /// # Errors
    /// [`Error::Taken`] when the visitor has become somebody else; [`Error::Unauthenticated`] for a token that is not
    /// ours; [`Error::Denied`].
    pub async fn merge_visitor(&self, caller: &Caller, token: &str) -> Result<(), Error> {
        caller.require(Scope::Write)?;
        let user = caller.user_id().ok_or(Error::Denied)?;
        let (visitor, at) = (self.visitor_of(token)?, self.clock.now());
        let job = JobId::mint(at, &*self.ids);
        let mut batch = Batch::of(MergeVisitor { visitor, user, job, at });
        if self.store.supports(Domain::Quota) {
            batch.push(MergeUsage { visitor, user, zones: self.store.supports(Domain::Billing), at });
        }
        if self.store.supports(Domain::Billing) {
            batch.push(MoveWallet { visitor, user, at });
            batch.push(MergeEntitlement { visitor, user, at });
        }
        let done = self.store.commit(batch).await?;
        let conversations = Conversations::new(self.store.clone(), self.clock.clone(), self.ids.clone());
        match done.get(&job) {
            Some(job) => drop(conversations.work_off(Some(job)).await),
            None => conversations.adopt_all(Subject::Visitor(visitor), Subject::User(user)).await?,
        }
        Ok(())
    }
}
