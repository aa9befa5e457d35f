//! What a command does to accounts, apart from how it was asked for: in the process of the command, or in a server that has
//! the store to itself. Both run what is here.

use std::fmt;
use std::sync::Arc;

use chatcore::account::{AccountRole, Accounts, Caller, NewAccount, PasswordPolicy, Session, User};
use chatcore::audit::By;
use chatcore::billing::ledger::{Credit, CreditRules, Ledger};
use chatcore::page::PageRequest;
use chatcore::{Clock, Error, RandomIds, Store, Subject};
use chatcore_llm::SystemClock;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::auth::{Argon2Hasher, MasterSecret, RefreshTokens};
use crate::commands::error::CommandError;
use crate::compat::TOKENS;

/// What is to be done, and to whom.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    /// The name or the address that they sign in with.
    pub(super) login: String,
    pub(super) deed: Deed,
}

impl Deed {
    /// What a log may say of it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::CreateUser { .. } => "create a user",
            Self::SetPassword { .. } => "set a password",
            Self::SetRole { .. } => "set a role",
            Self::Suspend => "suspend",
            Self::Reinstate => "reinstate",
            Self::DeleteUser { .. } => "delete a user",
            Self::ShowSessions => "show sessions",
            Self::EndSessions => "end sessions",
        }
    }
}

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Deed {
    /// The account is made, with so much credit if that is not what everybody gets.
    CreateUser {
        role: AccountRole,
        password: Password,
        credit: Option<Credit>,
    },
    SetPassword {
        password: Password,
    },
    SetRole {
        role: AccountRole,
    },
    Suspend,
    Reinstate,
    DeleteUser {
        reason: Option<String>,
    },
    ShowSessions,
    EndSessions,
}

/// A password on its way. It does not print itself.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Password(String);

impl Password {
    pub(super) fn of(secret: &SecretString) -> Self {
        Self(secret.expose_secret().to_owned())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(*)")
    }
}

impl Order {
    /// Whether there may be no store yet: the one who sets a server up makes accounts before it ran.
    pub(super) const fn begins(&self) -> bool {
        matches!(self.deed, Deed::CreateUser { .. })
    }

    /// Does it. Returns what is to be said of it, a line each.
    pub(super) async fn carry_out(self, store: &Arc<dyn Store>) -> Result<Vec<String>, CommandError> {
        let accounts = accounts(store)?;
        if let Deed::CreateUser { role, password, credit } = self.deed {
            let ledger = Ledger::new(store.clone(), Arc::new(SystemClock), CreditRules::default());
            let user = create(&accounts, &ledger, self.login, role, password, credit).await?;
            return Ok(vec![format!("made {}", user.id)]);
        }
        let user = accounts.account_of(None, &self.login).await?;
        Ok(self.deed.done_to(&accounts, user).await?)
    }
}

impl Deed {
    async fn done_to(self, accounts: &Accounts, user: User) -> Result<Vec<String>, Error> {
        let id = user.id;
        let line = match self {
            Self::CreateUser { .. } => return Err(Error::Taken("user")),
            Self::SetPassword { password } => {
                accounts.set_password(None, id, &password.0, PasswordPolicy::default()).await?;
                format!("{id} has another password, and is signed out everywhere")
            }
            Self::SetRole { role } => {
                accounts.set_role(None, id, role).await?;
                format!("the role of {id} is {}", role.name())
            }
            Self::Suspend => {
                accounts.suspend(None, id).await?;
                format!("{id} is shut out")
            }
            Self::Reinstate => {
                accounts.reinstate(None, id).await?;
                format!("{id} may sign in again")
            }
            Self::DeleteUser { reason } => {
                accounts.delete_account(By::from(None).because(reason.as_deref()), id).await?;
                format!("{id} is deleted; a server erases what was theirs, within two hours")
            }
            Self::EndSessions => {
                accounts.end_sessions_of(None, id).await?;
                format!("{id} is signed out everywhere")
            }
            Self::ShowSessions => {
                let live = live(accounts, &user).await?;
                return Ok(if live.is_empty() {
                    vec!["signed in nowhere".into()]
                } else {
                    live.iter().map(line).collect()
                });
            }
        };
        Ok(vec![line])
    }
}

fn accounts(store: &Arc<dyn Store>) -> Result<Accounts, CommandError> {
    // nothing here signs a token, so the secret of the server is not needed
    let tokens = RefreshTokens::new(&MasterSecret::ephemeral()?);
    let (clock, ids, hasher) = (Arc::new(SystemClock), Arc::new(RandomIds), Arc::new(Argon2Hasher::new(1)?));
    Ok(Accounts::new(store.clone(), clock, ids, hasher, Arc::new(tokens)))
}

async fn create(
    accounts: &Accounts,
    ledger: &Ledger,
    login: String,
    role: AccountRole,
    password: Password,
    credit: Option<Credit>,
) -> Result<User, Error> {
    let (email, username) = if login.contains('@') { (Some(login), None) } else { (None, Some(login)) };
    let new = NewAccount { username, email, password: password.0, policy: PasswordPolicy::default() };
    let user = accounts.create(new, role).await?;
    if let Some(credit) = credit {
        ledger.bring(Subject::User(user.id), TOKENS, credit).await?;
    }
    Ok(user)
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
