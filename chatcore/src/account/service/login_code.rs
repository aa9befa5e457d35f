//! Codes for front ends: what they get in an address in place of a token.

use super::links::TRIES;
use super::{Accounts, IssuedCode, NewCode, Proof, unauthenticated};
use crate::account::challenge::ChallengeKind;
use crate::error::Error;

impl Accounts {
    /// A code for somebody who has just shown who they are, which their front end changes for a session
    /// ([`Accounts::sign_in_with_code`]). Like [`Accounts::sign_in_with`] it makes the account when nobody has come that
    /// way before. It works only together with `binding`, if there is one.
    ///
    /// # Errors
    /// As [`Accounts::sign_in_with`].
    pub async fn login_code(&self, proof: &Proof, binding: Option<&str>) -> Result<IssuedCode, Error> {
        proof.expect_fresh(self.clock.now())?;
        let mut tries = 0;
        loop {
            let (batch, user) = self.entry(proof).await?;
            let new = NewCode::new(ChallengeKind::LoginCode, "").of(user);
            let (change, code) = self.code(NewCode { binding: binding.map(str::to_owned), ..new })?;
            tries += 1;
            match self.store.commit(batch.and(change)).await.map_err(unauthenticated) {
                // they come twice at once, or somebody has just taken the address: look again
                Err(Error::Taken(_)) if tries < TRIES => {}
                done => return done.map(|_| code),
            }
        }
    }
}
