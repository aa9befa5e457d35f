//! `chatcore-server admin sessions`

use chatcore::account::{Accounts, Caller, Session, User};
use chatcore::page::PageRequest;
use chatcore::{Clock, Error};
use chatcore_llm::SystemClock;
use clap::Args;

use super::Target;
use crate::commands::error::CommandError;
use crate::commands::output::say;
use crate::config::StoreUrl;

/// Whose sessions.
#[derive(Debug, Args)]
pub struct Sessions {
    #[command(flatten)]
    target: Target,
    /// Sign them out everywhere
    #[arg(long)]
    end: bool,
}

impl Sessions {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<(), CommandError> {
        if self.end {
            let end = self.target.find(usual, async |accounts, user| accounts.end_sessions_of(None, user.id).await);
            say(format!("{} is signed out everywhere", end.await?.id));
            return Ok(());
        }
        let live = self.target.find(usual, async |accounts, user| live(accounts, &user).await).await?;
        if live.is_empty() {
            say("signed in nowhere");
        }
        live.iter().for_each(|session| say(line(session)));
        Ok(())
    }
}

/// The sessions that can be used.
async fn live(accounts: &Accounts, user: &User) -> Result<Vec<Session>, Error> {
    let (caller, now) = (Caller::user(user.id), SystemClock.now());
    let (mut live, mut page) = (Vec::new(), PageRequest::first());
    loop {
        let found = accounts.sessions(&caller, &page).await?;
        live.extend(found.items.into_iter().filter(|session| session.is_live(user, now)));
        match found.next {
            Some(next) => page = PageRequest::first().after(Some(next)),
            None => return Ok(live),
        }
    }
}

/// A label is what somebody wrote, so it is shown with its control characters escaped.
fn line(session: &Session) -> String {
    let Session { id, kind, created_at, rotated_at, label, .. } = session;
    let label = label.as_deref().map(|label| format!("  {label:?}")).unwrap_or_default();
    format!("{id}  {:<6} since {created_at}, last used {rotated_at}{label}", kind.name)
}
