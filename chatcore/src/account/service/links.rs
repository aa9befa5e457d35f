//! Signing in with a provider or a wallet, and the list of ways into an account.

use super::{Accounts, Proof, SignedIn};
use crate::account::caller::Caller;
use crate::account::session::SessionKind;
use crate::account::user::{Identity, IdentityKey};
use crate::account::ways::{AdmitUser, LinkIdentity, UnlinkIdentity};
use crate::error::Error;
use crate::id::UserId;
use crate::store::Batch;

/// How often a new account is tried, when somebody else is at the same thing.
pub(super) const TRIES: usize = 3;

impl Accounts {
    /// Signs in with a proof, and makes the account when nobody has come that way before. An address never leads to an
    /// account, however well the provider checked it: when somebody has shown here that it is theirs, they sign in and
    /// link; when somebody has only said so, the new account does without it.
    ///
    /// # Errors
    /// [`Error::LinkFirst`]; [`Error::InvalidCode`] for an old proof; [`Error::Unauthenticated`] when the account is not
    /// active.
    pub async fn sign_in_with(
        &self,
        proof: &Proof,
        kind: SessionKind,
        label: Option<String>,
    ) -> Result<SignedIn, Error> {
        proof.expect_fresh(self.clock.now())?;
        let mut tries = 0;
        loop {
            let (batch, user) = self.entry(proof).await?;
            tries += 1;
            match self.open_in(batch, user, kind.clone(), label.clone()).await {
                // they come twice at once, or somebody has just taken the address: look again
                Err(Error::Taken(_)) if tries < TRIES => {}
                done => return done,
            }
        }
    }

    /// Whose account a proof leads to, and what makes it if nobody has come that way before.
    pub(super) async fn entry(&self, proof: &Proof) -> Result<(Batch, UserId), Error> {
        if let Some(known) = self.store.identity(&proof.key).await? {
            return Ok((Batch::default(), known.user));
        }
        let email = self.free_email(proof).await?;
        let at = self.clock.now();
        let id = UserId::mint(at, &*self.ids);
        Ok((Batch::of(AdmitUser { id, key: proof.key.clone(), email, at }), id))
    }

    /// The address that the provider vouches for, if nobody here says that it is theirs.
    async fn free_email(&self, proof: &Proof) -> Result<Option<String>, Error> {
        let Some(email) = &proof.email else { return Ok(None) };
        match self.store.identity(&IdentityKey::email(email)).await? {
            None => Ok(Some(email.clone())),
            Some(claimed) if claimed.verified_at.is_none() => Ok(None),
            Some(_) => Err(Error::LinkFirst),
        }
    }

    /// Makes what was proved a way into the caller's account. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`Error::Taken`] when it leads to another account; [`Error::InvalidCode`] for an old proof; [`Error::Denied`]
    /// with a key.
    pub async fn link(&self, caller: &Caller, proof: &Proof) -> Result<(), Error> {
        proof.expect_fresh(self.clock.now())?;
        let (user, batch) = self.own(caller)?;
        let link = LinkIdentity { user, key: proof.key.clone(), at: self.clock.now() };
        self.store.commit(batch.and(link)).await?;
        Ok(())
    }

    /// Takes a way into the caller's account away.
    ///
    /// # Errors
    /// [`Error::LastWayIn`]; [`Error::NotFound`]; [`Error::Denied`] with a key.
    pub async fn unlink(&self, caller: &Caller, key: IdentityKey) -> Result<(), Error> {
        let (user, batch) = self.own(caller)?;
        self.store.commit(batch.and(UnlinkIdentity { user, key })).await?;
        Ok(())
    }

    /// The ways into the caller's account, without what proves them.
    ///
    /// # Errors
    /// [`Error::Denied`] when the caller is not a user, or comes with a key.
    pub async fn identities(&self, caller: &Caller) -> Result<Vec<Identity>, Error> {
        let (user, _) = self.own(caller)?;
        let found = self.store.identities(user).await?;
        Ok(found.into_iter().map(|identity| Identity { secret: None, ..identity }).collect())
    }
}
