//! What users say of themselves.

use super::Accounts;
use crate::account::caller::Caller;
use crate::account::profile::{ProfileChange, SetProfile};
use crate::account::user::User;
use crate::error::Error;

impl Accounts {
    /// Changes what the caller says of themselves. Returns their account as it is then.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::Denied`] when the caller is not a user, or comes with a key.
    pub async fn set_profile(&self, caller: &Caller, change: ProfileChange) -> Result<User, Error> {
        let (user, batch) = self.own(caller)?;
        let set = SetProfile { user, change: change.checked()? };
        let done = self.store.commit(batch.and(set)).await?;
        done.get::<User>(&user).cloned().ok_or(Error::NotFound("user"))
    }
}
