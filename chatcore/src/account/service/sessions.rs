//! Where somebody is signed in, and signing out.

use super::Accounts;
use crate::account::caller::{Caller, Scope, Via};
use crate::account::change::{EndAllSessions, EndSession};
use crate::account::session::Session;
use crate::account::user::User;
use crate::error::Error;
use crate::id::{SessionId, UserId};
use crate::page::{Cursor, List, Page, PageRequest};
use crate::store::{Batch, OrderedKey};

impl Accounts {
    /// Ends the session of a token. A token that is no good any more is as good as signed out.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when it never was a token of ours.
    pub async fn logout(&self, token: &str) -> Result<(), Error> {
        let (id, _) = self.authentic(token)?;
        let Some(session) = self.store.session(id).await? else { return Ok(()) };
        self.end(id, session.user).await
    }

    /// Ends the session that a caller uses.
    ///
    /// # Errors
    /// [`Error::Denied`] when the caller has none.
    pub async fn logout_caller(&self, caller: &Caller) -> Result<(), Error> {
        match (caller.via(), caller.user_id()) {
            (Via::Session(id), Some(user)) => self.end(id, user).await,
            _ => Err(Error::Denied),
        }
    }

    async fn end(&self, session: SessionId, user: UserId) -> Result<(), Error> {
        self.store.commit(Batch::of(EndSession { session, user, at: self.clock.now() })).await?;
        Ok(())
    }

    /// Ends all sessions of the caller at once.
    ///
    /// # Errors
    /// [`Error::Denied`] when the caller is not a user, or comes with a key.
    pub async fn logout_all(&self, caller: &Caller) -> Result<(), Error> {
        let (user, _) = self.own(caller)?;
        self.store.commit(Batch::of(EndAllSessions { user })).await?;
        Ok(())
    }

    /// The caller's own account.
    ///
    /// # Errors
    /// [`Error::Denied`] when the caller is not a user.
    pub async fn me(&self, caller: &Caller) -> Result<User, Error> {
        caller.require(Scope::Read)?;
        let user = caller.user_id().ok_or(Error::Denied)?;
        self.store.user(user).await?.ok_or(Error::NotFound("user"))
    }

    /// Where the caller is signed in, the oldest sign-in first; sessions that are over included, as long as they are kept.
    ///
    /// # Errors
    /// [`Error::Denied`] when the caller is not a user, or comes with a key; [`Error::Invalid`] for a cursor of another
    /// list.
    pub async fn sessions(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Session>, Error> {
        let (user, _) = self.own(caller)?;
        self.session_page(user, page).await
    }

    pub(super) async fn session_page(&self, user: UserId, page: &PageRequest) -> Result<Page<Session>, Error> {
        let after = match page.position(List::Sessions)? {
            Some(mut bytes) => Some(SessionId::read(&mut bytes).ok_or(crate::page::CursorError)?),
            None => None,
        };
        let found = self.store.sessions(user, after, page.size() + 1).await?;
        Ok(Page::cut(found, page.size(), |last| Cursor::new(List::Sessions, last.id.to_bytes())))
    }

    /// Ends one of the caller's sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for somebody else's; [`Error::Denied`] with a key.
    pub async fn end_session(&self, caller: &Caller, session: SessionId) -> Result<(), Error> {
        let (user, _) = self.own(caller)?;
        self.end(session, user).await
    }
}
