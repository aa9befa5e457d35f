//! Tickets: codes that open one stream, where a browser can send no header.

use super::{Accounts, IssuedCode, NewCode};
use crate::account::caller::{Caller, Scope, Via};
use crate::account::challenge::ChallengeKind;
use crate::error::Error;
use crate::id::SessionId;
use crate::subject::Subject;

/// In place of a session where there is none.
const NO_SESSION: &str = "-";

impl Accounts {
    /// A ticket with which the caller opens one stream, where a browser can send no header. It says what it is for.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`].
    pub async fn issue_ticket(&self, caller: &Caller, about: &str) -> Result<IssuedCode, Error> {
        caller.require(Scope::Read)?;
        let session = match caller.via() {
            Via::Session(session) => session.to_string(),
            // a ticket makes no other: whoever has one would have it forever
            Via::Ticket(_) => return Err(Error::Denied),
            Via::Program | Via::ApiKey(_) | Via::Visit => NO_SESSION.to_owned(),
        };
        let new = NewCode::new(ChallengeKind::StreamTicket, format!("{} {session} {about}", caller.subject()));
        self.issue(NewCode { user: caller.user_id(), ..new }).await
    }

    /// Who opens a stream with a ticket for it. They may look, and nothing else.
    ///
    /// # Errors
    /// [`Error::InvalidCode`], also for the ticket of something else, and when the session is over with which it was asked
    /// for.
    pub async fn by_ticket(&self, ticket: &str, about: &str) -> Result<Caller, Error> {
        let taken = self.take(ChallengeKind::StreamTicket, ticket, None).await?;
        let (subject, session) = read(&taken.payload, about).ok_or(Error::InvalidCode)?;
        if let Some(session) = session {
            let known = self.by_session(session).await;
            known.map_err(|error| if matches!(error, Error::Unauthenticated) { Error::InvalidCode } else { error })?;
        }
        Ok(Caller::ticket(subject, session))
    }
}

/// Whose ticket it is, and with which session they asked for it, if it is about that.
fn read(payload: &str, about: &str) -> Option<(Subject, Option<SessionId>)> {
    let mut parts = payload.splitn(3, ' ');
    let (subject, session, said) = (parts.next()?, parts.next()?, parts.next()?);
    let session = if session == NO_SESSION { None } else { Some(session.parse().ok()?) };
    if said == about { Some((subject.parse().ok()?, session)) } else { None }
}
