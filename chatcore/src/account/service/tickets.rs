//! Tickets: codes that open one stream, where a browser can send no header.

use super::{Accounts, IssuedCode, NewCode};
use crate::account::caller::{Caller, Scope, TicketOf, Via};
use crate::account::challenge::ChallengeKind;
use crate::error::Error;
use crate::subject::Subject;

/// In place of a session or a key where there is neither.
const NEITHER: &str = "-";

impl Accounts {
    /// A ticket with which the caller opens one stream, where a browser can send no header. It says what it is for.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`].
    pub async fn issue_ticket(&self, caller: &Caller, about: &str) -> Result<IssuedCode, Error> {
        caller.require(Scope::Read)?;
        let of = match caller.via() {
            Via::Session(session) => session.to_string(),
            Via::ApiKey(key) => key.to_string(),
            // a ticket makes no other: whoever has one would have it forever
            Via::Ticket(_) => return Err(Error::Denied),
            Via::Program | Via::Visit => NEITHER.to_owned(),
        };
        let new = NewCode::new(ChallengeKind::StreamTicket, format!("{} {of} {about}", caller.subject()));
        self.issue(NewCode { user: caller.user_id(), ..new }).await
    }

    /// Who opens a stream with a ticket for it. They may look, and nothing else.
    ///
    /// # Errors
    /// [`Error::InvalidCode`], also for the ticket of something else, and when that is over with which it was asked for.
    pub async fn by_ticket(&self, ticket: &str, about: &str) -> Result<Caller, Error> {
        let taken = self.take(ChallengeKind::StreamTicket, ticket, None).await?;
        let caller = read(&taken.payload, about).ok_or(Error::InvalidCode)?;
        match self.expect_still_in(&caller).await {
            Err(Error::Unauthenticated) => Err(Error::InvalidCode),
            done => done.map(|()| caller),
        }
    }
}

/// Whose ticket it is, and with what they asked for it, if it is about that.
fn read(payload: &str, about: &str) -> Option<Caller> {
    let mut parts = payload.splitn(3, ' ');
    let (subject, of, said) = (parts.next()?.parse::<Subject>().ok()?, parts.next()?, parts.next()?);
    let key = || of.parse().ok().map(TicketOf::ApiKey);
    let of = match of {
        NEITHER => TicketOf::Subject,
        of => of.parse().ok().map(TicketOf::Session).or_else(key)?,
    };
    (said == about).then(|| Caller::ticket(subject, of))
}
