//! Passwords whose hash came from elsewhere.

use super::user::{Identity, IdentityKey};
use crate::id::UserId;
use crate::store::{Change, Stop, Tx};

/// A password that was just shown to be right is kept under another hash. Nothing else changes, and nobody is signed out;
/// a password that was changed meanwhile stays.
#[derive(Clone)]
pub struct RenewSecret {
    /// Whose.
    pub user: UserId,
    /// The hash that was looked at.
    pub old: String,
    /// The hash that takes its place, in PHC form.
    pub new: String,
}

impl std::fmt::Debug for RenewSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RenewSecret").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Change for RenewSecret {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        match tx.get::<Identity>(&IdentityKey::Password(self.user))? {
            Some(found) if found.secret.as_ref() == Some(&self.old) => {
                tx.update(Identity { secret: Some(self.new.clone()), ..found })
            }
            _ => Ok(()),
        }
    }
}
