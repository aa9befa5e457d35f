//! Who does something, why, and where from.

use super::chain::{Audited, Draft};
use super::entry::{Act, Object};
use crate::account::{Caller, Permission};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::UserId;
use crate::store::{Domain, Store};

/// The longest reason, in characters.
pub const MAX_REASON: usize = 500;

/// Who wants something of those who run the service, and why. `None` as a caller is the program itself.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    caller: Option<&'a Caller>,
    reason: Option<&'a str>,
}

impl<'a> From<Option<&'a Caller>> for By<'a> {
    fn from(caller: Option<&'a Caller>) -> Self {
        Self { caller, reason: None }
    }
}

impl<'a> From<&'a Caller> for By<'a> {
    fn from(caller: &'a Caller) -> Self {
        Some(caller).into()
    }
}

impl<'a> By<'a> {
    /// With a reason.
    #[must_use]
    pub fn because(self, reason: impl Into<Option<&'a str>>) -> Self {
        Self { reason: reason.into(), ..self }
    }

    /// The user who wants it, if their role allows it; `None` is the program itself.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub fn expect(&self, permission: Permission) -> Result<Option<UserId>, Error> {
        let Some(caller) = self.caller else { return Ok(None) };
        caller.require_permission(permission)?;
        caller.user_id().map(Some).ok_or(Error::Denied)
    }

    /// Whether somebody wants it, and not the program itself.
    #[must_use]
    pub const fn is_somebody(&self) -> bool {
        self.caller.is_some()
    }

    /// The entry about an act. Whether it is allowed was asked before.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a reason that is empty or too long.
    pub fn draft(&self, act: Act, object: impl Into<Object>, at: Timestamp) -> Result<Draft, Error> {
        let reason = self.reason.map(checked_reason).transpose()?;
        Ok(Draft {
            actor: self.caller.and_then(Caller::user_id),
            act,
            object: object.into(),
            about: None,
            reason,
            network: self.caller.and_then(Caller::network).map(str::to_owned),
            detail: None,
            at,
        })
    }

    /// The same, for what nobody does without saying why.
    ///
    /// # Errors
    /// [`Error::Invalid`] without a reason.
    pub fn reasoned(&self, act: Act, object: impl Into<Object>, at: Timestamp) -> Result<Draft, Error> {
        match self.reason {
            Some(_) => self.draft(act, object, at),
            None => Err(no_reason()),
        }
    }

    /// Refuses somebody who does not say why. The program itself need not.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn expect_reason(&self) -> Result<(), Error> {
        if self.is_somebody() && self.reason.is_none() { Err(no_reason()) } else { Ok(()) }
    }
}

impl<C> Audited<C> {
    /// An act with its entry, if the store keeps one.
    pub(crate) fn new(store: &dyn Store, change: C, draft: Draft) -> Self {
        Self { change, draft: store.supports(Domain::Audit).then_some(draft) }
    }
}

fn no_reason() -> Error {
    Error::invalid("reason", format!("must be 1 to {MAX_REASON} characters"))
}

/// A reason as it is kept.
pub(crate) fn checked_reason(reason: &str) -> Result<String, Error> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON || reason.contains('\0') {
        return Err(no_reason());
    }
    Ok(reason.to_owned())
}
