//! Staying signed in, and who holds what they show.

use super::{Accounts, SignedIn, unauthenticated};
use crate::account::caller::{Caller, TicketOf, Via};
use crate::account::change::RotateSession;
use crate::account::session::Session;
use crate::account::user::User;
use crate::error::Error;
use crate::id::SessionId;
use crate::store::Batch;
use crate::subject::Subject;

impl Accounts {
    /// Stays signed in: a token for its successor (or itself, if the session does not rotate).
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for a token that is wrong, too old, or used before; the last ends the session.
    pub async fn refresh(&self, token: &str) -> Result<SignedIn, Error> {
        let (id, generation) = self.authentic(token)?;
        let successor = self.tokens.token(id, generation.saturating_add(1));
        let change = RotateSession {
            session: id,
            generation,
            presented: self.tokens.hash(token),
            successor: self.tokens.hash(&successor),
            grace: self.grace,
            at: self.clock.now(),
        };
        let done = self.store.commit(Batch::of(change)).await.map_err(unauthenticated)?;
        let session = done.get::<Session>(&id).cloned().ok_or(Error::Unauthenticated)?;
        if session.ended_at.is_some() {
            tracing::warn!(session = %id, user = %session.user, "a refresh token was used again: session ended");
            return Err(Error::Unauthenticated);
        }
        let user = self.store.user(session.user).await?.ok_or(Error::Unauthenticated)?;
        let token = if session.kind.rotating { successor } else { token.to_owned() };
        Ok(SignedIn { user, session, token })
    }

    /// As [`Self::refresh`], for sessions of one kind alone: the tokens of one front end are nothing to another.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub async fn refresh_of(&self, token: &str, kind: &str) -> Result<SignedIn, Error> {
        let (id, _) = self.authentic(token)?;
        let session = self.store.session(id).await?.ok_or(Error::Unauthenticated)?;
        if session.kind.name == kind { self.refresh(token).await } else { Err(Error::Unauthenticated) }
    }

    /// Refuses a refresh token that would not be taken now by sessions of that kind. Asking does not use it up.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], whatever is wrong with it.
    pub async fn check_refresh(&self, token: &str, kind: &str) -> Result<(), Error> {
        let (id, generation) = self.authentic(token)?;
        let (_, _, session) = self.by_session(id).await?;
        let is_current = session.generation == generation && session.token_hash == self.tokens.hash(token);
        if is_current && session.kind.name == kind { Ok(()) } else { Err(Error::Unauthenticated) }
    }

    /// Whether a text has the form of a refresh token, which says nothing of what it is good for.
    #[must_use]
    pub fn is_refresh(&self, text: &str) -> bool {
        self.tokens.parse(text).is_some()
    }

    /// A token that this service made, with what it says.
    pub(super) fn authentic(&self, token: &str) -> Result<(SessionId, u64), Error> {
        let (id, generation) = self.tokens.parse(token).ok_or(Error::Unauthenticated)?;
        // equal hashes, not equal texts: comparing them tells nobody how much was right
        let made = self.tokens.hash(&self.tokens.token(id, generation));
        if made == self.tokens.hash(token) { Ok((id, generation)) } else { Err(Error::Unauthenticated) }
    }

    /// Who holds the current token of a session that does not rotate, a cookie say.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], also for the token of a session that rotates: used here it would never be seen to be
    /// used twice.
    pub async fn by_token(&self, token: &str) -> Result<(Caller, User, Session), Error> {
        let (id, generation) = self.authentic(token)?;
        let (caller, user, session) = self.by_session(id).await?;
        let current = session.generation == generation && session.token_hash == self.tokens.hash(token);
        if session.kind.rotating || !current {
            return Err(Error::Unauthenticated);
        }
        Ok((caller, user, session))
    }

    /// Who is signed in with a session, if it has not ended. Whoever asks has checked a proof that names it.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub async fn by_session(&self, id: SessionId) -> Result<(Caller, User, Session), Error> {
        let session = self.store.session(id).await?.ok_or(Error::Unauthenticated)?;
        let user = self.store.user(session.user).await?.ok_or(Error::Unauthenticated)?;
        if !session.is_live(&user, self.clock.now()) {
            return Err(Error::Unauthenticated);
        }
        Ok((Caller::session(user.id, id, user.role), user, session))
    }

    /// Whether what a caller showed when they came is still good: whoever listens for long is asked again.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the session has ended, the key was revoked, or the visitor has become a user.
    pub async fn expect_still_in(&self, caller: &Caller) -> Result<(), Error> {
        match (caller.via(), caller.subject()) {
            (Via::Session(session) | Via::Ticket(TicketOf::Session(session)), _) => {
                self.by_session(session).await.map(drop)
            }
            (Via::Visit | Via::Ticket(TicketOf::Subject), Subject::Visitor(id)) => self.unmerged(id).await.map(drop),
            (Via::ApiKey(id) | Via::Ticket(TicketOf::ApiKey(id)), Subject::User(owner)) => {
                let user = self.store.user(owner).await?.ok_or(Error::Unauthenticated)?;
                let key = self.find_key(owner, |key| key.id == id).await?;
                let live = key.is_some_and(|key| key.is_live(&user, self.clock.now()));
                if live { Ok(()) } else { Err(Error::Unauthenticated) }
            }
            _ => Ok(()),
        }
    }
}
